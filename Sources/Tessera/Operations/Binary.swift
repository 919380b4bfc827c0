import Execution

/// A function of two values, elementwise, with broadcasting.
package struct Binary: ElementwisePrimitive {
  let function: BinaryFunction

  package init(_ function: BinaryFunction) { self.function = function }

  package var name: String { function.name }

  package func hashOptions(into hash: inout StableHash) {}

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try function.check(operands[0].scalarType)
    return try Planner.elementwise(
      name, operands, result: operands[0].scalarType,
      linearity: function.linearity(in: operands[0].scalarType))
  }

  package var elements: AppliedFunction { .init(.binary(function)) }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    let reads = function.reads(nil, nil, isNeeded: (isNeeded[0], isNeeded[1]))
    return [
      .operand(0).when(reads.x), .operand(1).when(reads.y), .result.when(reads.z),
    ]
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let (x, y) = (context.operands[0].shape, context.operands[1].shape)
    let cotangents = function.cotangents(
      g, .tensor { context.value(of: 0) }, .tensor { context.value(of: 1) }, { context.result },
      isNeeded: (context.isNeeded[0], context.isNeeded[1]))
    return [cotangents.first?.summed(to: x), cotangents.second?.summed(to: y)]
  }
}

/// A function of each element and one number.
package struct ScalarBinary: ElementwisePrimitive {
  let function: BinaryFunction
  let scalar: ScalarValue
  let scalarIsFirst: Bool

  package init(_ function: BinaryFunction, _ scalar: ScalarValue, scalarIsFirst: Bool = false) {
    self.function = function
    self.scalar = scalar
    self.scalarIsFirst = scalarIsFirst
  }

  package init(
    _ function: BinaryFunction, _ number: Double, _ body: Body, scalarIsFirst: Bool = false
  ) {
    self.init(
      function, ScalarValue(number, as: body.scalarType), scalarIsFirst: scalarIsFirst)
  }

  package var name: String { function.name }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(scalar)
    hash.combine(scalarIsFirst)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try function.check(operands[0].scalarType)
    // A term times a number is a term of the sum times the number; a term plus a number is not.
    let linearity: Linearity =
      switch function {
      case .multiply: .negation
      case .divide where !scalarIsFirst && operands[0].scalarType.isFloatingPoint: .negation
      default: .none
      }
    return try Planner.elementwise(
      name, operands, result: operands[0].scalarType, linearity: linearity)
  }

  package var elements: AppliedFunction {
    .init(.binary(function), with: scalar, numberIsFirst: scalarIsFirst)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    let reads =
      scalarIsFirst
      ? function.reads(scalar.number, nil, isNeeded: (false, true))
      : function.reads(nil, scalar.number, isNeeded: (true, false))
    return [.operand(0).when(scalarIsFirst ? reads.y : reads.x), .result.when(reads.z)]
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let x = BinaryOperand.tensor { context.value(of: 0) }
    let number = BinaryOperand.number(scalar.number)
    let (first, second) = scalarIsFirst ? (number, x) : (x, number)
    let cotangents = function.cotangents(
      g, first, second, { context.result }, isNeeded: (!scalarIsFirst, scalarIsFirst))
    return [scalarIsFirst ? cotangents.second : cotangents.first]
  }
}

extension BinaryFunction {
  fileprivate func check(_ type: ScalarType) throws(TensorError) {
    guard isDefined(for: type) else {
      throw TensorError(
        "\(self)", given: "tensors of \(type)", expected: "a scalar type that has \(self)")
    }
  }

  fileprivate func linearity(in type: ScalarType) -> Linearity {
    switch self {
    case .add, .subtract: .addition
    case .multiply: .multiplication
    // Quotients of integers are rounded, each term's by itself.
    case .divide where type.isFloatingPoint: .division
    default: .none
    }
  }
}
