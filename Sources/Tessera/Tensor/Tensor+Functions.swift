import Execution

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// e to the power of x.
  public func exp() -> Tensor { Self.applying(Unary(.exp), body) }
  /// e to the power of x, minus 1, exact for small x.
  public func expm1() -> Tensor { Self.applying(Unary(.expm1), body) }
  /// The natural logarithm.
  public func log() -> Tensor { Self.applying(Unary(.log), body) }
  /// The natural logarithm of 1 + x, exact for small x.
  public func log1p() -> Tensor { Self.applying(Unary(.log1p), body) }
  /// The logarithm to base 2.
  public func log2() -> Tensor { Self.applying(Unary(.log2), body) }
  /// The logarithm to base 10.
  public func log10() -> Tensor { Self.applying(Unary(.log10), body) }
  /// The square root.
  public func sqrt() -> Tensor { Self.applying(Unary(.sqrt), body) }
  /// 1 / √x.
  public func rsqrt() -> Tensor { Self.applying(Unary(.rsqrt), body) }
  /// The cube root, which has the sign of x.
  public func cubeRoot() -> Tensor { Self.applying(Unary(.cubeRoot), body) }
  /// The largest integer that is not larger.
  public func floor() -> Tensor { Self.applying(Unary(.floor), body) }
  /// The smallest integer that is not smaller.
  public func ceil() -> Tensor { Self.applying(Unary(.ceil), body) }
  /// The nearest integer, halves to even.
  public func round() -> Tensor { Self.applying(Unary(.round), body) }
  /// The integer part.
  public func trunc() -> Tensor { Self.applying(Unary(.trunc), body) }
  /// The sine.
  public func sin() -> Tensor { Self.applying(Unary(.sin), body) }
  /// The cosine.
  public func cos() -> Tensor { Self.applying(Unary(.cos), body) }
  /// The tangent.
  public func tan() -> Tensor { Self.applying(Unary(.tan), body) }
  /// The inverse sine.
  public func asin() -> Tensor { Self.applying(Unary(.asin), body) }
  /// The inverse cosine.
  public func acos() -> Tensor { Self.applying(Unary(.acos), body) }
  /// The inverse tangent.
  public func atan() -> Tensor { Self.applying(Unary(.atan), body) }
  /// The hyperbolic sine.
  public func sinh() -> Tensor { Self.applying(Unary(.sinh), body) }
  /// The hyperbolic cosine.
  public func cosh() -> Tensor { Self.applying(Unary(.cosh), body) }
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { Self.applying(Unary(.tanh), body) }
  /// The inverse hyperbolic sine.
  public func asinh() -> Tensor { Self.applying(Unary(.asinh), body) }
  /// The inverse hyperbolic cosine.
  public func acosh() -> Tensor { Self.applying(Unary(.acosh), body) }
  /// The inverse hyperbolic tangent.
  public func atanh() -> Tensor { Self.applying(Unary(.atanh), body) }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { Self.applying(Unary(.sigmoid), body) }
  /// The error function.
  public func erf() -> Tensor { Self.applying(Unary(.erf), body) }
  /// x·Φ(x), exact.
  public func gelu() -> Tensor { Self.applying(Unary(.gelu), body) }
  /// log(1 + eˣ).
  public func softplus() -> Tensor { Self.applying(Unary(.softplus), body) }
  /// 1 / x.
  public func reciprocal() -> Tensor { Self.applying(Unary(.reciprocal), body) }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// The absolute value.
  public func abs() -> Tensor { Self.applying(Unary(.abs), body) }
  /// −1, 0 or 1; NaN stays.
  public func sign() -> Tensor { Self.applying(Unary(.sign), body) }
  /// x².
  public func square() -> Tensor { Self.applying(Unary(.square), body) }
  /// max(x, 0).
  public func relu() -> Tensor { Self.applying(Unary(.relu), body) }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// −x, as the prefix operator.
  public func neg() -> Tensor { -self }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// Whether each element is not a number.
  public func isNaN() -> Tensor<Bool> { .applying(Classify(.isNaN), body) }
  /// Whether each element is a number and not infinite.
  public func isFinite() -> Tensor<Bool> { .applying(Classify(.isFinite), body) }
  /// Whether each element is infinite, of either sign.
  public func isInfinite() -> Tensor<Bool> { .applying(Classify(.isInfinite), body) }
}

// The same as free functions.
/// e to the power of x.
public func exp<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.exp() }
/// e to the power of x, minus 1, exact for small x.
public func expm1<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.expm1() }
/// The natural logarithm.
public func log<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.log() }
/// The natural logarithm of 1 + x, exact for small x.
public func log1p<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.log1p() }
/// The logarithm to base 2.
public func log2<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.log2() }
/// The logarithm to base 10.
public func log10<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.log10() }
/// The square root.
public func sqrt<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.sqrt() }
/// 1 / √x.
public func rsqrt<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.rsqrt() }
/// The cube root, which has the sign of x.
public func cubeRoot<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.cubeRoot() }
/// The largest integer that is not larger.
public func floor<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.floor() }
/// The smallest integer that is not smaller.
public func ceil<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.ceil() }
/// The nearest integer, halves to even.
public func round<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.round() }
/// The integer part.
public func trunc<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.trunc() }
/// The sine.
public func sin<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.sin() }
/// The cosine.
public func cos<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.cos() }
/// The tangent.
public func tan<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.tan() }
/// The inverse sine.
public func asin<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.asin() }
/// The inverse cosine.
public func acos<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.acos() }
/// The inverse tangent.
public func atan<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.atan() }
/// The hyperbolic sine.
public func sinh<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.sinh() }
/// The hyperbolic cosine.
public func cosh<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.cosh() }
/// The hyperbolic tangent.
public func tanh<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.tanh() }
/// The inverse hyperbolic sine.
public func asinh<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.asinh() }
/// The inverse hyperbolic cosine.
public func acosh<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.acosh() }
/// The inverse hyperbolic tangent.
public func atanh<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.atanh() }
/// 1 / (1 + e⁻ˣ).
public func sigmoid<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.sigmoid() }
/// The error function.
public func erf<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.erf() }
/// x·Φ(x), exact.
public func gelu<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.gelu() }
/// log(1 + eˣ).
public func softplus<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.softplus() }
/// 1 / x.
public func reciprocal<S: FloatingPointTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.reciprocal() }
/// The absolute value.
public func abs<S: NumericTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.abs() }
/// −1, 0 or 1; NaN stays.
public func sign<S: NumericTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.sign() }
/// x².
public func square<S: NumericTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.square() }
/// max(x, 0).
public func relu<S: NumericTensorScalar>(_ x: Tensor<S>) -> Tensor<S> { x.relu() }
