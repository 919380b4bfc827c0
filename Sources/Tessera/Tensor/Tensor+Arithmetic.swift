import Execution

infix operator ** : ExponentiationPrecedence
precedencegroup ExponentiationPrecedence {
  associativity: right
  higherThan: MultiplicationPrecedence
}

extension Tensor {
  /// The one way from typed operators to primitives.
  package static func applying(_ primitive: some Primitive, _ operands: Body...) -> Tensor {
    // A body is the same type for all tensors: their own would be looked up at every call.
    Tensor(orEnd(operands[0].runtime) { () throws(TensorError) in try primitive.apply(operands) })
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
  /// Sums of elements, with broadcasting.
  public static func + (a: Tensor, b: Tensor) -> Tensor { binary(.add, a, b) }
  /// Each element plus a number.
  public static func + (a: Tensor, b: Scalar) -> Tensor { binary(.add, a, b) }
  /// A number plus each element.
  public static func + (a: Scalar, b: Tensor) -> Tensor { binary(.add, a, b) }
  /// Differences of elements, with broadcasting.
  public static func - (a: Tensor, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  /// Each element minus a number.
  public static func - (a: Tensor, b: Scalar) -> Tensor { binary(.subtract, a, b) }
  /// A number minus each element.
  public static func - (a: Scalar, b: Tensor) -> Tensor { binary(.subtract, a, b) }
  /// Products of elements, with broadcasting.
  public static func * (a: Tensor, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  /// Each element times a number.
  public static func * (a: Tensor, b: Scalar) -> Tensor { binary(.multiply, a, b) }
  /// A number times each element.
  public static func * (a: Scalar, b: Tensor) -> Tensor { binary(.multiply, a, b) }
  /// Integers truncate; division by zero gives 0.
  public static func / (a: Tensor, b: Tensor) -> Tensor { binary(.divide, a, b) }
  /// Each element divided by a number.
  public static func / (a: Tensor, b: Scalar) -> Tensor { binary(.divide, a, b) }
  /// A number divided by each element.
  public static func / (a: Scalar, b: Tensor) -> Tensor { binary(.divide, a, b) }
  /// The remainder of truncating division, as in C.
  public static func % (a: Tensor, b: Tensor) -> Tensor { binary(.remainder, a, b) }
  /// The remainder of each element divided by a number.
  public static func % (a: Tensor, b: Scalar) -> Tensor { binary(.remainder, a, b) }
  /// The remainder of a number divided by each element.
  public static func % (a: Scalar, b: Tensor) -> Tensor { binary(.remainder, a, b) }
  /// The power; binds tighter than `*` and to the right. `-x ** 2` is (−x)².
  public static func ** (a: Tensor, b: Tensor) -> Tensor { binary(.power, a, b) }
  /// Each element to the power of a number.
  public static func ** (a: Tensor, b: Scalar) -> Tensor { binary(.power, a, b) }
  /// A number to the power of each element.
  public static func ** (a: Scalar, b: Tensor) -> Tensor { binary(.power, a, b) }

  /// Each element with the other sign; the least integer stays.
  public static prefix func - (a: Tensor) -> Tensor { applying(Unary(.negate), a.body) }

  /// Adds the elements of another tensor, which broadcasts to this one.
  ///
  /// In place if nothing else shares the storage; elements that do not lie as here travel.
  public static func += (a: inout Tensor, b: consuming Tensor) { a.update(.add, consume b) }
  /// Adds a number to each element; in place if nothing else shares the storage. Local.
  public static func += (a: inout Tensor, b: Scalar) { a.update(.add, b) }
  /// Subtracts the elements of another tensor, which broadcasts to this one.
  ///
  /// In place if nothing else shares the storage; elements that do not lie as here travel.
  public static func -= (a: inout Tensor, b: consuming Tensor) { a.update(.subtract, consume b) }
  /// Subtracts a number from each element; in place if nothing else shares the storage. Local.
  public static func -= (a: inout Tensor, b: Scalar) { a.update(.subtract, b) }
  /// Multiplies by the elements of another tensor, which broadcasts to this one.
  ///
  /// In place if nothing else shares the storage; elements that do not lie as here travel.
  public static func *= (a: inout Tensor, b: consuming Tensor) { a.update(.multiply, consume b) }
  /// Multiplies each element by a number; in place if nothing else shares the storage. Local.
  public static func *= (a: inout Tensor, b: Scalar) { a.update(.multiply, b) }
  /// Divides by the elements of another tensor, which broadcasts to this one.
  ///
  /// In place if nothing else shares the storage; elements that do not lie as here travel.
  public static func /= (a: inout Tensor, b: consuming Tensor) { a.update(.divide, consume b) }
  /// Divides each element by a number; in place if nothing else shares the storage. Local.
  public static func /= (a: inout Tensor, b: Scalar) { a.update(.divide, b) }
  /// Leaves the remainders of a division by the elements of another tensor, which broadcasts to
  /// this one.
  ///
  /// In place if nothing else shares the storage; elements that do not lie as here travel.
  public static func %= (a: inout Tensor, b: consuming Tensor) { a.update(.remainder, consume b) }
  /// Leaves each element's remainder of the division by a number; in place if nothing else shares
  /// the storage. Local.
  public static func %= (a: inout Tensor, b: Scalar) { a.update(.remainder, b) }
}

/// The smaller of two elements; NaN if either is.
public func minimum<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  .binary(.minimum, a, b)
}
/// The smaller of each element and a number; NaN if either is.
public func minimum<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: S) -> Tensor<S> {
  .binary(.minimum, a, b)
}
/// The smaller of a number and each element; NaN if either is.
public func minimum<S: NumericTensorScalar>(_ a: S, _ b: Tensor<S>) -> Tensor<S> {
  .binary(.minimum, a, b)
}

/// The larger of two elements; NaN if either is.
public func maximum<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  .binary(.maximum, a, b)
}
/// The larger of each element and a number; NaN if either is.
public func maximum<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: S) -> Tensor<S> {
  .binary(.maximum, a, b)
}
/// The larger of a number and each element; NaN if either is.
public func maximum<S: NumericTensorScalar>(_ a: S, _ b: Tensor<S>) -> Tensor<S> {
  .binary(.maximum, a, b)
}

/// The power, as `**`.
public func pow<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { a ** b }
/// Each element to the power of a number, as `**`.
public func pow<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: S) -> Tensor<S> { a ** b }

/// The angle of (x, y) in −π … π.
public func atan2<S: FloatingPointTensorScalar>(_ y: Tensor<S>, _ x: Tensor<S>) -> Tensor<S> {
  .binary(.atan2, y, x)
}

/// √(x² + y²) without overflow.
public func hypot<S: FloatingPointTensorScalar>(_ x: Tensor<S>, _ y: Tensor<S>) -> Tensor<S> {
  .binary(.hypot, x, y)
}
