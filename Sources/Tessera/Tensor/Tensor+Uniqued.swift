import Execution

extension Tensor where Scalar: NumericTensorScalar {
  /// The different elements of the whole tensor and where they are, for k of them:
  ///
  /// - `values`: the elements that `unique` gives, ascending: [k]; all NaN are one, and come last;
  /// - `positions`: the first position of each in row-major order: [k];
  /// - `inverse`: which of the values each element is, in the tensor's shape, so that
  ///   `values.taking(inverse)` is the tensor;
  /// - `counts`: how often each occurs: [k].
  ///
  /// Collective if the tensor is sharded: its elements are gathered and put in order, then one
  /// number a rank is, and each number of the results travels to where it belongs. No gradient
  /// passes through it.
  ///
  /// - Parameter count: how many there are in a dry run, which cannot count them.
  public func uniqued(
    assuming count: Int? = nil
  ) -> (
    values: Tensor, positions: Tensor<Int64>, inverse: Tensor<Int64>, counts: Tensor<Int64>
  ) {
    let elements = withoutGradient(for: "uniqued").flattened()
    let order = elements.argsort()
    return body.runtime.makeCurrent {
      if elementCount == 0 { return (elements, order, Tensor<Int64>.zeros(shape), order) }
      let sorted = elements.gathered(at: order, axis: 0)
      let (left, right) = (sorted[..<-1], sorted[1...])
      // A NaN is not equal to itself.
      let areDifferent = (left .!= right) .& ((left .== left) .| (right .== right))
      let areFirst = concatenate([Tensor<Bool>.ones([1]), areDifferent])
      let starts = areFirst.nonZero(assuming: count).flattened()
      let ends = concatenate([starts[1...], Tensor<Int64>([Int64(elementCount)])])
      let numbers = areFirst.cumulativeSum(axis: 0) - 1
      let inverse = Tensor<Int64>.zeros(like: order).scattering(numbers, at: order, axis: 0)
      return (
        sorted.taking(starts), order.taking(starts), inverse.reshaped(shape), ends - starts
      )
    }
  }
}
