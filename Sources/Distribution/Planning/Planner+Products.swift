import Shapes

extension Planner {
  /// A product over some axes (ascending, from the front) of floating-point numbers.
  ///
  /// Where ranks hold terms, they join them with their exponents apart: each term travels as two Doubles, and each
  /// element of the result is joined where it is wanted, or, where all ranks want many, on one rank each, from which
  /// they gather it. A result asked to be partial is left in the type's own terms.
  public static func product(
    _ operation: String, _ operand: TensorDescription, axes: [Int], keepingAxes: Bool,
    request: Placement?
  ) throws(TensorError) -> Plan {
    let type = operand.scalarType
    let plan = try reduction(
      operation, .product, operand, axes: axes, keepingAxes: keepingAxes, result: type,
      request: request)
    guard let finish = plan.finish, finish.source.sharding.partialReduction == .product else {
      return plan
    }
    let mesh = operand.sharding.mesh
    let shape = plan.local.shape
    func joined(
      _ shape: Shape, _ sharding: Sharding, pairs: Sharding, finish: Redistribution? = nil,
      view: Shape? = nil
    ) throws(TensorError) -> Plan {
      let rows = TensorDescription(
        shape: [mesh.count] + shape + [2], scalarType: .float64,
        sharding: Sharding(
          mesh: mesh, .sharded(axis: 0, CutPoints(evenly: mesh.count, into: mesh.count))))
      return Plan(
        operation: operation, operands: [operand], alignments: plan.alignments,
        summaries: [try Redistribution(rows, to: pairs)],
        local: TensorDescription(shape: shape, scalarType: type, sharding: sharding),
        finish: finish, view: view)
    }
    switch finish.target.placement {
    case .sharded(let axis, let cuts):
      return try joined(
        shape, finish.target, pairs: Sharding(mesh: mesh, .sharded(axis: axis + 1, cuts)))
    default: break
    }
    let replicated = Sharding.replicated(on: mesh)
    let count = shape.elementCount
    if mesh.count == 1
      || CostModel.gathersAllReduce(bytes: count.clampedTimes(2 * 8), ranks: mesh.count)
    {
      return try joined(shape, replicated, pairs: replicated)
    }
    let cuts = CutPoints(evenly: count, into: mesh.count)
    let parts = Sharding(mesh: mesh, .sharded(axis: 0, cuts))
    let flat = TensorDescription(shape: [count], scalarType: type, sharding: parts)
    return try joined(
      [count], parts, pairs: Sharding(mesh: mesh, .sharded(axis: 1, cuts)),
      finish: try Redistribution(flat, to: replicated), view: shape)
  }
}
