import Execution
import Foundation

/// A function of two values, elementwise, with broadcasting.
package struct Binary: ElementwisePrimitive {
  let function: BinaryFunction

  package init(_ function: BinaryFunction) { self.function = function }

  package var name: String { function.name }

  package func hashOptions(into hash: inout StableHash) {}

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try function.check(operands[0].scalarType)
    return try Planner.elementwise(
      name, operands, result: operands[0].scalarType, linearity: function.linearity)
  }

  package var elements: ElementFunction { .binary(function) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let (x, y) = (context.operands[0], context.operands[1])
    let slopes = slopes(x, y, context)
    return [
      context.ifNeeded(0) { slopes.0(g).summed(to: x.shape) },
      context.ifNeeded(1) { slopes.1(g).summed(to: y.shape) },
    ]
  }

  /// What a cotangent becomes on its way to either operand.
  private func slopes(
    _ x: Value, _ y: Value, _ context: PullbackContext
  ) -> ((Value) -> Value, (Value) -> Value) {
    let z = context.result
    switch function {
    case .add: return ({ $0 }, { $0 })
    case .subtract: return ({ $0 }, { -$0 })
    case .multiply: return ({ $0 * y }, { $0 * x })
    case .divide: return ({ $0 / y }, { -($0 * z / y) })
    case .remainder:
      // x − trunc(x / y)·y
      return ({ $0 }, { -($0 * (x / y).unary(.trunc)) })
    case .minimum:
      return (
        { $0 * x.compare(.lessEqual, y).asMask(like: x) },
        { $0 * x.compare(.greater, y).asMask(like: x) }
      )
    case .maximum:
      return (
        { $0 * x.compare(.greaterEqual, y).asMask(like: x) },
        { $0 * x.compare(.less, y).asMask(like: x) }
      )
    case .power:
      return (
        { $0 * (y * x.apply(Binary(.power), y + -1)) }, { $0 * (z * x.nonZeroLogarithm) }
      )
    case .atan2:
      let square = { x.unary(.square) + y.unary(.square) }
      return ({ $0 * (y / square()) }, { -($0 * (x / square())) })
    case .hypot: return ({ $0 * (x / z) }, { $0 * (y / z) })
    case .and, .or, .xor, .shiftLeft, .shiftRight: return ({ $0 * 0 }, { $0 * 0 })
    }
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
      case .divide where !scalarIsFirst: .negation
      default: .none
      }
    return try Planner.elementwise(
      name, operands, result: operands[0].scalarType, linearity: linearity)
  }

  package var elements: ElementFunction {
    .binaryWithScalar(function, scalar, scalarIsFirst: scalarIsFirst)
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let x = context.operands[0]
    return [context.ifNeeded(0) { slope(g, x, context.result) }]
  }

  private func slope(_ g: Value, _ x: Value, _ z: Value) -> Value {
    let c = scalar.number
    switch (function, scalarIsFirst) {
    case (.add, _), (.subtract, false), (.remainder, false): return g
    case (.subtract, true): return -g
    case (.multiply, _): return g * c
    case (.divide, false): return g * (1 / c)
    case (.divide, true): return -(g * (z / x))
    case (.remainder, true): return -(g * (x.unary(.reciprocal) * c).unary(.trunc))
    case (.minimum, _): return g * x.compare(.lessEqual, c).asMask(like: x)
    case (.maximum, _): return g * x.compare(.greaterEqual, c).asMask(like: x)
    case (.power, false):
      return g * (x.apply(ScalarBinary(.power, c - 1, x.body)) * c)
    case (.power, true): return g * (z * Foundation.log(c))
    case (.atan2, false): return g * ((x.unary(.square) + c * c).unary(.reciprocal) * c)
    case (.atan2, true): return -(g * ((x.unary(.square) + c * c).unary(.reciprocal) * c))
    case (.hypot, _): return g * (x / z)
    case (.and, _), (.or, _), (.xor, _), (.shiftLeft, _), (.shiftRight, _): return g * 0
    }
  }
}

extension BinaryFunction {
  fileprivate func check(_ type: ScalarType) throws(TensorError) {
    guard isDefined(for: type) else {
      throw TensorError(
        "\(self)", given: "tensors of \(type)", expected: "a scalar type that has \(self)")
    }
  }

  fileprivate var linearity: Linearity {
    switch self {
    case .add, .subtract: .addition
    case .multiply: .multiplication
    case .divide: .division
    default: .none
    }
  }
}

extension Value {
  /// log x, and 0 where x is 0: there powers with positive exponents are flat.
  fileprivate var nonZeroLogarithm: Value {
    (self + compare(.equal, 0).asMask(like: self)).unary(.log)
  }
}
