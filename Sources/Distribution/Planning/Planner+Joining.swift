import Shapes

extension Planner {
  /// A reduction over some axes (ascending, from the front) that needs more than one number of each
  /// rank, or something of them all before the last step. Over a sharded axis each rank has terms,
  /// which are summed for all ranks.
  ///
  /// `terms` says, in the order of the steps, how many numbers a result element each has: [] for
  /// one. They are of the type that sums are collected in.
  public static func joining(
    _ operation: String, _ operand: TensorDescription, axes: [Int], keepingAxes: Bool,
    terms: [Shape]
  ) throws(TensorError) -> Plan {
    let alignment = try reduced(operand)
    let reduction = try reduction(
      operation, .sum, alignment.result, axes: axes, keepingAxes: keepingAxes,
      result: operand.scalarType, request: .partial(.sum))
    let local = reduction.local
    var steps = Plan.WorkSteps.none
    if let joined = local.sharding.terms, local.sharding.mesh.extent(of: joined.over) > 1 {
      steps = .summaries(
        try terms.map { (shape) throws(TensorError) in
          let term = TensorDescription(
            shape: shape + local.shape, scalarType: local.scalarType.accumulatorType,
            sharding: local.sharding.mapCuts { $0.along($0.axis + shape.count) })
          return try Redistribution(term, to: term.sharding.reduced)
        })
    }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment], steps: steps,
      local: local.with(local.sharding.reduced))
  }
}
