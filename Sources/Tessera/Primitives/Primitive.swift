import Execution

/// An operation: its rule (shapes, placements, steps), its work on one rank and its pullback, side by side.
///
/// None of the requirements has a default, so that an operation without a pullback does not compile;
/// "not differentiable" is said by returning nil for every operand.
package protocol Primitive: Sendable {
  var name: String { get }

  /// What the operation does on every rank, or why it cannot. Metadata only.
  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan

  /// The work of one rank on aligned operands; what `plan.local` says it holds.
  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock

  /// The cotangents of the operands (nil where there is none, or where it is not needed) for the cotangent
  /// of the result.
  func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?]
}

/// What a pullback may look at.
package struct PullbackContext {
  package let operands: [Value]
  package let result: Value
  /// Whether an operand's cotangent is wanted.
  package let isNeeded: [Bool]

  /// The cotangent of one operand, computed only if it is wanted.
  func ifNeeded(_ operand: Int, _ cotangent: () -> Value) -> Value? {
    isNeeded[operand] ? cotangent() : nil
  }
}

extension Primitive {
  /// Plans, runs and records the operation: every door leads through here.
  ///
  /// Must be called by all ranks if the plan communicates.
  package func apply(_ operands: [Body]) throws(TensorError) -> Body {
    let runtime = operands[0].runtime
    let plan = try plan(operands.map(\.description))
    if let explanation = Explanation.current {
      explanation.append(plan)
      return Body(abstract: plan.result, runtime: runtime)
    }
    try plan.admit()
    PlanRecorder.current?.append(self)
    var blocks: [StridedBlock] = []
    for (operand, alignment) in zip(operands, plan.alignments) {
      blocks.append(try runtime.redistribute(operand.materialized, alignment))
    }
    var block = try compute(blocks, plan, on: runtime)
    if let finish = plan.finish { block = try runtime.redistribute(block, finish) }
    if let view = plan.view { block = try runtime.contiguous(block).viewed(as: view)! }
    let result = Body(plan.result, block, runtime: runtime)
    GradientTape.record(self, operands, result)
    return result
  }
}
