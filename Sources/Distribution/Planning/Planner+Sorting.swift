import Shapes

/// Order along one axis.
extension Planner {
  /// The elements in order along an axis, or their positions; of them those that come to some
  /// places, or all for nil.
  ///
  /// Where the axis is whole on every rank nothing moves. All elements of a sharded axis are put in
  /// order while another axis is sharded for it, the longest, or every rank has all of them where
  /// there is none; then they go back to where they lay. For those of some places they stay there,
  /// and for the first ones every rank gives the first of what it holds, and all gather these
  /// candidates: values and positions. A few places of a long axis that no other can stand in for
  /// are searched where the elements lie (`PlaceSearch`).
  public static func sorting(
    _ operation: String, _ operand: TensorDescription, axis: Int, places: Range<Int>? = nil,
    result scalarType: ScalarType
  ) throws(TensorError) -> Plan {
    try check([axis], of: operand, for: operation)
    let alignment = try reduced(operand)
    let sharding = alignment.target
    var shape = operand.shape
    if let places {
      guard places.lowerBound >= 0, places.upperBound <= shape[axis] else {
        throw TensorError(
          operation, given: "the places \(places) along axis \(axis) of shape \(shape)",
          expected: "places in 0..<\(shape[axis])")
      }
      shape[axis] = places.count
    }
    func described(_ sharding: Sharding) -> TensorDescription {
      TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
    }
    guard let cut = sharding.cut(of: axis) else {
      return Plan(
        operation: operation, operands: [operand], alignments: [alignment],
        local: described(sharding))
    }
    let whole = sharding.mapCuts { $0.axis == axis ? nil : $0 }
    guard let places, places.lowerBound == 0, cut.points.count > 1 else {
      let isOfFirst = places?.lowerBound == 0
      let target = isOfFirst ? whole : sharding.whole(along: axis, in: operand.shape)
      if let places, !isOfFirst,
        let search = try searching(
          operation, operand, alignment, cut, places: places, into: described(target))
      {
        return search
      }
      return Plan(
        operation: operation, operands: [operand],
        alignments: [try Redistribution(operand, to: target)], local: described(target),
        finish: places == nil ? try Redistribution(described(target), to: sharding) : nil)
    }
    // Lines one after the other, as they are put in order.
    let order = shape.indices.filter { $0 != axis } + [axis]
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
