import Execution

/// A comparison of two values, elementwise, with broadcasting.
package struct Compare: Primitive {
  let comparison: Comparison

  package init(_ comparison: Comparison) { self.comparison = comparison }

  package var name: String { "\(comparison)" }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: .bool)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    var program = Program()
    let a = program.operand(operands[0].type)
    let b = program.operand(operands[1].type)
    program.apply(comparison, a, b)
    let result = try runtime.allocate(
      plan.local.localShape(of: runtime.communicator.rank), .bool)
    runtime.evaluate(program, operands, into: result)
    return result
  }

  /// Booleans have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil, nil] }
}

/// A comparison of each element with one number.
package struct ScalarCompare: Primitive {
  let comparison: Comparison
  let scalar: ScalarValue

  package init(_ comparison: Comparison, _ scalar: ScalarValue) {
    self.comparison = comparison
    self.scalar = scalar
  }

  package var name: String { "\(comparison)" }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: .bool)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    var program = Program()
    let x = program.operand(scalar.type)
    program.apply(comparison, x, program.constant(scalar))
    let result = try runtime.allocate(operands[0].shape, .bool)
    runtime.evaluate(program, operands, into: result)
    return result
  }

  /// Booleans have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

/// The first value where a mask holds, else the second; with broadcasting.
package struct Select: Primitive {
  package var name: String { "select" }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: operands[1].scalarType)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    var program = Program()
    let values = operands.map { program.operand($0.type) }
    program.select(values[0], values[1], values[2])
    let result = try runtime.allocate(
      plan.local.localShape(of: runtime.communicator.rank), plan.local.scalarType)
    runtime.evaluate(program, operands, into: result)
    return result
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let mask = context.operands[0].asMask(like: g)
    return [
      nil,
      context.ifNeeded(1) { (g * mask).summed(to: context.operands[1].shape) },
      context.ifNeeded(2) { (g * (1 - mask)).summed(to: context.operands[2].shape) },
    ]
  }
}

/// Elements as another scalar type, saturating.
package struct Convert: Primitive {
  let type: ScalarType

  package init(to type: ScalarType) { self.type = type }

  package var name: String { "converted" }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(name, operands, result: type)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    var program = Program()
    program.convert(program.operand(operands[0].type), to: type)
    let result = try runtime.allocate(operands[0].shape, type)
    runtime.evaluate(program, operands, into: result)
    return result
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let from = context.operands[0].body.scalarType
    guard from.isFloatingPoint, type.isFloatingPoint else { return [nil] }
    return [context.ifNeeded(0) { g.apply(Convert(to: from)) }]
  }
}
