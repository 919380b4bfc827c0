import Execution
import Foundation

// The derivatives of Abramowitz and Stegun, chapters 4 and 7. Each is the limit wherever there is
// one: at infinities, at the ends of a domain, and where a square of the argument would overflow or
// vanish. Where the derivative of a slope, taken part by part, would lose that, the slope is
// composed and brings its own.
/// What a cotangent becomes on its way to x, for y = f(x), and which of the two this takes.
enum UnarySlope {
  /// 0 everywhere, also for an infinite cotangent.
  case flat
  case alone((_ g: Value) -> Value)
  case ofArgument((_ g: Value, _ x: Value) -> Value)
  case ofResult((_ g: Value, _ y: Value) -> Value)
}

extension UnaryFunction {
  var slope: UnarySlope {
    switch self {
    case .negate: .alone { -$0 }
    case .abs: .ofArgument { g, x in g * x.unary(.sign) }
    case .sign, .floor, .ceil, .round, .trunc, .not: .flat
    case .square: .ofArgument { g, x in g * (x * 2) }
    case .reciprocal: .ofResult { g, y in -(g * y * y) }
    case .exp: .ofResult { g, y in g * y }
    case .expm1: .ofArgument { g, x in g * x.unary(.exp) }
    case .log: .ofArgument { g, x in g / x }
    case .log1p: .ofArgument { g, x in g / (x + 1) }
    case .log2: .ofArgument { g, x in g * (1 / Foundation.log(2)) / x }
    case .log10: .ofArgument { g, x in g * (1 / Foundation.log(10)) / x }
    case .sqrt: .ofResult { g, y in g / (y * 2) }
    case .rsqrt: .ofResult { g, y in g * (y * -0.5 * y.unary(.square)) }
    // Not a square of the result, whose derivative at 0 would be 0 · ∞.
    case .cubeRoot: .ofResult { g, y in g * (y.unary(.reciprocal).unary(.square) * (1.0 / 3)) }
    case .sin: .ofArgument { g, x in g * x.unary(.cos) }
    case .cos: .ofArgument { g, x in -(g * x.unary(.sin)) }
    case .tan: .ofResult { g, y in g * (y.unary(.square) + 1) }
    case .asin: .ofArgument { g, x in g * x.asinSlope }
    case .acos: .ofArgument { g, x in -(g * x.asinSlope) }
    case .atan: .ofArgument { g, x in g * x.atanSlope }
    case .sinh: .ofArgument { g, x in g * x.unary(.cosh) }
    case .cosh: .ofArgument { g, x in g * x.unary(.sinh) }
    case .tanh: .ofResult { g, y in g * (1 - y.unary(.square)) }
    case .asinh: .ofArgument { g, x in g * x.asinhSlope }
    case .acosh: .ofArgument { g, x in g * x.acoshSlope }
    case .atanh: .ofArgument { g, x in g * x.atanhSlope }
    case .sigmoid: .ofResult { g, y in g * (y * (1 - y)) }
    case .erf: .ofArgument { g, x in g * x.erfSlope }
    // A NaN is not 0: its cotangent passes, as that of a positive number does.
    case .relu: .ofResult { g, y in g.kept(where: y.compare(.notEqual, 0)) }
    case .gelu: .ofArgument { g, x in g * x.geluSlope }
    case .softplus: .ofArgument { g, x in g * x.unary(.sigmoid) }
    }
  }
}

extension Value {
  /// 1 / √(1 − x²), whose derivative is x / (1 − x²)^1.5.
  fileprivate var asinSlope: Value {
    .composed(
      "asin", of: self, keeping: { _ in [.operand(0), .result] },
      as: { ((1 - self) * (self + 1)).unary(.rsqrt) },
      pullback: { g, context in
        let (x, s) = (context.value(of: 0), context.result)
        return [g * (x * s * s * s)]
      })
  }

  /// 1 / (1 + x²), whose derivative is −2x / (1 + x²)².
  fileprivate var atanSlope: Value {
    .composed(
      "atan", of: self, keeping: { _ in [.operand(0), .result] },
      as: {
        let (a, r) = parts
        return a * a / (a.unary(.square) + r.unary(.square))
      },
      pullback: { g, context in
        [g * (context.value(of: 0).overOnePlusSquare * context.result) * -2]
      })
  }

