import Execution
import Foundation

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

  package var elements: ElementFunction { .unary(function) }

  /// The derivatives of Abramowitz and Stegun, chapters 4 and 7; of x and y = f(x).
  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let x = context.operands[0]
    let y = context.result
    return [context.ifNeeded(0) { cotangent(g, x, y) }]
  }

  private func cotangent(_ g: Value, _ x: Value, _ y: Value) -> Value {
    switch function {
    case .negate: -g
    case .abs: g * x.unary(.sign)
    case .sign, .floor, .ceil, .round, .trunc, .not: g * 0
    case .square: g * (x * 2)
    case .reciprocal: -(g * y.unary(.square))
    case .exp: g * y
    case .expm1: g * (y + 1)
    case .log: g / x
    case .log1p: g / (x + 1)
    case .log2: g / (x * log(2))
    case .log10: g / (x * log(10))
    case .sqrt: g / (y * 2)
    case .rsqrt: g * (y * y.unary(.square)) * -0.5
    case .sin: g * x.unary(.cos)
    case .cos: -(g * x.unary(.sin))
    case .tan: g * (y.unary(.square) + 1)
    case .asin: g * (1 - x.unary(.square)).unary(.rsqrt)
    case .acos: -(g * (1 - x.unary(.square)).unary(.rsqrt))
    case .atan: g / (x.unary(.square) + 1)
    case .sinh: g * x.unary(.cosh)
    case .cosh: g * x.unary(.sinh)
    case .tanh: g * (1 - y.unary(.square))
    case .asinh: g * (x.unary(.square) + 1).unary(.rsqrt)
    case .acosh: g * (x.unary(.square) + -1).unary(.rsqrt)
    case .atanh: g / (1 - x.unary(.square))
    case .sigmoid: g * (y * (1 - y))
    case .erf: g * ((-x.unary(.square)).unary(.exp) * (2 / Double.pi.squareRoot()))
    case .relu: g * x.compare(.greater, 0).asMask(like: x)
    case .gelu: g * Self.gaussianUnitSlope(x)
    case .softplus: g * x.unary(.sigmoid)
    }
  }

  /// d/dx x·Φ(x) = Φ(x) + x·φ(x).
  private static func gaussianUnitSlope(_ x: Value) -> Value {
    let cumulative = ((x * 0.5.squareRoot()).unary(.erf) + 1) * 0.5
    let density = ((x.unary(.square) * -0.5).unary(.exp)) * (0.5 / Double.pi).squareRoot()
    return cumulative + x * density
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

  package var elements: ElementFunction { .classify(classification) }

  /// Booleans have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}
