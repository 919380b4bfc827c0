import Execution

/// Numbers of the first operand's size with the signs of the second, with broadcasting: the sign of
/// a zero, an infinity or a NaN too.
///
/// The slope is 1 where the sign stays, −1 where it changes, and 0 at 0; that along the second
/// operand is 0.
public func copySign<S: FloatingPointTensorScalar>(
  _ size: Tensor<S>, _ sign: Tensor<S>
) -> Tensor<S> {
  .binary(.copySign, size, sign)
}
/// Numbers of each element's size with the sign of a number.
public func copySign<S: FloatingPointTensorScalar>(_ size: Tensor<S>, _ sign: S) -> Tensor<S> {
  .binary(.copySign, size, sign)
}
/// Numbers of one size with the signs of each element.
public func copySign<S: FloatingPointTensorScalar>(_ size: S, _ sign: Tensor<S>) -> Tensor<S> {
  .binary(.copySign, size, sign)
}

/// The neighbour of each number on the way to another one, which it is where both are equal; with
/// broadcasting. NaN if either is.
///
/// The slope along the first operand is 1, along the second 0.
public func nextAfter<S: FloatingPointTensorScalar>(
  _ number: Tensor<S>, towards other: Tensor<S>
) -> Tensor<S> {
  .binary(.nextAfter, number, other)
}
/// The neighbour of each element on the way to a number.
public func nextAfter<S: FloatingPointTensorScalar>(
  _ number: Tensor<S>, towards other: S
) -> Tensor<S> {
  .binary(.nextAfter, number, other)
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// Whether each element has the sign −, as −0, −∞ and some NaN do. Local.
  public func signBit() -> Tensor<Bool> { copySign(1, self) .< 0 }
}
