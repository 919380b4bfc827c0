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
    /// One pass. Where the tensor is sharded along the axis, or the labels are, the sums of all
    /// ranks are all-reduced; then collective.
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
      let whole = TensorDescription(
        shape: wholeShape, scalarType: Scalar.scalarType,
        sharding: .replicated(on: tensor.body.sharding.mesh))
      let rows = AccumulateRows(.operand(axis: axis), into: whole)
      return orEnd(tensor.body.runtime) { () throws(TensorError) in
        let sums = try rows.apply([tensor.body, places.body])
        let all = try Redistribute(to: sums.sharding.reduced).apply([sums])
        return try groups(of: all)
      }
    }

    /// The group of each position along the axis; what belongs to none gets one more, which is left
    /// out: −1 counts from the end.
    private var places: Tensor<Int64> {
      tensor.body.runtime.makeCurrent {
        labels.clamped(min: Tensor<Int64>(-1), max: Tensor<Int64>(Int64(count)))
      }
    }

    /// The shape of the groups and of what belongs to none.
    private var wholeShape: Shape {
      var shape = tensor.shape
      shape[axis] = count + 1
      return shape
    }

    private func groups(of whole: Body) throws(TensorError) -> Tensor {
      Tensor(try Slice(0..<count, along: axis, of: wholeShape).apply([whole]))
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
      orEnd(tensor.body.runtime) { () throws(TensorError) in
        let identity = Scalar(scalarValue: reduction.identity(for: Scalar.scalarType))
        let nothing = tensor.body.runtime.makeCurrent {
          orEnd { () throws(TensorError) in try Tensor.filled("grouped", wholeShape, identity) }
        }
        let indices = column(places).expanded(to: tensor.shape)
        let extremes = try ScatterAlong(axis: axis, combining: reduction)
          .apply([nothing.body, indices.body, tensor.body])
        return try groups(of: extremes)
      }
    }
  }
}

extension Tensor.Groups where Scalar: NumericTensorScalar {
  /// The smallest element of each group; NaN if there is one, and the largest number of the type,
  /// ∞ of floating point, where a group has no element. Equal ones share its cotangent evenly.
  ///
  /// One pass. Communicates as `scatteringMinimum` does.
  public func min() -> Tensor<Scalar> { extremes(.min) }

  /// The largest element of each group; NaN if there is one, and the smallest number of the type,
  /// −∞ of floating point, where a group has no element. Equal ones share its cotangent evenly.
  ///
  /// One pass. Communicates as `scatteringMinimum` does.
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
