import Execution

// Histograms over a range that is found among the elements.

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// How many elements lie in each of `bins` bins of equal width from the smallest element to the
  /// largest one, at most 2²⁸, and the edges of the bins, one more: those of `histogram(bins:in:)`
  /// over that range, of NumPy's `histogram`. Around elements that are all alike the range is half
  /// a unit to either side, and 0...1 where there are none.
  ///
  /// Elements that are not finite are an error. Collective if the tensor is sharded: the extremes
  /// and `bins` words are all-reduced, and the results are replicated.
  public func histogram(bins: Int) -> (counts: Tensor<Int64>, edges: Tensor) {
    let range = orEnd(body.runtime) { () throws(TensorError) in
      try Histogram.check(bins)
      guard elementCount > 0 else { return 0...1 as ClosedRange<Scalar> }
      let (low, high) = (min().item(assuming: 0), max().item(assuming: 1))
      guard low.isFinite, high.isFinite else {
        throw TensorError(
          "histogram", given: "elements from \(low) to \(high)", expected: "finite elements")
      }
      return low < high ? low...high : low - 0.5...high + 0.5
    }
    let edges = HistogramBins(
      Double(range.lowerBound)...Double(range.upperBound), count: bins, for: Scalar.scalarType)
    return body.runtime.makeCurrent {
      (histogram(bins: bins, in: range), Tensor(edges.edges.map { Scalar($0) }))
    }
  }
}

extension Tensor where Scalar: IntegerTensorScalar {
  /// How many elements lie in each of `bins` bins of equal width from the smallest element to the
  /// largest one, at most 2²⁸, and the edges of the bins, one more, in Double: as of floating
  /// point.
  public func histogram(bins: Int) -> (counts: Tensor<Int64>, edges: Tensor<Double>) {
    orEnd(body.runtime) { () throws(TensorError) in try Histogram.check(bins) }
    let (low, high) =
      elementCount > 0
      ? (min().item(assuming: 0), max().item(assuming: 1)) : (0, 0)
    // Around one number there is no range of integers.
    if low == high { return converted(to: Double.self).histogram(bins: bins) }
    let edges = HistogramBins(
      Double(low)...Double(high), count: bins, for: Scalar.scalarType)
    return body.runtime.makeCurrent {
      (histogram(bins: bins, in: low...high), Tensor<Double>(edges.edges))
    }
  }
}
