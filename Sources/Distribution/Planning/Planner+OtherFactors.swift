import Shapes

extension Planner {
  /// For each element the product of all others over some axes (ascending, from the front), of
  /// operands of one shape that come to lie alike. Along a sharded axis all ranks gather the
  /// products of what each holds, in `width` Doubles.
  public static func otherFactors(
    _ operation: String, _ operands: [TensorDescription], axes: [Int], width: Int
  ) throws(TensorError) -> Plan {
    let plan = try elementwise(operation, operands, result: operands[0].scalarType)
    let cuts = plan.local.sharding.cuts.filter {
      axes.contains($0.axis) && $0.points.count > 1
    }
    guard !cuts.isEmpty else { return plan }
    let lines = plan.local.reduced(over: axes, keepingAxes: false, as: .float64)
    return Plan(
      operation: operation, operands: operands, alignments: plan.alignments,
      steps: .summaries([try summary(lines.with(lines.shape + [width]), over: cuts.meshAxes)]),
      local: plan.local)
  }
}
