import Execution

// Bit by bit, on integers; Booleans have `.&`, `.|`, `.^` and `.!`.
extension Tensor where Scalar: IntegerTensorScalar {
  /// Bits that both elements have, with broadcasting.
  public static func & (a: Tensor, b: Tensor) -> Tensor { binary(.and, a, b) }
  /// Bits that both each element and a number have.
  public static func & (a: Tensor, b: Scalar) -> Tensor { binary(.and, a, b) }
  /// Bits that both a number and each element have.
  public static func & (a: Scalar, b: Tensor) -> Tensor { binary(.and, a, b) }
  /// Bits that one of two elements has, or both, with broadcasting.
  public static func | (a: Tensor, b: Tensor) -> Tensor { binary(.or, a, b) }
  /// Bits that each element or a number has, or both.
  public static func | (a: Tensor, b: Scalar) -> Tensor { binary(.or, a, b) }
  /// Bits that a number or each element has, or both.
  public static func | (a: Scalar, b: Tensor) -> Tensor { binary(.or, a, b) }
  /// Bits that just one of two elements has, with broadcasting.
  public static func ^ (a: Tensor, b: Tensor) -> Tensor { binary(.xor, a, b) }
  /// Bits that just one of each element and a number has.
  public static func ^ (a: Tensor, b: Scalar) -> Tensor { binary(.xor, a, b) }
  /// Bits that just one of a number and each element has.
  public static func ^ (a: Scalar, b: Tensor) -> Tensor { binary(.xor, a, b) }
  /// Every bit of each element the other way.
  public static prefix func ~ (a: Tensor) -> Tensor { applying(Unary(.not), a.body) }

  /// Shifted to the left; a negative distance goes to the right. What is shifted out leaves zeros.
  public static func << (a: Tensor, b: Tensor) -> Tensor { binary(.shiftLeft, a, b) }
  /// Each element shifted to the left by one distance.
  public static func << (a: Tensor, b: Scalar) -> Tensor { binary(.shiftLeft, a, b) }
  /// One number shifted to the left by each element.
  public static func << (a: Scalar, b: Tensor) -> Tensor { binary(.shiftLeft, a, b) }
  /// Shifted to the right; a negative distance goes to the left. What is shifted out leaves copies
  /// of the sign.
  public static func >> (a: Tensor, b: Tensor) -> Tensor { binary(.shiftRight, a, b) }
  /// Each element shifted to the right by one distance.
  public static func >> (a: Tensor, b: Scalar) -> Tensor { binary(.shiftRight, a, b) }
  /// One number shifted to the right by each element.
  public static func >> (a: Scalar, b: Tensor) -> Tensor { binary(.shiftRight, a, b) }

  /// Keeps the bits that another tensor has too; in place if nothing else shares the storage.
  public static func &= (a: inout Tensor, b: consuming Tensor) { a.update(.and, consume b) }
  /// Keeps the bits that a number has too; in place if nothing else shares the storage. Local.
  public static func &= (a: inout Tensor, b: Scalar) { a.update(.and, b) }
  /// Adds the bits that another tensor has; in place if nothing else shares the storage.
  public static func |= (a: inout Tensor, b: consuming Tensor) { a.update(.or, consume b) }
  /// Adds the bits that a number has; in place if nothing else shares the storage. Local.
  public static func |= (a: inout Tensor, b: Scalar) { a.update(.or, b) }
  /// Turns the bits that another tensor has; in place if nothing else shares the storage.
  public static func ^= (a: inout Tensor, b: consuming Tensor) { a.update(.xor, consume b) }
  /// Turns the bits that a number has; in place if nothing else shares the storage. Local.
  public static func ^= (a: inout Tensor, b: Scalar) { a.update(.xor, b) }
  /// Shifts each element to the left, as `<<` does; in place if nothing else shares the storage.
  public static func <<= (a: inout Tensor, b: consuming Tensor) { a.update(.shiftLeft, consume b) }
  /// Shifts each element to the left by one distance; in place if nothing else shares the storage.
  /// Local.
  public static func <<= (a: inout Tensor, b: Scalar) { a.update(.shiftLeft, b) }
  /// Shifts each element to the right, as `>>` does; in place if nothing else shares the storage.
  public static func >>= (a: inout Tensor, b: consuming Tensor) { a.update(.shiftRight, consume b) }
  /// Shifts each element to the right by one distance; in place if nothing else shares the storage.
  /// Local.
  public static func >>= (a: inout Tensor, b: Scalar) { a.update(.shiftRight, b) }
}
