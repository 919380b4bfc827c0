// What NumPy and PyTorch call otherwise: functions of elements.

extension Tensor {
  /// Use `x + y`.
  @available(*, unavailable, message: "use 'x + y'")
  public var add: OtherName<Scalar> { unreachable() }
  /// Use `x - y`.
  @available(*, unavailable, message: "use 'x - y'")
  public var sub: OtherName<Scalar> { unreachable() }
  /// Use `x - y`.
  @available(*, unavailable, message: "use 'x - y'")
  public var subtract: OtherName<Scalar> { unreachable() }
  /// Use `x * y`.
  @available(*, unavailable, message: "use 'x * y'")
  public var mul: OtherName<Scalar> { unreachable() }
  /// Use `x * y`.
  @available(*, unavailable, message: "use 'x * y'")
  public var multiply: OtherName<Scalar> { unreachable() }
  /// Use `x / y`.
  @available(*, unavailable, message: "use 'x / y'")
  public var div: OtherName<Scalar> { unreachable() }
  /// Use `x / y`.
  @available(*, unavailable, message: "use 'x / y'")
  public var divide: OtherName<Scalar> { unreachable() }
  /// Use `x / y`.
  @available(*, unavailable, message: "use 'x / y'")
  public var true_divide: OtherName<Scalar> { unreachable() }
  /// Use `floorDivided(by: y)`.
  @available(*, unavailable, message: "use 'floorDivided(by: y)'")
  public var floor_divide: OtherName<Scalar> { unreachable() }
  /// Use `x % y`.
  @available(*, unavailable, message: "use 'x % y'")
  public var fmod: OtherName<Scalar> { unreachable() }
  /// Use `x - floor(x / y) * y`; `x % y` has the sign of x.
  @available(*, unavailable, message: "use 'x - floor(x / y) * y'; 'x % y' has the sign of x")
  public var remainder: OtherName<Scalar> { unreachable() }
  /// Use `x - floor(x / y) * y`; `x % y` has the sign of x.
  @available(*, unavailable, message: "use 'x - floor(x / y) * y'; 'x % y' has the sign of x")
  public var mod: OtherName<Scalar> { unreachable() }
  /// Use `-x`.
  @available(*, unavailable, message: "use '-x'")
  public var negative: OtherName<Scalar> { unreachable() }
  /// Use `abs()`.
  @available(*, unavailable, message: "use 'abs()'")
  public var absolute: OtherName<Scalar> { unreachable() }
  /// Use `trunc()`.
  @available(*, unavailable, message: "use 'trunc()'")
  public var fix: OtherName<Scalar> { unreachable() }
  /// Use `round()`.
  @available(*, unavailable, message: "use 'round()'")
  public var rint: OtherName<Scalar> { unreachable() }
  /// Use `2 ** x`.
  @available(*, unavailable, message: "use '2 ** x'")
  public var exp2: OtherName<Scalar> { unreachable() }
  /// Use `cubeRoot()`.
  @available(*, unavailable, message: "use 'cubeRoot()'")
  public var cbrt: OtherName<Scalar> { unreachable() }
  /// Use `copySign(x, y)`.
  @available(*, unavailable, message: "use 'copySign(x, y)'")
  public var copysign: OtherName<Scalar> { unreachable() }
  /// Use `nextAfter(x, towards: y)`.
  @available(*, unavailable, message: "use 'nextAfter(x, towards: y)'")
  public var nextafter: OtherName<Scalar> { unreachable() }
  /// Use `signBit()`.
  @available(*, unavailable, message: "use 'signBit()'")
  public var signbit: OtherName<Scalar> { unreachable() }
  /// Use `logAddExp(x, y)`.
  @available(*, unavailable, message: "use 'logAddExp(x, y)'")
  public var logaddexp: OtherName<Scalar> { unreachable() }
  /// Use `lerp(x, y, weight: 0.5)`.
  @available(*, unavailable, message: "use 'lerp(x, y, weight: 0.5)'")
  public var lerp: OtherName<Scalar> { unreachable() }
  /// Use `x * sigmoid(x)`.
  @available(*, unavailable, message: "use 'x * sigmoid(x)'")
  public var silu: OtherName<Scalar> { unreachable() }
  /// Use `addingProduct(a, b, times: 2)`.
  @available(*, unavailable, message: "use 'addingProduct(a, b, times: 2)'")
  public var addcmul: OtherName<Scalar> { unreachable() }
  /// Use `clamped(to: 0...1)`, or `clamped(min: low, max: high)` with tensors.
  @available(*, unavailable, message: "use 'clamped(to: 0...1)', of tensors 'clamped(min:max:)'")
  public var clamp: OtherName<Scalar> { unreachable() }
  /// Use `x .== y`.
  @available(*, unavailable, message: "use 'x .== y'")
  public var eq: OtherName<Scalar> { unreachable() }
  /// Use `x .!= y`.
  @available(*, unavailable, message: "use 'x .!= y'")
  public var ne: OtherName<Scalar> { unreachable() }
  /// Use `x .< y`.
  @available(*, unavailable, message: "use 'x .< y'")
  public var lt: OtherName<Scalar> { unreachable() }
  /// Use `x .<= y`.
  @available(*, unavailable, message: "use 'x .<= y'")
  public var le: OtherName<Scalar> { unreachable() }
  /// Use `x .> y`.
  @available(*, unavailable, message: "use 'x .> y'")
  public var gt: OtherName<Scalar> { unreachable() }
  /// Use `x .>= y`.
  @available(*, unavailable, message: "use 'x .>= y'")
  public var ge: OtherName<Scalar> { unreachable() }
  /// Use `x .== y`, or `x == y` for tensors as wholes.
  @available(*, unavailable, message: "use 'x .== y', or 'x == y' for tensors as wholes")
  public var equal: OtherName<Scalar> { unreachable() }
  /// Use `x == y`.
  @available(*, unavailable, message: "use 'x == y'")
  public var array_equal: OtherName<Scalar> { unreachable() }
  /// Use `allClose(y)`.
  @available(*, unavailable, message: "use 'allClose(y)'")
  public var allclose: OtherName<Scalar> { unreachable() }
  /// Use `isClose(y)`, or `allClose(y)`.
  @available(*, unavailable, message: "use 'isClose(y)', or 'allClose(y)'")
  public var isclose: OtherName<Scalar> { unreachable() }
  /// Use `isNaN()`.
  @available(*, unavailable, message: "use 'isNaN()'")
  public var isnan: OtherName<Scalar> { unreachable() }
  /// Use `isInfinite()`.
  @available(*, unavailable, message: "use 'isInfinite()'")
  public var isinf: OtherName<Scalar> { unreachable() }
  /// Use `isFinite()`.
  @available(*, unavailable, message: "use 'isFinite()'")
  public var isfinite: OtherName<Scalar> { unreachable() }
  /// Use `select(x.isNaN(), 0, x)`.
  @available(*, unavailable, message: "use 'select(x.isNaN(), 0, x)'")
  public var nan_to_num: OtherName<Scalar> { unreachable() }
  /// Use `a .& b`.
  @available(*, unavailable, message: "use 'a .& b'")
  public var logical_and: OtherName<Scalar> { unreachable() }
  /// Use `a .| b`.
  @available(*, unavailable, message: "use 'a .| b'")
  public var logical_or: OtherName<Scalar> { unreachable() }
  /// Use `a .^ b`.
  @available(*, unavailable, message: "use 'a .^ b'")
  public var logical_xor: OtherName<Scalar> { unreachable() }
  /// Use `.!a`.
  @available(*, unavailable, message: "use '.!a'")
  public var logical_not: OtherName<Scalar> { unreachable() }
  /// Use `a & b`.
  @available(*, unavailable, message: "use 'a & b'")
  public var bitwise_and: OtherName<Scalar> { unreachable() }
  /// Use `a | b`.
  @available(*, unavailable, message: "use 'a | b'")
  public var bitwise_or: OtherName<Scalar> { unreachable() }
  /// Use `a ^ b`.
  @available(*, unavailable, message: "use 'a ^ b'")
  public var bitwise_xor: OtherName<Scalar> { unreachable() }
  /// Use `~a`.
  @available(*, unavailable, message: "use '~a'")
  public var bitwise_not: OtherName<Scalar> { unreachable() }
  /// Missing: there are no complex numbers yet.
  @available(*, unavailable, message: "missing: there are no complex numbers yet")
  public var conj: OtherName<Scalar> { unreachable() }
  /// Missing: there are no complex numbers yet.
  @available(*, unavailable, message: "missing: there are no complex numbers yet")
  public var real: OtherName<Scalar> { unreachable() }
  /// Missing: there are no complex numbers yet.
  @available(*, unavailable, message: "missing: there are no complex numbers yet")
  public var imag: OtherName<Scalar> { unreachable() }
  /// Missing: there are no complex numbers yet.
  @available(*, unavailable, message: "missing: there are no complex numbers yet")
  public var angle: OtherName<Scalar> { unreachable() }
  /// Missing.
  @available(*, unavailable, message: "missing")
  public var erfinv: OtherName<Scalar> { unreachable() }
  /// Missing.
  @available(*, unavailable, message: "missing")
  public var lgamma: OtherName<Scalar> { unreachable() }
}
