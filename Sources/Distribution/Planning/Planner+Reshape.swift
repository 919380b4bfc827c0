import Shapes

extension Planner {
  /// The same elements in another shape (already inferred, with as many elements).
  ///
  /// The operand is brought to a sharding whose shards are whole runs of the group of axes that is joined or
  /// split; seen with that group as one axis, its cuts move to where the result has them (`joinedMove`); and
  /// it is seen in its new shape. Where the sharded axis is the outermost of the axes that it is joined with or split into, fewer than
  /// one row a boundary moves, else the operand is sharded along another axis first.
  public static func reshape(
    _ operand: TensorDescription, to shape: Shape
  ) throws(TensorError) -> Plan {
    let mesh = operand.sharding.mesh
    // Terms have the shape of their sum, so a partial tensor stays partial.
    let alignment = Redistribution.keeping(operand)
    guard case .sharded(let axis, _) = alignment.target.placement else {
      return plan(operand, alignment, result: alignment.result.reshaped(shape))
    }
    // An empty tensor has nothing to move: any empty sharding will do.
    guard operand.shape.elementCount > 0 else {
      let target =
        shape.isEmpty
        ? Sharding.replicated(on: mesh)
        : try Sharding(
          .sharded(axis: shape.firstIndex(of: 0) ?? 0), of: shape, on: mesh, for: "reshaped")
      return plan(
        operand, alignment,
        result: TensorDescription(
          shape: shape, scalarType: operand.scalarType, sharding: target))
    }
    let group = Shape.matchedGroups(operand.shape, shape).first { $0.source.contains(axis) }!
    guard let outer = group.source.first(where: { operand.shape[$0] > 1 }),
      let newOuter = group.target.first(where: { shape[$0] > 1 })
    else {
      // The axis and its group have one element: whoever holds it gives it to all.
      let whole = try Redistribution(operand, to: .replicated(on: mesh))
      return plan(operand, whole, result: whole.result.reshaped(shape))
    }
    let cut =
      outer == axis
      ? alignment
      : try Redistribution(
        operand,
        to: Sharding(.sharded(axis: outer), of: operand.shape, on: mesh, for: "reshaped"))

    let inner = operand.shape.elementCount(of: outer + 1..<group.source.upperBound)
    let newInner = shape.elementCount(of: newOuter + 1..<group.target.upperBound)
    let before = operand.shape[..<group.source.lowerBound]
    let after = operand.shape[group.source.upperBound...]
    let joined = Shape(Array(before) + [operand.shape.elementCount(of: group.source)] + after)
    let joinedAxis = before.count
    let cuts = cut.target.cutPoints!.scaled(by: inner)
    // Keep the cuts where they fall between rows of the new shape, else cut evenly.
    let newCuts =
      cuts.points.allSatisfy({ $0.isMultiple(of: newInner) })
      ? CutPoints(cuts.points.map { $0 / newInner })
      : CutPoints(evenly: shape[newOuter], into: mesh.count)
    let move = try Redistribution(
      TensorDescription(
        shape: joined, scalarType: operand.scalarType,
        sharding: Sharding(mesh: mesh, .sharded(axis: joinedAxis, cuts))),
      to: Sharding(mesh: mesh, .sharded(axis: joinedAxis, newCuts.scaled(by: newInner))))
    return plan(
      operand, cut, joinedMove: move.route == .none ? nil : move,
      result: TensorDescription(
        shape: shape, scalarType: operand.scalarType,
        sharding: Sharding(mesh: mesh, .sharded(axis: newOuter, newCuts))))
  }

  private static func plan(
    _ operand: TensorDescription, _ alignment: Redistribution, joinedMove: Redistribution? = nil,
    result: TensorDescription
  ) -> Plan {
    Plan(
      operation: "reshaped", operands: [operand], alignments: [alignment], joinedMove: joinedMove,
      local: result)
  }
}

extension TensorDescription {
  fileprivate func reshaped(_ shape: Shape) -> TensorDescription {
    TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
  }
}
