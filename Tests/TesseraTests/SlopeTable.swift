import Execution
import Foundation

/// Slopes at special points, worked out by hand: limits where there is one. Expected values are
/// Doubles, which round to the type under test, to infinities too.
///
/// They are PyTorch's but where this says so. Where PyTorch gives NaN for 0 · ∞ or ∞ / ∞ and there
/// is a limit, it stands here (`asinh`, `acosh`, `atan2` and `hypot` of large or small numbers,
/// `gelu` and `erf` at infinities, `0 ** 0`).
enum SlopeTable {
  private static let inf = Double.infinity
  private static let nan = Double.nan
  private static let ln2 = 0.6931471805599453
  private static let diagonal = 0.7071067811865476

  struct UnaryPoint {
    let x: Double
    let slope: Double
    let second: Double

    init(_ x: Double, _ slope: Double, _ second: Double) {
      (self.x, self.slope, self.second) = (x, slope, second)
    }
  }

  private static func flat(_ slope: Double = 0) -> [UnaryPoint] {
    [0, -0.0, 1.5, inf, -inf, nan].map { UnaryPoint($0, slope, 0) }
  }

  /// A function that is NaN for NaN, as its slopes are.
  private static func smooth(_ points: (Double, Double, Double)...) -> [UnaryPoint] {
    points.map { UnaryPoint($0, $1, $2) } + [UnaryPoint(nan, nan, nan)]
  }

  private static func asin(_ x: Double) -> (Double, Double, Double) {
    let s = 1 / ((1 - x) * (1 + x)).squareRoot()
    return (x, s, x * s * s * s)
  }

  private static let nearOne = Double(Float(1).nextDown)

