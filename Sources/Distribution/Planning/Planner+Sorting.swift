import Shapes

/// Order along one axis.
extension Planner {
  /// The elements in order along an axis, or their positions; of them the first `count`, or all for
  /// nil.
  ///
  /// Where the axis is whole on every rank nothing moves. All elements of a sharded axis are put in
  /// order while another axis is sharded for it, the longest, or every rank has all of them where
  /// there is none; then they go back to where they lay. For a few of them every rank gives the
  /// first ones of what it holds, and all gather these candidates: values, and positions if those
  /// are wanted.
  public static func sorting(
    _ operation: String, _ operand: TensorDescription, axis: Int, first count: Int? = nil,
    result scalarType: ScalarType
  ) throws(TensorError) -> Plan {
    try check([axis], of: operand, for: operation)
    let alignment = try reduced(operand)
    let sharding = alignment.target
    var shape = operand.shape
    if let count { shape[axis] = count }
    func described(_ sharding: Sharding) -> TensorDescription {
      TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
    }
    guard let cut = sharding.cut(of: axis) else {
      return Plan(
        operation: operation, operands: [operand], alignments: [alignment],
        local: described(sharding))
    }
    if count == nil {
      let target = sharding.whole(along: axis, in: shape)
      return Plan(
        operation: operation, operands: [operand],
        alignments: [try Redistribution(operand, to: target)], local: described(target),
        finish: try Redistribution(described(target), to: sharding))
    }
    // Lines one after the other, as they are put in order.
    let order = shape.indices.filter { $0 != axis } + [axis]
    let whole = sharding.mapCuts { $0.axis == axis ? nil : $0 }
    func row(_ type: ScalarType) -> TensorDescription {
      TensorDescription(
        shape: Shape(order.map { shape[$0] }), scalarType: type,
        sharding: whole.mapCuts { $0.along(order.firstIndex(of: $0.axis)!) })
    }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment],
      steps: .summaries([
        try summary(row(operand.scalarType), over: cut.over),
        try summary(row(.int64), over: cut.over),
      ]), local: described(whole))
  }
}
