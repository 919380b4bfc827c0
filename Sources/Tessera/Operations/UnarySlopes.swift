import Execution
import Foundation

// The derivatives of Abramowitz and Stegun, chapters 4 and 7. Each is the limit wherever there is one: at infinities,
// at the ends of a domain, and where a square of the argument would overflow or vanish. Where the derivative of a
// slope, taken part by part, would lose that, the slope is composed and brings its own.
extension UnaryFunction {
  /// What a cotangent becomes on its way to x, for y = f(x).
  func cotangent(_ g: Value, _ x: Value, _ y: Value) -> Value {
    switch self {
    case .negate: -g
    case .abs: g * x.unary(.sign)
    // 0, also of an infinite cotangent.
    case .sign, .floor, .ceil, .round, .trunc, .not: x.flat
    case .square: g * (x * 2)
    case .reciprocal: -(g * y * y)
    case .exp: g * y
    case .expm1: g * x.unary(.exp)
    case .log: g / x
    case .log1p: g / (x + 1)
    case .log2: g * (1 / Foundation.log(2)) / x
    case .log10: g * (1 / Foundation.log(10)) / x
    case .sqrt: g / (y * 2)
    case .rsqrt: g * (y * -0.5 * y.unary(.square))
    case .sin: g * x.unary(.cos)
    case .cos: -(g * x.unary(.sin))
    case .tan: g * (y.unary(.square) + 1)
    case .asin: g * x.asinSlope
    case .acos: -(g * x.asinSlope)
    case .atan: g * x.atanSlope
    case .sinh: g * x.unary(.cosh)
    case .cosh: g * x.unary(.sinh)
    case .tanh: g * (1 - y.unary(.square))
    case .asinh: g * x.asinhSlope
    case .acosh: g * x.acoshSlope
    case .atanh: g * x.atanhSlope
    case .sigmoid: g * (y * (1 - y))
    case .erf: g * x.erfSlope
    // A NaN is not 0: its cotangent passes, as that of a positive number does.
    case .relu: g.kept(where: y.compare(.notEqual, 0))
    case .gelu: g * x.geluSlope
    case .softplus: g * x.unary(.sigmoid)
    }
  }
}

extension Value {
  /// 1 / √(1 − x²), whose derivative is x / (1 − x²)^1.5.
  fileprivate var asinSlope: Value {
    .composed(
      "asin", of: self, as: { ((1 - self) * (self + 1)).unary(.rsqrt) },
      pullback: { g, context in
        let (x, s) = (context.operands[0], context.result)
        return [g * (x * s * s * s)]
      })
  }

  /// 1 / (1 + x²), whose derivative is −2x / (1 + x²)².
  fileprivate var atanSlope: Value {
    .composed(
      "atan", of: self,
      as: {
        let (a, r) = parts
        return a * a / (a.unary(.square) + r.unary(.square))
      },
      pullback: { g, context in
        [g * (context.operands[0].overOnePlusSquare * context.result) * -2]
      })
  }

  /// x / (1 + x²), whose derivative is (1 − x²) / (1 + x²)² = s (2 s − 1) with s = 1 / (1 + x²).
  private var overOnePlusSquare: Value {
    .composed(
      "atan", of: self,
      as: {
        let (a, r) = parts
        return a * r / (a.unary(.square) + r.unary(.square))
      },
      pullback: { g, context in
        let s = context.operands[0].atanSlope
        return [g * (s * (s * 2 + -1))]
      })
  }

  /// 1 / √(1 + x²), whose derivative is −x / (1 + x²)^1.5.
  fileprivate var asinhSlope: Value {
    .composed(
      "asinh", of: self,
      as: {
        let (a, r) = parts
        return a * (a.unary(.square) + r.unary(.square)).unary(.rsqrt)
      },
      pullback: { g, context in
        [-(g * (context.operands[0].overOnePlusSquare * context.result))]
      })
  }

  /// 1 / √(x² − 1), whose derivative is −x / (x² − 1)^1.5.
  fileprivate var acoshSlope: Value {
    .composed(
      "acosh", of: self,
      as: { (self + -1).unary(.rsqrt) * (self + 1).unary(.rsqrt) },
      pullback: { g, context in
        let x = context.operands[0]
        // x / (x² − 1), which neither overflows nor is ∞ / ∞.
        let ratio = ((x + -1).unary(.reciprocal) + (x + 1).unary(.reciprocal)) * 0.5
        return [-(g * (ratio * context.result))]
      })
  }

  /// 1 / (1 − x²), whose derivative is 2x / (1 − x²)².
  fileprivate var atanhSlope: Value {
    .composed(
      "atanh", of: self,
      as: { ((1 - self).unary(.reciprocal) + (self + 1).unary(.reciprocal)) * 0.5 },
      pullback: { g, context in
        let s = context.result
        return [g * (context.operands[0] * s * s) * 2]
      })
  }

  /// 2/√π exp(−x²), whose derivative is −2x times that.
  fileprivate var erfSlope: Value {
    .composed(
      "erf", of: self,
      as: { (-unary(.square)).unary(.exp) * (2 / Double.pi.squareRoot()) },
      pullback: { g, context in
        [g * (context.operands[0].bounded(100) * context.result) * -2]
      })
  }

  /// d/dx x·Φ(x) = Φ(x) + x·φ(x), whose derivative is (2 − x²)·φ(x).
  fileprivate var geluSlope: Value {
    .composed(
      "gelu", of: self,
      as: {
        let cumulative = ((self * 0.5.squareRoot()).unary(.erf) + 1) * 0.5
        return cumulative + bounded(100) * normalDensity
      },
      pullback: { g, context in
        let x = context.operands[0].bounded(100)
        return [g * ((2 - x.unary(.square)) * x.normalDensity)]
      })
  }

  private var normalDensity: Value {
    (unary(.square) * -0.5).unary(.exp) * (0.5 / Double.pi).squareRoot()
  }

  /// Held between −bound and bound: beyond 100 the densities above are 0, and 0 · ∞ must not be NaN.
  private func bounded(_ bound: Double) -> Value {
    let below = apply(ScalarBinary(.minimum, bound, body))
    return below.apply(ScalarBinary(.maximum, -bound, body))
  }

  /// 1 / max(|x|, 1), and x held between −1 and 1: with these, 1 + x² is (a² + r²) / a², where a² + r² lies between
  /// 1 and 2.
  private var parts: (a: Value, r: Value) {
    let size = unary(.abs)
    let a = size.apply(ScalarBinary(.maximum, 1, body)).unary(.reciprocal)
    return (a, bounded(1))
  }

  /// Zeros that lie as the value does: the cotangent of an argument whose function is flat.
  var flat: Value { zero.expanded(like: self) }
}
