import Execution

/// How many elements of a sorted tensor come before each of some values. It is a sum over the
/// elements, so that ranks that hold parts of them count their own.
package struct SearchSorted: Primitive {
  let side: SearchSide

  package init(side: SearchSide) { self.side = side }

  package var name: String { "searchSorted" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(side == .right) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let (sorted, values) = (operands[0].shape, operands[1].shape)
    guard sorted.count == 1 else {
      throw TensorError(
        name, given: "a search in shape \(sorted)", expected: "one axis of elements in order")
    }
    let axes = Array(1..<values.count + 1)
    return try Planner.contraction(
      name, ContractionLabels(operands: [[0], axes], result: axes), operands, result: values,
      of: .int64, isLinear: false)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(runtime.localShape(of: plan.local), plan.local.scalarType)
    runtime.executor.search(
      try runtime.contiguous(operands[1]), in: try runtime.contiguous(operands[0]),
      afterEqual: side == .right, into: result)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Positions have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil, nil] }
}
