import Execution

infix operator ** : ExponentiationPrecedence
precedencegroup ExponentiationPrecedence {
  associativity: right
  higherThan: MultiplicationPrecedence
}

extension Tensor {
  /// The one way from typed operators to primitives.
  package static func applying(_ primitive: some Primitive, _ operands: Body...) -> Tensor {
    orEnd(operands[0].runtime) { () throws(TensorError) in Tensor(try primitive.apply(operands)) }
  }

  static func binary(_ function: BinaryFunction, _ a: Tensor, _ b: Tensor) -> Tensor {
    applying(Binary(function), a.body, b.body)
  }

  static func binary(_ function: BinaryFunction, _ a: Tensor, _ b: Scalar) -> Tensor {
    applying(ScalarBinary(function, b.scalarValue), a.body)
  }

  static func binary(_ function: BinaryFunction, _ a: Scalar, _ b: Tensor) -> Tensor {
    applying(ScalarBinary(function, a.scalarValue, scalarIsFirst: true), b.body)
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
  public static func + (a: Tensor, b: Scalar) -> Tensor { binary(.add, a, b) }
  public static func + (a: Scalar, b: Tensor) -> Tensor { binary(.add, a, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  public static func - (a: Tensor, b: Scalar) -> Tensor { binary(.subtract, a, b) }
  public static func - (a: Scalar, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  public static func * (a: Tensor, b: Scalar) -> Tensor { binary(.multiply, a, b) }
  public static func * (a: Scalar, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  /// Integers truncate; division by zero gives 0.
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }
  public static func / (a: Tensor, b: Scalar) -> Tensor { binary(.divide, a, b) }
  public static func / (a: Scalar, b: Tensor) -> Tensor { binary(.divide, a, b) }
  /// The remainder of truncating division, as in C.
  public static func % (a: Tensor, b: Tensor) -> Tensor { binary(.remainder, a, b) }
  public static func % (a: Tensor, b: Scalar) -> Tensor { binary(.remainder, a, b) }
  public static func % (a: Scalar, b: Tensor) -> Tensor { binary(.remainder, a, b) }
  /// The power; binds tighter than `*` and to the right. `-x ** 2` is (−x)².
  public static func ** (a: Tensor, b: Tensor) -> Tensor { binary(.power, a, b) }
  public static func ** (a: Tensor, b: Scalar) -> Tensor { binary(.power, a, b) }
  public static func ** (a: Scalar, b: Tensor) -> Tensor { binary(.power, a, b) }

  public static prefix func - (a: Tensor) -> Tensor { applying(Unary(.negate), a.body) }

  public static func += (a: inout Tensor, b: Tensor) { a.update(.add, b) }
  public static func += (a: inout Tensor, b: Scalar) { a.update(.add, b) }
  public static func -= (a: inout Tensor, b: Tensor) { a.update(.subtract, b) }
  public static func -= (a: inout Tensor, b: Scalar) { a.update(.subtract, b) }
  public static func *= (a: inout Tensor, b: Tensor) { a.update(.multiply, b) }
  public static func *= (a: inout Tensor, b: Scalar) { a.update(.multiply, b) }
  public static func /= (a: inout Tensor, b: Tensor) { a.update(.divide, b) }
  public static func /= (a: inout Tensor, b: Scalar) { a.update(.divide, b) }
  public static func %= (a: inout Tensor, b: Tensor) { a.update(.remainder, b) }
  public static func %= (a: inout Tensor, b: Scalar) { a.update(.remainder, b) }
}

/// The smaller of two elements; NaN if either is.
public func minimum<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  .binary(.minimum, a, b)
}
public func minimum<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: S) -> Tensor<S> {
  .binary(.minimum, a, b)
}
public func minimum<S: NumericTensorScalar>(_ a: S, _ b: Tensor<S>) -> Tensor<S> {
  .binary(.minimum, a, b)
}

/// The larger of two elements; NaN if either is.
public func maximum<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  .binary(.maximum, a, b)
}
public func maximum<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: S) -> Tensor<S> {
  .binary(.maximum, a, b)
}
public func maximum<S: NumericTensorScalar>(_ a: S, _ b: Tensor<S>) -> Tensor<S> {
  .binary(.maximum, a, b)
}

/// The power, as `**`.
public func pow<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { a ** b }
public func pow<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: S) -> Tensor<S> { a ** b }

/// The angle of (x, y) in −π … π.
public func atan2<S: FloatingPointTensorScalar>(_ y: Tensor<S>, _ x: Tensor<S>) -> Tensor<S> {
  .binary(.atan2, y, x)
}

/// √(x² + y²) without overflow.
public func hypot<S: FloatingPointTensorScalar>(_ x: Tensor<S>, _ y: Tensor<S>) -> Tensor<S> {
  .binary(.hypot, x, y)
}
