import Execution

extension Tensor where Scalar: NumericTensorScalar {
  /// Elements below a bound replaced by it, and those above the other one; NaN stays. Local.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    minimum(maximum(self, range.lowerBound), range.upperBound)
  }

  /// How many elements lie in each of `bins` bins of equal width over a range, at most 2²⁸: bin i from its lower
  /// edge, low + i · (high − low) / bins, to below the next one's, the last bin with its upper end. Edges are
  /// computed in Double, and rounded to Float for tensors of it, as NumPy does. What lies outside is not
  /// counted, nor is NaN.
  ///
  /// `bins` words are all-reduced if the tensor is sharded; then collective.
  public func histogram(bins: Int, in range: ClosedRange<Scalar>) -> Tensor<Int64> {
    let (low, high) = (range.lowerBound.scalarValue, range.upperBound.scalarValue)
    return orEnd(body.runtime) { () throws(TensorError) in
      guard (1...1 << 28).contains(bins) else {
        throw TensorError(
          "histogram", given: "\(bins) bins", expected: "a number of bins in 1...\(1 << 28)")
      }
      guard low.number < high.number, (high.number - low.number).isFinite else {
        throw TensorError(
          "histogram", given: "the range \(range)", expected: "a range of finite width above 0")
      }
      return Tensor<Int64>(try Histogram(bins: bins, low: low, high: high).apply([body]))
    }
  }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// eˣ / Σ eˣ along an axis, without overflow. Collective if the tensor is sharded along that axis: two values
  /// a line are all-reduced.
  public func softmax(axis: Int = -1) -> Tensor {
    let exponentials = shiftedBelowZero(axis, "softmax").exp()
    return exponentials / exponentials.sum(axes: Axes(axis), keepingAxes: true)
  }

  /// log softmax: x − log Σ eˣ along an axis, without overflow. Communicates as `softmax` does.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    let shifted = shiftedBelowZero(axis, "logSoftmax")
    return shifted - shifted.exp().sum(axes: Axes(axis), keepingAxes: true).log()
  }

  /// Differences from the largest element along an axis.
  private func shiftedBelowZero(_ axis: Int, _ operation: String) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      // Of nothing there is no largest, and nothing to shift.
      shape[try shape.resolvedAxis(axis, for: operation)] == 0
        ? self
        : self - max(axes: Axes(axis), keepingAxes: true).withoutGradient()
    }
  }

  /// Whether every element is within absoluteTolerance + relativeTolerance · |other| of the other tensor's,
  /// with broadcasting; infinities are close to themselves alone, NaN to nothing, or to itself if asked for.
  ///
  /// Collective if a tensor is sharded: called by all ranks, every rank gets the answer.
  public func allClose(
    _ other: Tensor, relativeTolerance: Scalar = 1e-5, absoluteTolerance: Scalar = 1e-8,
    equalNaN: Bool = false
  ) -> Bool {
    let bound = other.abs() * relativeTolerance + absoluteTolerance
    var isClose = (self .== other) .| (((self - other).abs() .<= bound) .& other.isFinite())
    if equalNaN { isClose = isClose .| (isNaN() .& other.isNaN()) }
    return isClose.all().item()
  }
}

extension Tensor where Scalar: IntegerTensorScalar {
  /// For each number a row with one in its place and zeros elsewhere: [..., classes]. Numbers that are no class
  /// give a row of zeros. Local.
  public func oneHot<Result: NumericTensorScalar>(
    classes: Int, as type: Result.Type = Float.self
  ) -> Tensor<Result> {
    body.runtime.makeCurrent {
      let wide = positions.expandingAxis(at: -1)
      return (wide .== Tensor<Int64>.arange(classes)).converted(to: Result.self)
    }
  }
}
