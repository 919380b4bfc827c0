import Execution

extension Tensor where Scalar: NumericTensorScalar {
  /// Elements below a bound replaced by it, and those above the other one; NaN stays. Local.
  ///
  /// The slope is 1 within the range, its ends included, and for NaN.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    let (low, high) = (range.lowerBound.scalarValue, range.upperBound.scalarValue)
    return Tensor(
      Value.composed(
        "clamped", of: Value(body), keeping: { _ in .operand(0) },
        as: { Value(minimum(maximum(self, range.lowerBound), range.upperBound).body) },
        pullback: { g, context in
          let x = context.value(of: 0)
          let isOutside = x.apply(ScalarCompare(.less, low))
            .or(x.apply(ScalarCompare(.greater, high)))
          return [g.kept(where: isOutside.unary(.not))]
        }
      ).body)
  }

  /// How many elements lie in each of `bins` bins of equal width over a range, at most 2²⁸: bin i
  /// from its lower edge, low + i · (high − low) / bins, to below the next one's, the last bin with
  /// its upper end. Edges are computed in Double, and rounded to Float for tensors of it, as NumPy
  /// does. What lies outside is not counted, nor is NaN.
  ///
  /// `bins` words are all-reduced if the tensor is sharded; then collective.
  public func histogram(bins: Int, in range: ClosedRange<Scalar>) -> Tensor<Int64> {
    let (low, high) = (range.lowerBound.scalarValue, range.upperBound.scalarValue)
    return orEnd(body.runtime) { () throws(TensorError) in
      try Histogram.check(bins)
      guard low.number < high.number, (high.number - low.number).isFinite else {
        throw TensorError(
          "histogram", given: "the range \(range)", expected: "a range of finite width above 0")
      }
      return Tensor<Int64>(try Histogram(bins: bins, low: low, high: high).apply([body]))
    }
  }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// eˣ / Σ eˣ along an axis, without overflow. Collective if the tensor is sharded along that
  /// axis: two values a line are all-reduced.
  ///
  /// A line of −∞ alone gives NaN, with a gradient of 0.
  public func softmax(axis: Int = -1) -> Tensor {
    line(axis, "softmax") { shifted, axis in
      let exponentials = shifted.exp()
      return exponentials / exponentials.sum(axes: Axes(axis), keepingAxes: true)
    } pullback: { g, result, axis in
      // The derivative of each is s_i (δ_ij − s_j).
      result * (g - (g * result).sum([axis], keepingAxes: true))
    }
  }

  /// log softmax: x − log Σ eˣ along an axis, without overflow. Communicates as `softmax` does.
  ///
  /// A line of −∞ alone gives NaN, with a gradient of 0.
  public func logSoftmax(axis: Int = -1) -> Tensor {
    line(axis, "logSoftmax") { shifted, axis in
      shifted - shifted.exp().sum(axes: Axes(axis), keepingAxes: true).log()
    } pullback: { g, result, axis in
      g - result.unary(.exp) * g.sum([axis], keepingAxes: true)
    }
  }

  /// A function of differences from the largest element along an axis.
  ///
  /// - Parameter pullback: the cotangent for the function's result, where a line has an element
  ///   above −∞.
  private func line(
    _ axis: Int, _ operation: String, _ function: (Tensor, _ axis: Int) -> Tensor,
    pullback: @escaping (_ g: Value, _ result: Value, _ axis: Int) -> Value
  ) -> Tensor {
    let axis = orEnd(body.runtime) { () throws(TensorError) in
      try shape.resolvedAxis(axis, for: operation)
    }
    // Of nothing there is no largest, and nothing to shift.
    if shape[axis] == 0 { return function(self, axis) }
    var largest: Tensor?
    return Tensor(
      Value.composed(
        operation, of: Value(body), keeping: { _ in .result },
        as: {
          largest = max(axes: Axes(axis), keepingAxes: true)
          return Value(function(self - largest!, axis).body)
        },
        pullback: { g, context in
          let isSome = Value(largest!.body).compare(.notEqual, -.infinity)
          return [pullback(g, context.result.kept(where: isSome), axis).kept(where: isSome)]
        }
      ).body)
  }

  /// Whether each element is within absoluteTolerance + relativeTolerance · |other| of the other
  /// tensor's, with broadcasting; infinities are close to themselves alone, NaN to nothing, or to
  /// itself if asked for. Operands that lie differently are aligned, as by `+`.
  public func isClose(
    _ other: Tensor, relativeTolerance: Scalar = 1e-5, absoluteTolerance: Scalar = 1e-8,
    equalNaN: Bool = false
  ) -> Tensor<Bool> {
    isClose(other, relativeTolerance, absoluteTolerance, equalNaN, for: "isClose")
  }

  private func isClose(
    _ other: Tensor, _ relativeTolerance: Scalar, _ absoluteTolerance: Scalar, _ equalNaN: Bool,
    for operation: String
  ) -> Tensor<Bool> {
    orEnd(body.runtime) { () throws(TensorError) in
      _ = try Shape.broadcast([shape, other.shape], for: operation)
    }
    let bound = other.abs() * relativeTolerance + absoluteTolerance
    let isClose = (self .== other) .| (((self - other).abs() .<= bound) .& other.isFinite())
    return equalNaN ? isClose .| (isNaN() .& other.isNaN()) : isClose
  }

  /// Whether every element is close to the other tensor's, as `isClose` says.
  ///
  /// Collective if a tensor is sharded: called by all ranks, every rank gets the answer.
  public func allClose(
    _ other: Tensor, relativeTolerance: Scalar = 1e-5, absoluteTolerance: Scalar = 1e-8,
    equalNaN: Bool = false
  ) -> Bool {
    isClose(other, relativeTolerance, absoluteTolerance, equalNaN, for: "allClose").all().item()
  }
}

extension Tensor where Scalar: IntegerTensorScalar {
  /// For each number a row with one in its place and zeros elsewhere: [..., classes]. Numbers that
  /// are no class give a row of zeros. Local.
  public func oneHot<Result: NumericTensorScalar>(
    classes: Int, as type: Result.Type = Float.self
  ) -> Tensor<Result> {
    orEnd(body.runtime) { () throws(TensorError) in
      guard classes >= 0 else {
        throw TensorError(
          "oneHot", given: "\(classes) classes", expected: "a number that is not negative")
      }
    }
    return body.runtime.makeCurrent {
      let wide = positions.expandingAxis(at: -1)
      return (wide .== Tensor<Int64>.arange(classes)).converted(to: Result.self)
    }
  }
}