  /// x / (1 + x²), whose derivative is (1 − x²) / (1 + x²)² = s (2 s − 1) with s = 1 / (1 + x²).
  private var overOnePlusSquare: Value {
    .composed(
      "atan", of: self, keeping: { _ in .operand(0) },
      as: {
        let (a, r) = parts
        return a * r / (a.unary(.square) + r.unary(.square))
      },
      pullback: { g, context in
        let s = context.value(of: 0).atanSlope
        return [g * (s * (s * 2 + -1))]
      })
  }

  /// 1 / √(1 + x²), whose derivative is −x / (1 + x²)^1.5.
  fileprivate var asinhSlope: Value {
    .composed(
      "asinh", of: self, keeping: { _ in [.operand(0), .result] },
      as: {
        let (a, r) = parts
        return a * (a.unary(.square) + r.unary(.square)).unary(.rsqrt)
      },
      pullback: { g, context in
        [-(g * (context.value(of: 0).overOnePlusSquare * context.result))]
      })
  }

  /// 1 / √(x² − 1), whose derivative is −x / (x² − 1)^1.5.
  fileprivate var acoshSlope: Value {
    .composed(
      "acosh", of: self, keeping: { _ in [.operand(0), .result] },
      as: { (self + -1).unary(.rsqrt) * (self + 1).unary(.rsqrt) },
      pullback: { g, context in
        let x = context.value(of: 0)
        // x / (x² − 1), which neither overflows nor is ∞ / ∞.
        let ratio = ((x + -1).unary(.reciprocal) + (x + 1).unary(.reciprocal)) * 0.5
        return [-(g * (ratio * context.result))]
      })
  }

  /// 1 / (1 − x²), whose derivative is 2x / (1 − x²)².
  fileprivate var atanhSlope: Value {
    .composed(
      "atanh", of: self, keeping: { _ in [.operand(0), .result] },
      as: { ((1 - self).unary(.reciprocal) + (self + 1).unary(.reciprocal)) * 0.5 },
      pullback: { g, context in
        let s = context.result
        return [g * (context.value(of: 0) * s * s) * 2]
      })
  }

  /// 2/√π exp(−x²), whose derivative is −2x times that.
  fileprivate var erfSlope: Value {
    .composed(
      "erf", of: self, keeping: { _ in [.operand(0), .result] },
      as: { (-unary(.square)).unary(.exp) * (2 / Double.pi.squareRoot()) },
      pullback: { g, context in
        [g * (context.value(of: 0).bounded(100) * context.result) * -2]
      })
  }

  /// d/dx x·Φ(x) = Φ(x) + x·φ(x), whose derivative is (2 − x²)·φ(x).
  fileprivate var geluSlope: Value {
    .composed(
      "gelu", of: self, keeping: { _ in .operand(0) },
      as: {
        let cumulative = ((self * 0.5.squareRoot()).unary(.erf) + 1) * 0.5
        return cumulative + bounded(100) * normalDensity
      },
      pullback: { g, context in
        let x = context.value(of: 0).bounded(100)
        return [g * ((2 - x.unary(.square)) * x.normalDensity)]
      })
  }

  private var normalDensity: Value {
    (unary(.square) * -0.5).unary(.exp) * (0.5 / Double.pi).squareRoot()
  }

  /// Held between −bound and bound: beyond 100 the densities above are 0, and 0 · ∞ must not be
  /// NaN.
  private func bounded(_ bound: Double) -> Value {
    let below = apply(ScalarBinary(.minimum, bound, body))
    return below.apply(ScalarBinary(.maximum, -bound, body))
  }

  /// 1 / max(|x|, 1), and x held between −1 and 1: with these, 1 + x² is (a² + r²) / a², where a² +
  /// r² lies between 1 and 2.
  private var parts: (a: Value, r: Value) {
    let size = unary(.abs)
    let a = size.apply(ScalarBinary(.maximum, 1, body)).unary(.reciprocal)
    return (a, bounded(1))
  }

  /// Zeros that lie as the value does: what a cotangent becomes where a function is flat.
  var flat: Value { zero.expanded(like: body.description) }
}
