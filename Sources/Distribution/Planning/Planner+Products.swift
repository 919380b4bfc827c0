import Shapes

extension Planner {
  /// A product over some axes (ascending, from the front) of floating-point numbers.
  ///
  /// Where ranks hold terms, they join them with their exponents apart: each term travels as two
  /// Doubles, and each element of the result is joined where it is wanted, or, where all ranks want
  /// many, on one rank each, from which they gather it. A result asked to be partial is left in the
  /// type's own terms.
  public static func product(
    _ operation: String, _ operand: TensorDescription, axes: [Int], keepingAxes: Bool,
    request: Placement?
  ) throws(TensorError) -> Plan {
    let type = operand.scalarType
    // Pairs are rounded to the type itself, where they are joined.
    let plan = try reduction(
      operation, .product, operand, axes: axes, keepingAxes: keepingAxes, result: type, in: type,
      request: request)
    guard let finish = plan.finish, let terms = finish.source.sharding.terms,
      terms.reduction == .product
    else { return plan }
    let mesh = operand.sharding.mesh
    let ranks = mesh.extent(of: terms.over)
    if ranks == 1 { return plan }
    let shape = plan.local.shape
    let own = plan.local.sharding.reduced
    /// A pair for each element, of each rank that has a term.
    func joined(
      _ local: TensorDescription, pairs: Sharding, finish: Redistribution? = nil,
      view: Shape? = nil
    ) throws(TensorError) -> Plan {
      let rows = TensorDescription(
        shape: [ranks] + local.shape + [2], scalarType: .float64,
        sharding: Sharding(
          mesh: mesh,
          cuts: [AxisCut(axis: 0, over: terms.over, points: CutPoints(evenly: ranks, into: ranks))]
            + own.cuts.map { $0.along($0.axis + 1) }))
      return Plan(
        operation: operation, operands: [operand], alignments: plan.alignments,
        steps: .summaries([try Redistribution(rows, to: pairs)]), local: local, finish: finish,
        view: view)
    }
    func pairs(_ sharding: Sharding) -> Sharding {
      sharding.mapCuts { $0.along($0.axis + 1) }
    }
    let target = finish.target
    if target != own || !own.cuts.isEmpty {
      return try joined(plan.local.with(target), pairs: pairs(target))
    }
    let count = shape.elementCount
    if CostModel.gathersAllReduce(bytes: count.clampedTimes(2 * 8), ranks: ranks) {
      return try joined(plan.local.with(own), pairs: own)
    }
    let cut = AxisCut(axis: 0, over: terms.over, points: CutPoints(evenly: count, into: ranks))
    let parts = Sharding(mesh: mesh, cuts: [cut])
    let flat = TensorDescription(shape: [count], scalarType: type, sharding: parts)
    return try joined(
      flat, pairs: pairs(parts), finish: try Redistribution(flat, to: own), view: shape)
  }
}
