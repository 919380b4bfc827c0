import Execution

/// A comparison of two values, elementwise, with broadcasting.
package struct Compare: ElementwisePrimitive {
  let comparison: Comparison

  package init(_ comparison: Comparison) { self.comparison = comparison }

  package var name: String { comparison.name }

  package func hashOptions(into hash: inout StableHash) {}

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: .bool)
  }

  package var elements: AppliedFunction { .init(.compare(comparison)) }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Booleans have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil, nil] }
}

/// A comparison of each element with one number.
package struct ScalarCompare: ElementwisePrimitive {
  let comparison: Comparison
  let scalar: ScalarValue

  package init(_ comparison: Comparison, _ scalar: ScalarValue) {
    self.comparison = comparison
    self.scalar = scalar
  }

  package var name: String { comparison.name }

  package func hashOptions(into hash: inout StableHash) { hash.combine(scalar) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: .bool)
  }

  package var elements: AppliedFunction { .init(.compare(comparison), with: scalar) }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Booleans have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

/// The first value where a mask holds, else the second; with broadcasting.
package struct Select: ElementwisePrimitive {
  package var name: String { "select" }

  package func hashOptions(into hash: inout StableHash) {}

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: operands[1].scalarType)
  }

  package var elements: AppliedFunction { .init(.select) }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(0) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let mask = context.value(of: 0)
    return [
      nil,
      context.ifNeeded(1) { g.kept(where: mask).summed(to: context.operands[1].shape) },
      context.ifNeeded(2) {
        g.kept(where: mask.unary(.not)).summed(to: context.operands[2].shape)
      },
    ]
  }
}

/// Elements as another scalar type, saturating.
package struct Convert: ElementwisePrimitive {
  let type: ScalarType

  package init(to type: ScalarType) { self.type = type }

  package var name: String { "converted" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(Int(type.rawValue)) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: type)
  }

  package var elements: AppliedFunction { .init(.convert(to: type)) }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let from = context.operands[0].scalarType
    guard from.hasDerivative, type.hasDerivative else { return [nil] }
    return [context.ifNeeded(0) { g.apply(Convert(to: from)) }]
  }
}
