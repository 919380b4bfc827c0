import Execution

/// A function of the user's own, elementwise, of one tensor or of two that broadcast. It has no
/// derivative.
package struct MapElements<Argument: TensorScalar, Result: TensorScalar>: Primitive {
  package enum Function: Sendable {
    case unary(@Sendable (Argument) -> Result)
    case binary(@Sendable (Argument, Argument) -> Result)
  }
  let function: Function

  package init(function: Function) { self.function = function }

  package var name: String {
    switch function {
    case .unary: "map"
    case .binary: "map2"
    }
  }

  // Closures cannot be compared.
  package func hashOptions(into hash: inout StableHash) {}
  package var isDifferentiable: Bool { false }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: Result.scalarType)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let shape = runtime.localShape(of: plan.local)
    let result = try runtime.allocate(shape, Result.scalarType)
    let sources = try operands.map { (operand) throws(TensorError) in
      try runtime.contiguous(operand.expanded(to: shape))
    }
    withExtendedLifetime((result.storage, sources)) {
      let inputs = sources.map { $0.range.bytes.bindMemory(to: Argument.self) }
      let output = result.range.bytes.bindMemory(to: Result.self)
      Observation.during {
        CommunicationLimit.$isInsideMap.withValue(true) {
          runtime.executor.forEachRun(of: result.elementCount) { range in
            switch function {
            case .unary(let function):
              for index in range { output[index] = function(inputs[0][index]) }
            case .binary(let function):
              for index in range { output[index] = function(inputs[0][index], inputs[1][index]) }
            }
          }
        }
      }
    }
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// What a closure computes cannot be seen: no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] {
    context.operands.map { _ in nil }
  }
}