  static func points(_ function: UnaryFunction) -> [UnaryPoint] {
    switch function {
    case .negate: flat(-1)
    case .abs:
      [
        .init(0, 0, 0), .init(-0.0, 0, 0), .init(3, 1, 0), .init(inf, 1, 0), .init(-inf, -1, 0),
        .init(nan, nan, 0),
      ]
    case .sign, .floor, .ceil, .round, .trunc: flat()
    case .square:
      [.init(0, 0, 2), .init(1e30, 2e30, 2), .init(-inf, -inf, 2), .init(nan, nan, 2)]
    case .reciprocal:
      smooth(
        (0, -inf, inf), (-0.0, -inf, -inf), (inf, 0, 0), (-inf, 0, 0), (1e20, -1e-40, 2e-60),
        (1e-15, -1e30, 2e45), (1e-160, -inf, inf))
    case .exp: smooth((0, 1, 1), (inf, inf, inf), (-inf, 0, 0))
    case .expm1:
      // PyTorch takes the result plus 1: 0 at −40.
      smooth(
        (0, 1, 1), (inf, inf, inf), (-inf, 0, 0),
        (-40, 4.248354255291589e-18, 4.248354255291589e-18))
    case .log:
      smooth(
        (0, inf, -inf), (-0.0, -inf, -inf), (1, 1, -1), (inf, 0, 0), (1e-30, 1e30, -1e60),
        (1e30, 1e-30, -1e-60))
    case .log1p: smooth((-1, inf, -inf), (0, 1, -1), (inf, 0, 0), (1e-30, 1, -1))
    case .log2:
      smooth(
        (0, inf, -inf), (1, 1.4426950408889634, -1.4426950408889634), (inf, 0, 0),
        (1e-37, 1.4426950408889634e37, -1.4426950408889634e74))
    case .log10:
      smooth(
        (0, inf, -inf), (1, 0.4342944819032518, -0.4342944819032518), (inf, 0, 0),
        (1e37, 0.4342944819032518e-37, -0.4342944819032518e-74))
    case .sqrt:
      // At −0 the signs are those of IEEE's √−0 = −0.
      smooth(
        (0, inf, -inf), (-0.0, -inf, inf), (inf, 0, 0), (1e-20, 5e9, -2.5e29),
        (1e30, 5e-16, -2.5e-46), (-1, nan, nan))
    case .rsqrt:
      smooth(
        (0, -inf, inf), (inf, 0, 0), (1e20, -5e-31, 7.5e-51), (1e-20, -5e29, 7.5e49),
        (2e-26, -1.7677669529663687e38, 1.3258252147247766e64))
    case .cubeRoot:
      // PyTorch, of x ** (1 / 3), has NaN for negative numbers.
      smooth(
        (0, inf, -inf), (-0.0, inf, inf), (8, 1.0 / 12, -1.0 / 144), (-8, 1.0 / 12, 1.0 / 144),
        (inf, 0, 0), (-inf, 0, 0), (1e-30, 1e20 / 3, -2e50 / 9), (1e30, 1e-20 / 3, -2e-50 / 9))
    case .sin: smooth((0, 1, 0), (inf, nan, nan), (-inf, nan, nan))
    case .cos: smooth((0, 0, -1), (inf, nan, nan))
    case .tan: smooth((0, 1, 0), (inf, nan, nan))
    case .asin:
      smooth(
        (0, 1, 0), (1, inf, inf), (-1, inf, -inf), asin(nearOne), asin(-nearOne), (2, nan, nan))
    case .acos:
      smooth(
        (0, -1, 0), (1, -inf, -inf), (-1, -inf, inf),
        (nearOne, -asin(nearOne).1, -asin(nearOne).2), (2, nan, nan), (inf, nan, nan))
    case .atan:
      smooth(
        (0, 1, 0), (1, 0.5, -0.5), (inf, 0, 0), (-inf, 0, 0), (1e20, 1e-40, -2e-60),
        (-1e10, 1e-20, 2e-30), (1e-10, 1, -2e-10), (1e160, 0, 0))
    case .sinh: smooth((0, 1, 0), (inf, inf, inf), (-inf, inf, -inf))
    case .cosh: smooth((0, 0, 1), (inf, inf, inf), (-inf, -inf, inf))
    case .tanh: smooth((0, 1, 0), (inf, 0, 0), (-inf, 0, 0))
    case .asinh:
      smooth(
        (0, 1, 0), (inf, 0, 0), (-inf, 0, 0), (1e20, 1e-20, -1e-40), (-1e20, 1e-20, 1e-40),
        (1e-10, 1, -1e-10), (1e37, 1e-37, -1e-74))
    case .acosh:
      smooth(
        (1, inf, -inf), (inf, 0, 0), (1e20, 1e-20, -1e-40), (0.5, nan, nan), (-inf, nan, nan),
        (1e37, 1e-37, -1e-74))
    case .atanh:
      smooth((0, 1, 0), (1, inf, inf), (-1, inf, -inf), (1e-10, 1, 2e-10))
    case .sigmoid:
      smooth(
        (0, 0.25, 0), (inf, 0, 0), (-inf, 0, 0),
        (-80, 1.8048513878454153e-35, 1.8048513878454153e-35))
    case .erf:
      smooth(
        (0, 1.1283791670955126, 0), (inf, 0, 0), (-inf, 0, 0), (1e20, 0, 0), (-1e30, 0, 0),
        (1, 0.4151074974205947, -0.8302149948411894))
    case .relu:
      [
        .init(0, 0, 0), .init(-0.0, 0, 0), .init(1, 1, 0), .init(-1, 0, 0), .init(1e-44, 1, 0),
        .init(inf, 1, 0), .init(-inf, 0, 0), .init(nan, 1, 0),
      ]
    case .gelu:
      smooth(
        (0, 0.5, 0.7978845608028654), (inf, 1, 0), (-inf, 0, 0), (1e20, 1, 0), (-1e20, 0, 0))
    case .softplus:
      smooth(
        (0, 0.5, 0.25), (inf, 1, 0), (-inf, 0, 0),
        (-80, 1.8048513878454153e-35, 1.8048513878454153e-35))
    case .not: []
    }
  }

  struct BinaryPoint {
    let x: Double
    let y: Double
    /// The slopes along x and y, and the second ones along xx, xy and yy; nil where there is no
    /// limit.
    let slopes: [Double?]

    init(_ x: Double, _ y: Double, _ slopes: Double?...) {
      precondition(slopes.count == 5)
      (self.x, self.y, self.slopes) = (x, y, slopes)
    }
  }

  private static func extreme(_ sign: Double) -> [BinaryPoint] {
    // Which of two is taken: the sign is −1 for the smaller one. A NaN always is; PyTorch gives 1
    // to both beside it.
    [
      .init(1, 2, sign > 0 ? 0 : 1, sign > 0 ? 1 : 0, 0, 0, 0),
      .init(2, 1, sign > 0 ? 1 : 0, sign > 0 ? 0 : 1, 0, 0, 0),
      .init(3, 3, 0.5, 0.5, 0, 0, 0), .init(0, -0.0, 0.5, 0.5, 0, 0, 0),
      .init(sign * inf, sign * inf, 0.5, 0.5, 0, 0, 0), .init(-sign * inf, 1, 0, 1, 0, 0, 0),
      .init(nan, 0, 1, 0, 0, 0, 0), .init(0, nan, 0, 1, 0, 0, 0),
      .init(nan, nan, 0.5, 0.5, 0, 0, 0), .init(nan, inf, 1, 0, 0, 0, 0),
    ]
  }

