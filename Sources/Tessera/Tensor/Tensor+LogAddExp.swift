import Execution

/// log(eᵃ + eᵇ) with broadcasting, without overflow. It is the larger one plus log(1 + e⁻ᵈ) for the
/// distance d of both. −∞ is an exponential of 0, so that two of them give −∞. NaN if either is.
///
/// The slope is each one's share of the sum, eᵃ / (eᵃ + eᵇ): a half for infinities of one sign,
/// but 0 where both are −∞, as `logSumExp` has it. Operands that lie differently are aligned, as by
/// `+`.
public func logAddExp<S: FloatingPointTensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>
) -> Tensor<S> {
  orEnd(a.body.runtime) { () throws(TensorError) in
    _ = try Shape.broadcast([a.shape, b.shape], for: "logAddExp")
  }
  return Tensor(
    Value.composed(
      "logAddExp", of: Value(a.body), Value(b.body),
      keeping: { _ in [.operand(0), .operand(1)] },
      as: {
        let largest = maximum(a, b)
        let distance = (a - b).abs()
        // Equal infinities have no distance.
        let smaller = a.body.runtime.makeCurrent { select(a .== b, 0, -distance) }
        return Value((largest + smaller.exp().log1p()).body)
      },
      pullback: { g, context in
        let (a, b) = (context.value(of: 0), context.value(of: 1))
        return [
          context.ifNeeded(0) { (g * a.share(beside: b)).summed(to: a.shape) },
          context.ifNeeded(1) { (g * b.share(beside: a)).summed(to: b.shape) },
        ]
      }
    ).body)
}

extension Value {
  /// eˣ / (eˣ + eʸ), 0 where both are −∞.
  fileprivate func share(beside other: Value) -> Value {
    let isInfinite = apply(Classify(.isInfinite)).and(compare(.equal, other))
    let difference = (self - other).kept(where: isInfinite.unary(.not))
    let isNothing = isInfinite.and(compare(.less, 0))
    return difference.unary(.sigmoid).kept(where: isNothing.unary(.not))
  }
}
