import Shapes

extension Planner {
  /// For each element the product of all others over some axes (ascending, from the front), of operands of one shape that
  /// come to lie alike. Along a sharded axis all ranks gather the products of what each holds, in `width` Doubles.
  public static func otherFactors(
    _ operation: String, _ operands: [TensorDescription], axes: [Int], width: Int
  ) throws(TensorError) -> Plan {
    let plan = try elementwise(operation, operands, result: operands[0].scalarType)
    guard let axis = plan.local.sharding.shardedAxis, axes.contains(axis) else { return plan }
    let lines = plan.local.shape.reduced(over: axes, keepingAxes: false)
    return Plan(
      operation: operation, operands: operands, alignments: plan.alignments,
      summaries: [try summary(lines + [width], .float64, on: plan.local.sharding.mesh)],
      local: plan.local)
  }
}
