import Execution

extension Tensor {
  /// The parts along an axis in groups, to be reduced: `x.grouped(by: labels, into: 3).sum()` has
  /// the three sums of the rows of x whose label is 0, 1 and 2. Rows with another number, such as
  /// −1, belong to no group.
  ///
  /// - Parameters:
  ///   - labels: the number of the group of each position along the axis: [extent].
  ///   - count: how many groups there are, at most 2²⁸.
  ///   - axis: the axis that groups take the place of.
  public func grouped<Index: IntegerTensorScalar>(
    by labels: Tensor<Index>, into count: Int, axis: Int = 0
  ) -> Groups {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "grouped")
      guard labels.shape == [shape[axis]] else {
        throw TensorError(
          "grouped", given: "labels of shape \(labels.shape) for axis \(axis) of shape \(shape)",
          expected: "a label for each position, [\(shape[axis])]")
      }
      guard (0...1 << 28).contains(count) else {
        throw TensorError(
          "grouped", given: "\(count) groups", expected: "a number of groups in 0...\(1 << 28)")
      }
      return Groups(tensor: self, labels: labels.positions, count: count, axis: axis)
    }
  }

  /// The parts of a tensor along an axis in groups. A reduction has the shape of the tensor with
  /// the number of groups in the place of that axis.
  public struct Groups: Sendable {
    fileprivate let tensor: Tensor
    fileprivate let labels: Tensor<Int64>
    /// How many groups there are.
    public let count: Int
    /// The axis of the tensor that the groups take the place of, counted from the front.
    public let axis: Int

    /// How many positions along the axis belong to each group: [count]. Communicates as
    /// `binCounts(bins:)` does.
    public var sizes: Tensor<Int64> { labels.binCounts(bins: count) }

    /// The sum of each group; integers and Booleans in Int64, UInt64 in itself. 0 where a group has
    /// no element.
    ///
    /// One pass. Where the tensor or the labels are sharded along the axis, another axis is sharded
    /// for it, or all ranks gather both; then collective.
    public func sum() -> Tensor<Scalar.Sum> {
      let numbers =
        Scalar.scalarType == Scalar.Sum.scalarType
        ? Tensor<Scalar.Sum>(tensor.body) : tensor.converted(to: Scalar.Sum.self)
      return Tensor<Scalar.Sum>.Groups(
        tensor: numbers, labels: labels, count: count, axis: axis
      ).totals()
    }

    /// The sums in the type of the elements.
    func totals() -> Tensor {
      let runtime = tensor.body.runtime
      // What belongs to no group gets one more, which is left out.
      let isLabel = (labels .>= 0) .& (labels .< Int64(count))
      let places = wide(chosen(isLabel, labels, Int64(count)))
      var shape = tensor.shape
      shape[axis] = count + 1
      let zeros = filled(shape, Scalar(scalarValue: ScalarValue(0, as: Scalar.scalarType)))
      return orEnd(runtime) { () throws(TensorError) in
        let sums = try ScatterAlong(axis: axis, adding: true)
          .apply([zeros.body, places.body, tensor.body])
        return Tensor(try Slice(0..<count, along: axis, of: shape).apply([sums]))
      }
    }

    private func chosen<S>(_ mask: Tensor<Bool>, _ a: Tensor<S>, _ b: S) -> Tensor<S> {
      tensor.body.runtime.makeCurrent { select(mask, a, b) }
    }

    private func filled(_ shape: Shape, _ scalar: Scalar) -> Tensor {
      tensor.body.runtime.makeCurrent {
        orEnd { () throws(TensorError) in try Tensor.filled("grouped", shape, scalar) }
      }
    }

    /// Something for each position along the axis, for all elements there.
    private func wide<S>(_ row: Tensor<S>) -> Tensor<S> {
      var shape = tensor.shape
      shape[axis] = row.elementCount
      return column(row).expanded(to: shape)
    }

    /// Something for each position along the axis as a tensor that broadcasts.
    fileprivate func column<S>(_ row: Tensor<S>) -> Tensor<S> {
      var shape = Shape(repeatElement(1, count: tensor.shape.count))
      shape[axis] = row.elementCount
      return row.reshaped(shape)
    }

    fileprivate func extremes(
      _ reduction: Reduction
    ) -> Tensor where Scalar: NumericTensorScalar {
      var shape = tensor.shape
      shape[axis] = count
      let nothing = Scalar(scalarValue: reduction.identity(for: Scalar.scalarType))
      if tensor.shape[axis] == 0 || count == 0 {
        return filled(shape, nothing)
      }
      // In order, and groups one after the other with their elements in order, as argsort is
      // stable.
      let order = tensor.argsort(axis: axis, descending: reduction == .max)
      let byGroup = wide(labels).gathered(at: order, axis: axis).argsort(axis: axis)
      let sizes = sizes
      let starts = sizes.cumulativeSum(axis: 0) - sizes + (labels .< 0).sum()
      // Where there is nothing, some place.
      let places = minimum(starts, Int64(tensor.shape[axis] - 1))
      let first = order.gathered(
        at: byGroup.gathered(at: wide(places), axis: axis), axis: axis)
      let found = chosen(column(sizes) .> 0, tensor.gathered(at: first, axis: axis), nothing)
      guard Scalar.scalarType.isFloatingPoint else { return found }
      // NaN are the last in any order.
      let areNaN = Tensor<Int64>.Groups(
        tensor: (tensor .!= tensor).converted(to: Int64.self), labels: labels, count: count,
        axis: axis)
      let nan = Scalar(scalarValue: ScalarValue(Double.nan, as: Scalar.scalarType))
      return chosen(areNaN.totals() .== 0, found, nan)
    }
  }
}

extension Tensor.Groups where Scalar: NumericTensorScalar {
  /// The smallest element of each group; NaN if there is one, and the largest number of the type,
  /// ∞ of floating point, where a group has no element. The slope belongs to the first of equal
  /// elements.
  ///
  /// The elements are put in order twice. Communicates as `argsort` along the axis and `sum` do.
  public func min() -> Tensor<Scalar> { extremes(.min) }

  /// The largest element of each group; NaN if there is one, and the smallest number of the type,
  /// −∞ of floating point, where a group has no element. The slope belongs to the first of equal
  /// elements.
  ///
  /// The elements are put in order twice. Communicates as `argsort` along the axis and `sum` do.
  public func max() -> Tensor<Scalar> { extremes(.max) }
}

extension Tensor.Groups where Scalar: FloatingPointTensorScalar {
  /// The mean of each group; NaN where it has no element. Communicates as `sum` does.
  public func mean() -> Tensor<Scalar> { sum() / column(sizes).converted(to: Scalar.self) }
}

extension Tensor.Groups where Scalar: IntegerTensorScalar {
  /// The mean of each group in Double; NaN where it has no element. Communicates as `sum` does.
  public func mean() -> Tensor<Double> {
    tensor.converted(to: Double.self).grouped(by: labels, into: count, axis: axis).mean()
  }
}
