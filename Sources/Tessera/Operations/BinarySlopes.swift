import Execution
import Foundation

/// An operand of a function of two values: a tensor, or one number. The rules for cotangents are
/// the same for both, so that `x ** 0` and `x ** [0]` cannot differ. The value of a tensor is asked
/// for where a rule reads it.
enum BinaryOperand {
  case tensor(() -> Value)
  case number(Double)

  /// As a tensor, of one element where it is a number.
  func value(like other: Value) -> Value {
    switch self {
    case .tensor(let value): value()
    case .number(let number): other.constant(number)
    }
  }

  static func * (a: Value, b: BinaryOperand) -> Value {
    switch b {
    case .tensor(let value): a * value()
    case .number(let number): a * number
    }
  }

  static func / (a: Value, b: BinaryOperand) -> Value {
    switch b {
    case .tensor(let value): a / value()
    case .number(let number): a.apply(ScalarBinary(.divide, number, a.body))
    }
  }

  static func - (a: BinaryOperand, b: Value) -> Value {
    switch a {
    case .tensor(let value): value() - b
    case .number(let number): number - b
    }
  }
}

// The rules for functions of two values: what a cotangent becomes on its way to either operand.
// Each slope is the limit wherever there is one, at zeros, infinities and NaN too, and no square
// overflows or vanishes on the way.
extension BinaryFunction {
  /// Which of x, y and z = f(x, y) the rules below read for the cotangents that are needed.
  ///
  /// - Parameters:
  ///   - x: the first operand if it is a number, of which nothing is kept.
  ///   - y: the same for the second.
  func reads(
    _ x: Double?, _ y: Double?, isNeeded: (first: Bool, second: Bool)
  ) -> (x: Bool, y: Bool, z: Bool) {
    switch self {
    case .add, .subtract: return (false, false, false)
    case .multiply: return (isNeeded.second, isNeeded.first, false)
    case .divide: return (false, true, isNeeded.second)
    case .remainder: return (isNeeded.second, isNeeded.second, isNeeded.second)
    case .minimum, .maximum: return (true, true, true)
    case .power:
      let isOfPower = isNeeded.first && y != 0
      let isOfLogarithm = isNeeded.second && !Self.hasLogarithm(x)
      return (isOfPower || isOfLogarithm, isOfPower || isOfLogarithm, isNeeded.second)
    case .atan2, .hypot: return (true, true, false)
    case .copySign: return (isNeeded.first, false, isNeeded.first)
    case .nextAfter: return (false, false, false)
    case .and, .or, .xor, .shiftLeft, .shiftRight: return (false, false, false)
    }
  }

  /// - Returns: the cotangents for z = f(x, y) in the shape of z; nil where none is needed or there
  ///   is no derivative.
  func cotangents(
    _ g: Value, _ x: BinaryOperand, _ y: BinaryOperand, _ z: () -> Value,
    isNeeded: (first: Bool, second: Bool)
  ) -> (first: Value?, second: Value?) {
    func each(_ first: () -> Value, _ second: () -> Value) -> (Value?, Value?) {
      (isNeeded.first ? first() : nil, isNeeded.second ? second() : nil)
    }
    switch self {
    case .add: return each({ g }, { g })
    case .subtract: return each({ g }, { -g })
    case .multiply: return each({ g * y }, { g * x })
    case .divide: return each({ g / y }, { -(g * (z() / y)) })
    case .remainder:
      // x − n·y: the whole number n is what is missing in z. A quotient may have been rounded up to
      // the next one.
      return each({ g }, { -(g * ((x - z()) / y).unary(.round)) })
    case .minimum, .maximum:
      // The one that won takes all; both a half where they are equal.
      let z = z()
      switch (x, y) {
      case (.tensor(let x), .number(let y)) where !y.isNaN: return (g.won(x(), over: y, z), nil)
      case (.number(let x), .tensor(let y)) where !x.isNaN: return (nil, g.won(y(), over: x, z))
      default: break
      }
      let (first, second) = (x.value(like: z).won(z), y.value(like: z).won(z))
      let shared = g * (1 - first.and(second).asMask(like: z) * 0.5)
      return each({ shared.kept(where: first) }, { shared.kept(where: second) })
    case .power:
      return each({ Self.baseCotangent(g, x, y) }, { Self.exponentCotangent(g, x, y, z()) })
    case .atan2:
      let (x, y) = (x.value(like: g), y.value(like: g))
      return each({ g * y.overSquares(with: x) }, { -(g * x.overSquares(with: y)) })
    case .hypot:
      let (x, y) = (x.value(like: g), y.value(like: g))
      return each({ g * x.direction(with: y) }, { g * y.direction(with: x) })
    case .copySign:
      // 1 where the sign stays and −1 where it changes; 0 at 0, where the size bends.
      return each(
        {
          let x = x.value(like: g)
          let stays = x.compare(.equal, z()).asMask(like: g) * 2 + -1
          return g * (x.unary(.sign).unary(.abs) * stays)
        }, { g.flat })
    case .nextAfter: return each({ g }, { g.flat })
    case .and, .or, .xor, .shiftLeft, .shiftRight: return (nil, nil)
    }
  }

