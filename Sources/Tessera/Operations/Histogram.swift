import Execution

/// How many elements fall into each of some bins of equal width; what lies outside of them is not counted,
/// nor is NaN.
package struct Histogram: Primitive {
  let bins: Int
  /// The bounds of all bins, of the operand's type.
  let low: ScalarValue
  let high: ScalarValue

  package init(bins: Int, low: ScalarValue, high: ScalarValue) {
    self.bins = bins
    self.low = low
    self.high = high
  }

  package var name: String { "histogram" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(bins)
    hash.combine(low)
    hash.combine(high)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    // Counts add up over what ranks hold as sums do.
    let operand = operands[0]
    let counted = try Planner.reduction(
      name, .sum,
      TensorDescription(
        shape: [operand.shape.elementCount, bins], scalarType: .int64,
        sharding: operand.sharding.shardedAxis == nil
          ? .replicated(on: operand.sharding.mesh)
          : try Sharding(
            .sharded(axis: 0), of: [operand.shape.elementCount], on: operand.sharding.mesh,
            for: name)), axes: [0], result: .int64)
    let target = operand.sharding.reduced
    return Plan(
      operation: name, operands: operands,
      alignments: [try Redistribution(operand, to: target)], local: counted.local,
      finish: counted.finish)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate([bins], .int64)
    try runtime.countInBins(operands[0], (low, high), into: result)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Counts have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}