  static func points(_ function: BinaryFunction) -> [BinaryPoint] {
    switch function {
    case .add:
      [.init(0, 0, 1, 1, 0, 0, 0), .init(inf, -inf, 1, 1, 0, 0, 0), .init(nan, 1, 1, 1, 0, 0, 0)]
    case .subtract: [.init(inf, inf, 1, -1, 0, 0, 0), .init(nan, 1, 1, -1, 0, 0, 0)]
    case .multiply:
      [.init(0, inf, inf, 0, 0, 1, 0), .init(2, 3, 3, 2, 0, 1, 0), .init(nan, 1, 1, nan, 0, 1, 0)]
    case .divide:
      [
        .init(1, 0, inf, -inf, 0, -inf, inf), .init(0, 2, 0.5, 0, 0, -0.25, 0),
        .init(1, inf, 0, 0, 0, 0, 0), .init(inf, 1, 1, -inf, 0, -1, inf),
        .init(1e20, 1e30, 1e-30, -1e-40, 0, -1e-60, 2e-70),
        .init(1e30, 1e25, 1e-25, -1e-20, 0, -1e-50, 2e-45),
        .init(1e-30, 1e-20, 1e20, -1e10, 0, -1e40, 2e30), .init(nan, 1, 1, nan, 0, -1, nan),
      ]
    case .remainder:
      // PyTorch takes the quotient as it is rounded, which may be the next whole number.
      [
        .init(49, 49, 1, -1, 0, 0, 0), .init(5.5, 2, 1, -2, 0, 0, 0), .init(-5.5, 2, 1, 2, 0, 0, 0),
        .init(5, inf, 1, 0, 0, 0, 0), .init(0, 3, 1, 0, 0, 0, 0),
        .init(Double(Float(3).nextDown), 1, 1, -2, 0, 0, 0), .init(5, 0, 1, nan, 0, nil, nil),
      ]
    case .minimum: extreme(-1)
    case .maximum: extreme(1)
    case .power: powers
    case .atan2:
      [
        .init(0, 1, 1, 0, 0, -1, 0), .init(0, -1, -1, 0, 0, -1, 0), .init(1, 0, 0, -1, 0, 1, 0),
        .init(0, 0, 0, 0, 0, 0, 0), .init(1e-23, 1e-23, 5e22, -5e22, -5e45, 0, 5e45),
        .init(1e20, 1e20, 5e-21, -5e-21, -5e-41, 0, 5e-41),
        .init(1e37, 1e37, 5e-38, -5e-38, -5e-75, 0, 5e-75), .init(1, inf, 0, 0, 0, 0, 0),
        .init(inf, 1, 0, 0, 0, 0, 0), .init(inf, -inf, 0, 0, 0, 0, 0),
        .init(nan, 1, nan, nan, nan, nan, nan), .init(0, nan, nan, nan, nan, nan, nan),
      ]
    case .hypot:
      [
        .init(3, 4, 0.6, 0.8, 0.128, -0.096, 0.072), .init(0, 0, 0, 0, 0, 0, 0),
        .init(0, -2, 0, -1, 0.5, 0, 0), .init(inf, 1, 1, 0, 0, 0, 0),
        .init(-inf, 1, -1, 0, 0, 0, 0),
        .init(
          1e30, 1e30, diagonal, diagonal, 3.535533905932738e-31, -3.535533905932738e-31,
          3.535533905932738e-31),
        .init(
          1e-30, -1e-30, diagonal, -diagonal, 3.535533905932738e29, 3.535533905932738e29,
          3.535533905932738e29),
        .init(3e38, 3e38, diagonal, diagonal, nil, nil, nil),
        .init(nan, 1, nan, nan, nan, nan, nan),
      ]
    case .copySign:
      // That of the size bends at 0, as `abs` does.
      [
        .init(3, -2, -1, 0, 0, 0, 0), .init(-3, -2, 1, 0, 0, 0, 0), .init(-3, 2, -1, 0, 0, 0, 0),
        .init(2, -0.0, -1, 0, 0, 0, 0), .init(2, 0, 1, 0, 0, 0, 0), .init(0, -1, 0, 0, 0, 0, 0),
        .init(-inf, 1, -1, 0, 0, 0, 0), .init(nan, 1, nan, 0, 0, 0, 0),
      ]
    case .nextAfter:
      [.init(1, 2, 1, 0, 0, 0, 0), .init(0, -inf, 1, 0, 0, 0, 0), .init(3, 3, 1, 0, 0, 0, 0)]
    case .and, .or, .xor, .shiftLeft, .shiftRight: []
    }
  }

