import Execution

/// a · b + c, rounded once, with broadcasting.
///
/// The same bits on every processor, with or without an instruction for it.
public func fma<S: FloatingPointTensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, _ c: Tensor<S>
) -> Tensor<S> {
  .applying(Ternary(.fma), a.body, b.body, c.body)
}

/// A way from a to b: a + weight · (b − a), with broadcasting; a where the weight is 0 and b where
/// it is 1.
///
/// Weights from ½ on are taken from the other end, as PyTorch's `lerp` does. A difference b − a
/// that overflows shows in the result.
public func lerp<S: FloatingPointTensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, weight: Tensor<S>
) -> Tensor<S> {
  .applying(Ternary(.lerp), a.body, b.body, weight.body)
}

/// A way from a to b with one weight for all: a + weight · (b − a); a where the weight is 0 and b
/// where it is 1.
public func lerp<S: FloatingPointTensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, weight: S
) -> Tensor<S> {
  a.body.runtime.makeCurrent { lerp(a, b, weight: Tensor(weight)) }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// Elements below those of `low` replaced by them, and those above the ones of `high` by these,
  /// with broadcasting; NaN stays, and a bound that is NaN gives NaN. Where bounds cross, the upper
  /// one wins.
  ///
  /// The slope is that of the element within the bounds, their ends included, and that of the bound
  /// beyond.
  public func clamped(min low: Tensor, max high: Tensor) -> Tensor {
    .applying(Ternary(.clamped), body, low.body, high.body)
  }

  /// Each element plus a product: x + a · b · factor, with broadcasting.
  ///
  /// a · factor is rounded, and the rest once, as in `fma`. Integers wrap.
  public func addingProduct(_ a: Tensor, _ b: Tensor, times factor: Scalar = 1) -> Tensor {
    let scaled = factor == 1 ? a : a * factor
    return .applying(Ternary(.fma), scaled.body, b.body, body)
  }
}
