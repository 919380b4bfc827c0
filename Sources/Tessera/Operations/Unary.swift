import Execution

/// A function of one value, elementwise.
package struct Unary: ElementwisePrimitive {
  let function: UnaryFunction

  package init(_ function: UnaryFunction) { self.function = function }

  package var name: String { function.name }

  package func hashOptions(into hash: inout StableHash) {}

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let type = operands[0].scalarType
    guard function.isDefined(for: type) else {
      throw TensorError(
        name, given: "a tensor of \(type)", expected: "a scalar type that has \(name)")
    }
    return try Planner.elementwise(
      name, operands, result: type, linearity: function == .negate ? .negation : .none)
  }

  package var elements: AppliedFunction { .init(.unary(function)) }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    switch function.slope {
    case .flat, .alone: []
    case .ofArgument: .operand(0)
    case .ofResult: .result
    }
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        switch function.slope {
        case .flat: g.flat
        case .alone(let cotangent): cotangent(g)
        case .ofArgument(let cotangent): cotangent(g, context.value(of: 0))
        case .ofResult(let cotangent): cotangent(g, context.result)
        }
      }
    ]
  }
}

/// A test of each element, giving Booleans.
package struct Classify: ElementwisePrimitive {
  let classification: Classification

  package init(_ classification: Classification) { self.classification = classification }

  package var name: String { classification.name }

  package func hashOptions(into hash: inout StableHash) {}

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: .bool)
  }

  package var elements: AppliedFunction { .init(.classify(classification)) }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Booleans have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}
