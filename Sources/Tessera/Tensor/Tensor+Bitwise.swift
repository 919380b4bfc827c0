import Execution

// Bit by bit, on integers; Booleans have `.&`, `.|`, `.^` and `.!`.
extension Tensor where Scalar: IntegerTensorScalar {
  public static func & (a: Tensor, b: Tensor) -> Tensor { binary(.and, a, b) }
  public static func & (a: Tensor, b: Scalar) -> Tensor { binary(.and, a, b) }
  public static func & (a: Scalar, b: Tensor) -> Tensor { binary(.and, a, b) }
  public static func | (a: Tensor, b: Tensor) -> Tensor { binary(.or, a, b) }
  public static func | (a: Tensor, b: Scalar) -> Tensor { binary(.or, a, b) }
  public static func | (a: Scalar, b: Tensor) -> Tensor { binary(.or, a, b) }
  public static func ^ (a: Tensor, b: Tensor) -> Tensor { binary(.xor, a, b) }
  public static func ^ (a: Tensor, b: Scalar) -> Tensor { binary(.xor, a, b) }
  public static func ^ (a: Scalar, b: Tensor) -> Tensor { binary(.xor, a, b) }
  public static prefix func ~ (a: Tensor) -> Tensor { applying(Unary(.not), a.body) }

  /// Shifted to the left; a negative distance goes to the right. What is shifted out leaves zeros.
  public static func << (a: Tensor, b: Tensor) -> Tensor { binary(.shiftLeft, a, b) }
  public static func << (a: Tensor, b: Scalar) -> Tensor { binary(.shiftLeft, a, b) }
  public static func << (a: Scalar, b: Tensor) -> Tensor { binary(.shiftLeft, a, b) }
  /// Shifted to the right; a negative distance goes to the left. What is shifted out leaves copies of the sign.
  public static func >> (a: Tensor, b: Tensor) -> Tensor { binary(.shiftRight, a, b) }
  public static func >> (a: Tensor, b: Scalar) -> Tensor { binary(.shiftRight, a, b) }
  public static func >> (a: Scalar, b: Tensor) -> Tensor { binary(.shiftRight, a, b) }

  public static func &= (a: inout Tensor, b: Tensor) { a.update(.and, b) }
  public static func &= (a: inout Tensor, b: Scalar) { a.update(.and, b) }
  public static func |= (a: inout Tensor, b: Tensor) { a.update(.or, b) }
  public static func |= (a: inout Tensor, b: Scalar) { a.update(.or, b) }
  public static func ^= (a: inout Tensor, b: Tensor) { a.update(.xor, b) }
  public static func ^= (a: inout Tensor, b: Scalar) { a.update(.xor, b) }
  public static func <<= (a: inout Tensor, b: Tensor) { a.update(.shiftLeft, b) }
  public static func <<= (a: inout Tensor, b: Scalar) { a.update(.shiftLeft, b) }
  public static func >>= (a: inout Tensor, b: Tensor) { a.update(.shiftRight, b) }
  public static func >>= (a: inout Tensor, b: Scalar) { a.update(.shiftRight, b) }
}