  /// y·x^(y − 1); 0 where y is 0, as x⁰ is 1 for every x.
  private static func baseCotangent(
    _ g: Value, _ x: BinaryOperand, _ y: BinaryOperand
  ) -> Value {
    switch y {
    case .number(0): return g.flat
    case .number(let number):
      let x = x.value(like: g)
      return g * (x.apply(ScalarBinary(.power, number - 1, x.body)) * number)
    case .tensor(let y): return g * x.value(like: g).powerSlope(y())
    }
  }

  /// Whether the cotangent of the exponent is a multiple of z, by the logarithm of a number.
  private static func hasLogarithm(_ base: Double?) -> Bool {
    base.map { $0 > 0 && $0.isFinite } ?? false
  }

  /// z·log x; 0 where x is 0 and y is not negative, and where x is infinite and y is negative:
  /// there z does not change with y, or has no derivative (0⁰).
  fileprivate static func exponentCotangent(
    _ g: Value, _ x: BinaryOperand, _ y: BinaryOperand, _ z: Value
  ) -> Value {
    if case .number(let number) = x, hasLogarithm(number) {
      return g * (z * Foundation.log(number))
    }
    let (x, y) = (x.value(like: g), y.value(like: g))
    let isFlat = x.compare(.equal, 0).and(y.compare(.greaterEqual, 0))
      .or(x.compare(.equal, .infinity).and(y.compare(.less, 0)))
    let base = x.kept(where: isFlat.unary(.not)) + isFlat.asMask(like: x)
    return g * (z * base.unary(.log))
  }
}

extension Value {
  /// Where a value is what the larger or smaller of two was taken from: it is equal, or it is the
  /// NaN.
  fileprivate func won(_ result: Value) -> Value { compare(.equal, result).or(isNaN) }

  /// The cotangent of the larger or smaller of a value and a number that is one, on its way to the
  /// value.
  fileprivate func won(_ value: Value, over number: Double, _ result: Value) -> Value {
    kept(where: result.compare(.notEqual, number))
      + (self * 0.5).kept(where: value.compare(.equal, number))
  }

  /// Where a factor is 0 and a power of this, which it is multiplied with, would be infinite or
  /// NaN: where the size of this is below `least`.
  private func isFlat(_ factor: Value, below least: Double) -> Value {
    factor.compare(.equal, 0).and(unary(.abs).compare(.greaterEqual, least).unary(.not))
  }

