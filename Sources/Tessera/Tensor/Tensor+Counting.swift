import Execution

extension Tensor where Scalar: IntegerTensorScalar {
  /// How often each of the numbers 0 ..< bins occurs, for at most 2²⁸ bins: [bins]. Other numbers,
  /// such as negative ones, are not counted. Without a number of bins there is one for each number
  /// up to the largest element.
  ///
  /// One pass. `bins` words are all-reduced if the tensor is sharded, and the largest element where
  /// it is looked for; then collective.
  ///
  /// - Parameter bins: how many numbers are counted; that of a dry run is 1 if it is looked for.
  public func binCounts(bins: Int? = nil) -> Tensor<Int64> {
    orEnd(body.runtime) { () throws(TensorError) in
      Tensor<Int64>(try BinCounts(bins: try binNumber(bins)).apply([body]))
    }
  }

  /// The sums of the weights of each of the numbers 0 ..< bins: [bins], as `binCounts(bins:)`
  /// counts them. They wrap in the weights' type. The gradient is that of `scatteringSum`.
  ///
  /// Where the numbers are sharded, all ranks gather numbers and weights; then collective.
  ///
  /// - Parameters:
  ///   - bins: how many numbers are counted; that of a dry run is 1 if it is looked for.
  ///   - weights: one for each element, in the same shape.
  public func binCounts<Weight: NumericTensorScalar>(
    bins: Int? = nil, weights: Tensor<Weight>
  ) -> Tensor<Weight> {
    orEnd(body.runtime) { () throws(TensorError) in
      guard weights.shape == shape else {
        throw TensorError(
          "binCounts", given: "weights of shape \(weights.shape) for numbers of shape \(shape)",
          expected: "a weight for each number")
      }
      let bins = try binNumber(bins)
      return body.runtime.makeCurrent {
        weights.flattened().grouped(by: flattened(), into: bins).totals()
      }
    }
  }

  /// The number of bins that is asked for, or that the elements need.
  private func binNumber(_ bins: Int?) throws(TensorError) -> Int {
    if let bins {
      guard (0...1 << 28).contains(bins) else {
        throw TensorError(
          "binCounts", given: "\(bins) bins", expected: "a number of bins in 0...\(1 << 28)")
      }
      return bins
    }
    if elementCount == 0 { return 0 }
    let largest = Int(clamping: max().item(assuming: 0))
    guard largest < 1 << 28 else {
      throw TensorError(
        "binCounts", given: "the element \(largest)", expected: "numbers below \(1 << 28)")
    }
    return Swift.max(largest + 1, 0)
  }
}