  struct TernaryPoint {
    let values: [Double]
    let slopes: [Double]

    init(_ values: [Double], _ slopes: [Double]) {
      (self.values, self.slopes) = (values, slopes)
    }
  }

  static func points(_ function: TernaryFunction) -> [TernaryPoint] {
    switch function {
    case .fma: [.init([2, 3, 4], [3, 2, 1]), .init([0, inf, nan], [inf, 0, 1])]
    case .clamped:
      // One takes all: the element at the bounds, the upper bound where they cross.
      [
        .init([1.5, 1, 2], [1, 0, 0]), .init([1, 1, 2], [1, 0, 0]), .init([2, 1, 2], [1, 0, 0]),
        .init([1, 1, 1], [1, 0, 0]), .init([0, 1, 2], [0, 1, 0]), .init([0, 1, 1], [0, 1, 0]),
        .init([-inf, 1, 2], [0, 1, 0]), .init([3, 1, 2], [0, 0, 1]),
        .init([inf, 1, 2], [0, 0, 1]),
        .init([1.5, 2, 1], [0, 0, 1]), .init([0, 2, 1], [0, 0, 1]), .init([nan, 1, 2], [1, 0, 0]),
        .init([1, nan, 2], [0, 1, 0]), .init([1, 1, nan], [0, 0, 1]),
        .init([1, nan, nan], [0, 0, 1]),
      ]
    case .lerp:
      [
        .init([1, 3, 0], [1, 0, 2]), .init([1, 3, 1], [0, 1, 2]), .init([1, 3, 2], [-1, 2, 2]),
        .init([1, 1, inf], [-inf, inf, 0]), .init([nan, 1, 0.5], [0.5, 0.5, nan]),
      ]
    }
  }

  /// The second slope of a function of three values by two of them, which is the same at every
  /// point.
  static func second(_ function: TernaryFunction, _ a: Int, _ b: Int) -> Double {
    switch (function, min(a, b), max(a, b)) {
    case (.fma, 0, 1), (.lerp, 1, 2): 1
    case (.lerp, 0, 2): -1
    default: 0
    }
  }

  private static var powers: [BinaryPoint] {
    [
      BinaryPoint(2, 3, 12, 5.545177444479562, 12, 12.317766166719343, 3.843624111345611),
      BinaryPoint(0, 2, 0, 0, 2, 0, 0), BinaryPoint(0, 1, 1, 0, 0, nil, 0),
      BinaryPoint(0, 3, 0, 0, 0, 0, 0),
      BinaryPoint(0, 0.5, inf, 0, -inf, nil, 0), BinaryPoint(-0.0, 2, 0, 0, 2, 0, 0),
      // 0⁰: x⁰ is flat; along y PyTorch's 0.
      BinaryPoint(0, 0, 0, 0, 0, nil, nil), BinaryPoint(2, 0, 0, ln2, 0, 0.5, 0.4804530139182014),
      BinaryPoint(0, -1, -inf, -inf, inf, nil, inf), BinaryPoint(-2, 3, 12, nan, -12, nil, nil),
      BinaryPoint(-2, 2, -4, nan, 2, nil, nil), BinaryPoint(inf, 2, inf, inf, 2, inf, inf),
      BinaryPoint(inf, -1, 0, 0, 0, 0, 0), BinaryPoint(inf, 0, 0, inf, 0, nil, nil),
      BinaryPoint(nan, 0, 0, nan, 0, nil, nil), BinaryPoint(1, nan, nan, 0, nan, nil, nil),
      BinaryPoint(-inf, 2, -inf, nan, 2, nil, nil), BinaryPoint(1, 2, 2, 0, 2, 1, 0),
      // The powers that are multiplied by 0 are infinite.
      BinaryPoint(1e-20, 0, 0, -46.051701859880914, 0, nil, 2120.7592441913594),
      BinaryPoint(1e-20, 1, 1, nil, 0, nil, nil), BinaryPoint(1e-20, 2, 2e-20, nil, 2, nil, nil),
    ]
  }
}
