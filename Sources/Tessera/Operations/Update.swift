import Execution

/// An elementwise function whose result takes the place of one of its operands: the others come to
/// where that one lies, and it keeps its shape and its sharding.
package struct Update<Function: ElementwisePrimitive>: WritingPrimitive {
  let function: Function
  package let place: Int
  package let name: String

  /// - Parameters:
  ///   - place: which of the function's operands is written over.
  ///   - name: what users call it, where that is not the function's name.
  package init(_ function: Function, at place: Int = 0, as name: String? = nil) {
    self.function = function
    self.place = place
    self.name = name ?? function.name
  }

  package var elementFunction: AppliedFunction? { function.elements }

  package var readsBeside: Bool { true }

  package var isDifferentiable: Bool { function.isDifferentiable }

  package func hashOptions(into hash: inout StableHash) {
    function.hashOptions(into: &hash)
    hash.combine(place)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, into: operands[place].reduced)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try function.compute(operands, plan, on: runtime)
  }

  package func write(
    _ others: [LocalOperand], _ plan: Plan, into target: StridedBlock, on runtime: Runtime,
    _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) {
    try runtime.write(function.elements, others, at: place, into: target, agree)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { function.kept(for: isNeeded) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    function.pullback(g, context)
  }
}
