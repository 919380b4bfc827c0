import Execution

extension Tensor where Scalar: NumericTensorScalar {
  /// Quotients rounded down, towards −∞, with broadcasting.
  ///
  /// Of integers -7 by 2 is -4, where `/` gives -3; division by zero gives 0, and the least integer
  /// by -1 wraps. Of floating point it is NumPy's `floor_divide`, made of the exact remainder: 1 by
  /// 0.1 is 9, as the Double 0.1 is a little more than a tenth, where `floor(1 / 0.1)` is 10. It is
  /// x / 0 where the divisor is 0, and NaN for infinite dividends. The slope is 0 everywhere.
  ///
  /// Operands that lie differently are aligned, as by `/`.
  public func floorDivided(by divisor: Tensor) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      _ = try Shape.broadcast([shape, divisor.shape], for: "floorDivided")
    }
    return Tensor(
      Value.composed(
        "floorDivided", of: Value(body), Value(divisor.body), keeping: { _ in [] },
        as: { Value(floorQuotient(divisor).body) },
        pullback: { g, context in
          context.operands.indices.map { operand in
            context.ifNeeded(operand) { g.flat.summed(to: context.operands[operand].shape) }
          }
        }
      ).body)
  }

  /// Each element's quotient by a number, rounded down.
  public func floorDivided(by divisor: Scalar) -> Tensor {
    floorDivided(by: body.runtime.makeCurrent { Tensor(divisor) })
  }

  private func floorQuotient(_ divisor: Tensor) -> Tensor {
    let rest = self % divisor
    // Where a quotient that is rounded towards zero lies above.
    let isAbove = (rest .!= 0) .& ((rest .< 0) .!= (divisor .< 0))
    let one = isAbove.converted(to: Scalar.self)
    guard Scalar.scalarType.isFloatingPoint else { return self / divisor - one }
    // A whole number but for the rounding of the division.
    let whole = Tensor.applying(Unary(.round), ((self - rest) / divisor - one).body)
    let ratio = self / divisor
    let zero = Tensor.binary(.copySign, 0, ratio)
    return select(divisor .== 0, ratio, select(whole .== 0, zero, whole))
  }
}
