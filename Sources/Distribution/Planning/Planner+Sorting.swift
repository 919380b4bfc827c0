import Shapes

/// Order along one axis.
extension Planner {
  /// The elements in order along an axis, or their positions; of them the first `count`, or all for nil.
  ///
  /// Where the axis is whole on every rank nothing moves. All elements of a sharded axis are put in order
  /// while another axis is sharded for it, the longest, or every rank has all of them where there is none;
  /// then they go back to where they lay. For a few of them every rank gives the first ones of what it
  /// holds, and all gather these candidates: values, and positions if those are wanted.
  public static func sorting(
    _ operation: String, _ operand: TensorDescription, axis: Int, first count: Int? = nil,
    result scalarType: ScalarType
  ) throws(TensorError) -> Plan {
    try check([axis], of: operand, for: operation)
    let alignment = try reduced(operand)
    let sharding = alignment.target
    let mesh = sharding.mesh
    var shape = operand.shape
    if let count { shape[axis] = count }
    func described(_ sharding: Sharding) -> TensorDescription {
      TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
    }
    guard sharding.shardedAxis == axis else {
      return Plan(
        operation: operation, operands: [operand], alignments: [alignment],
        local: described(sharding))
    }
    let others = shape.indices.filter { $0 != axis }
    if count != nil {
      // Lines one after the other, as they are put in order.
      let row = Shape((others + [axis]).map { shape[$0] })
      return Plan(
        operation: operation, operands: [operand], alignments: [alignment],
        summaries: [
          try summary(row, operand.scalarType, on: mesh),
          try summary(row, .int64, on: mesh),
        ], local: described(.replicated(on: mesh)))
    }
    let target =
      if let other = others.filter({ shape[$0] > 1 }).max(by: { shape[$0] < shape[$1] }) {
        try Sharding(.sharded(axis: other), of: shape, on: mesh, for: operation)
      } else { Sharding.replicated(on: mesh) }
    return Plan(
      operation: operation, operands: [operand],
      alignments: [try Redistribution(operand, to: target)], local: described(target),
      finish: try Redistribution(described(target), to: sharding))
  }
}