  /// y·x^(y − 1), 0 where y is 0, whose derivatives are y·(y − 1)·x^(y − 2), 0 where y is 0 or 1,
  /// and x^(y − 1)·(1 + y·log x).
  fileprivate func powerSlope(_ exponent: Value) -> Value {
    let least = body.scalarType.limits.leastNormal
    func lower(_ x: Value, _ y: Value) -> Value {
      y + -1 + x.isFlat(y, below: least).asMask(like: y)
    }
    return .composed(
      "power", of: self, exponent, keeping: { _ in [.operand(0), .operand(1)] },
      as: { exponent * apply(Binary(.power), lower(self, exponent)) },
      pullback: { g, context in
        let (x, y) = (context.value(of: 0), context.value(of: 1))
        return [
          context.ifNeeded(0) {
            let factor = y * (y + -1)
            let isFlat = x.isFlat(factor, below: least.squareRoot())
            let power = x.apply(Binary(.power), (y + -2).kept(where: isFlat.unary(.not)))
            return (g * (factor * power)).summed(to: x.shape)
          },
          context.ifNeeded(1) {
            let exponent = lower(x, y)
            let power = x.apply(Binary(.power), exponent)
            let throughPower = BinaryFunction.exponentCotangent(
              g * y, .tensor { x }, .tensor { exponent }, power)
            return (g * power + throughPower).summed(to: y.shape)
          },
        ]
      })
  }

  /// This and another value held to finite numbers and divided by the larger size of both, which is
  /// also given: numbers between −1 and 1, of which one is 1 or −1, or both are 0.
  private func scaled(with other: Value) -> (own: Value, other: Value, size: Value) {
    let type = body.scalarType
    let size = unary(.abs).apply(Binary(.maximum), other.unary(.abs))
      .apply(ScalarBinary(.maximum, type.limits.leastNonzero, body))
    func held(_ value: Value) -> Value {
      let below = value.apply(ScalarBinary(.minimum, type.limits.greatestFinite, body))
      return below.apply(ScalarBinary(.maximum, -type.limits.greatestFinite, body))
    }
    let divisor = held(size)
    return (held(self) / divisor, held(other) / divisor, size)
  }

  /// x / (x² + y²), 0 where both are 0; with v = y / (x² + y²) its derivatives are v² − u² and
  /// −2uv.
  fileprivate func overSquares(with other: Value) -> Value {
    .composed(
      "atan2", of: self, other, keeping: { _ in [.operand(0), .operand(1), .result] },
      as: {
        let (x, y, size) = scaled(with: other)
        // At least 1, unless both are 0 or infinite.
        let squares = x.unary(.square) + y.unary(.square)
        return x / squares.apply(ScalarBinary(.maximum, 1, squares.body)) / size
      },
      pullback: { g, context in
        let (x, y, u) = (context.value(of: 0), context.value(of: 1), context.result)
        let v = y.overSquares(with: x)
        return [
          context.ifNeeded(0) { (g * ((v - u) * (v + u))).summed(to: x.shape) },
          context.ifNeeded(1) { (g * (u * v) * -2).summed(to: y.shape) },
        ]
      })
  }

  /// x / √(x² + y²), 0 where both are 0; with s for this, c for the other and z for the root its
  /// derivatives are c² / z and −s·c / z.
  fileprivate func direction(with other: Value) -> Value {
    .composed(
      "hypot", of: self, other,
      keeping: { [.operand(0), .operand(1), .result.when($0[1])] },
      as: {
        let (x, y, _) = scaled(with: other)
        let squares = x.unary(.square) + y.unary(.square)
        return x * squares.apply(ScalarBinary(.maximum, 1, squares.body)).unary(.rsqrt)
      },
      pullback: { g, context in
        let (x, y) = (context.value(of: 0), context.value(of: 1))
        let c = y.direction(with: x)
        let z = x.apply(Binary(.hypot), y)
        let root = z.apply(ScalarBinary(.maximum, z.body.scalarType.limits.leastNonzero, z.body))
        return [
          context.ifNeeded(0) { (g * (c * (c / root))).summed(to: x.shape) },
          context.ifNeeded(1) { -(g * (context.result * (c / root))).summed(to: y.shape) },
        ]
      })
  }
}

extension ScalarType {
  /// The extremes of a type with derivatives.
  var limits: ScalarTraits.Limits { traits.limits! }
}
