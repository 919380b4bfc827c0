import Execution

extension Tensor {
  func reduced<Result: TensorScalar>(
    _ reduction: Reduction, _ axes: Axes, _ keepingAxes: Bool, _ placement: Placement?,
    _ operation: String
  ) -> Tensor<Result> {
    orEnd(body.runtime) { () throws(TensorError) in
      let resolved = try axes.resolved(in: shape, for: operation)
      return Tensor<Result>(
        try Reduce(
          reduction, axes: resolved, keepingAxes: keepingAxes, placement: placement,
          as: operation
        ).apply([body]))
    }
  }

  /// The sum of all elements; integers and Booleans in Int64, UInt64 in itself. One word is
  /// all-reduced if the tensor is sharded, at this call.
  public func sum() -> Tensor<Scalar.Sum> { sum(axes: Axes(shape.indices)) }

  /// Sums over some axes. Over a sharded axis the terms are all-reduced, or reduced to what
  /// `result` asks; `.partial(.sum)` leaves them.
  public func sum(
    axes: Axes, keepingAxes: Bool = false, result: Placement? = nil
  ) -> Tensor<Scalar.Sum> {
    reduced(.sum, axes, keepingAxes, result, "sum")
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  private var allAxes: Axes { Axes(shape.indices) }

  /// The product of all elements; integers in Int64, UInt64 in itself.
  public func product() -> Tensor<Scalar.Sum> { product(axes: allAxes) }

  /// Products over some axes; integers in Int64, UInt64 in itself. Communicates as `sum(axes:)`
  /// does.
  public func product(
    axes: Axes, keepingAxes: Bool = false, result: Placement? = nil
  ) -> Tensor<Scalar.Sum> {
    reduced(.product, axes, keepingAxes, result, "product")
  }

  /// The smallest element; NaN if there is one; an error if there is no element, see
  /// `min(initial:)`.
  public func min() -> Tensor { min(axes: allAxes) }

  /// The smallest elements over some axes. Communicates as `sum(axes:)` does.
  public func min(axes: Axes, keepingAxes: Bool = false, result: Placement? = nil) -> Tensor {
    reduced(.min, axes, keepingAxes, result, "min")
  }

  /// The largest element; NaN if there is one; an error if there is no element, see
  /// `max(initial:)`.
  public func max() -> Tensor { max(axes: allAxes) }

  /// The largest elements over some axes. Communicates as `sum(axes:)` does.
  public func max(axes: Axes, keepingAxes: Bool = false, result: Placement? = nil) -> Tensor {
    reduced(.max, axes, keepingAxes, result, "max")
  }

  /// The smallest of all elements and of `initial`, which is also the smallest of nothing.
  public func min(initial: Scalar) -> Tensor { min(axes: allAxes, initial: initial) }

  /// The smallest elements over some axes, where `initial` counts as one more; `initial` along
  /// empty axes. Communicates as `sum(axes:)` does.
  public func min(axes: Axes, keepingAxes: Bool = false, initial: Scalar) -> Tensor {
    minimum(extreme(.min, axes, keepingAxes), initial)
  }

  /// The largest of all elements and of `initial`, which is also the largest of nothing.
  public func max(initial: Scalar) -> Tensor { max(axes: allAxes, initial: initial) }

  /// The largest elements over some axes, where `initial` counts as one more; `initial` along empty
  /// axes. Communicates as `sum(axes:)` does.
  public func max(axes: Axes, keepingAxes: Bool = false, initial: Scalar) -> Tensor {
    maximum(extreme(.max, axes, keepingAxes), initial)
  }

  /// The extremes over some axes; those of nothing are the type's last or first number.
  private func extreme(_ reduction: Reduction, _ axes: Axes, _ keepingAxes: Bool) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let resolved = try axes.resolved(in: shape, for: "\(reduction)")
      return Tensor(
        try Reduce(reduction, axes: resolved, keepingAxes: keepingAxes, allowsNothing: true)
          .apply([body]))
    }
  }

  private func positions(
    _ reduction: Reduction, _ axis: Int?, _ keepingAxes: Bool, _ operation: String
  ) -> Tensor<Int64> {
    orEnd(body.runtime) { () throws(TensorError) in
      let axes =
        if let axis { [try shape.resolvedAxis(axis, for: operation)] } else {
          Array(shape.indices)
        }
      return Tensor<Int64>(
        try ArgReduce(reduction, axes: axes, keepingAxes: keepingAxes).apply([body]))
    }
  }

  /// The first position of the largest element along an axis, or in row-major order of the whole
  /// tensor; a NaN counts as the largest.
  ///
  /// Where the tensor is sharded along that axis, the ranks gather a value and a position each for
  /// every element of the result, which is replicated. Then collective.
  public func argmax(axis: Int? = nil, keepingAxes: Bool = false) -> Tensor<Int64> {
    positions(.max, axis, keepingAxes, "argmax")
  }

  /// The first position of the smallest element along an axis, or in row-major order of the whole
  /// tensor; a NaN counts as the smallest. Communicates as `argmax` does.
  public func argmin(axis: Int? = nil, keepingAxes: Bool = false) -> Tensor<Int64> {
    positions(.min, axis, keepingAxes, "argmin")
  }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  private func count(over axes: Axes) -> Scalar {
    orEnd(body.runtime) { () throws(TensorError) in
      Scalar(shape.elementCount(of: try axes.resolved(in: shape, for: "mean")))
    }
  }

  /// The mean of all elements; NaN of nothing.
  public func mean() -> Tensor { mean(axes: Axes(shape.indices)) }

  /// Means over some axes. Communicates as `sum(axes:)` does.
  public func mean(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    let axes = resolved(axes, for: "mean")
    return sum(axes: axes, keepingAxes: keepingAxes) / count(over: axes)
  }

  /// Σ (x − mean)² / (n − ddof) over all elements; NaN where n is not above `ddof`. Three words are
  /// all-reduced in two steps if the tensor is sharded; then collective.
  public func variance(ddof: Int = 0) -> Tensor {
    variance(axes: Axes(shape.indices), ddof: ddof)
  }

  /// Variances over some axes: squared distances from the mean, summed and divided by n − ddof; NaN
  /// where n is not above `ddof`. The elements are read once.
  ///
  /// Over a sharded axis the ranks all-reduce their means, then two numbers for each element of the
  /// result, which is replicated; then collective.
  public func variance(axes: Axes, keepingAxes: Bool = false, ddof: Int = 0) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let axes = try axes.resolved(in: shape, for: "variance")
      return Tensor(
        try Variance(axes: axes, keepingAxes: keepingAxes, ddof: ddof).apply([body]))
    }
  }

  /// The square root of a sum of squares, whose slope is taken to be 0 where all of them are 0.
  var rootOfSquares: Tensor {
    let isZero = self .== 0
    return select(isZero, 0, select(isZero, 1, self).sqrt())
  }

  /// The square root of the variance, NaN where that is. Communicates as `variance` does.
  public func standardDeviation(ddof: Int = 0) -> Tensor { variance(ddof: ddof).rootOfSquares }

  /// The square roots of the variances over some axes. Communicates as `variance(axes:)` does.
  public func standardDeviation(
    axes: Axes, keepingAxes: Bool = false, ddof: Int = 0
  ) -> Tensor {
    variance(
      axes: resolved(axes, for: "standardDeviation"), keepingAxes: keepingAxes, ddof: ddof
    ).rootOfSquares
  }

  /// The axes counted from the front; ends the job where one is not there, in the operation's name.
  func resolved(_ axes: Axes, for operation: String) -> Axes {
    orEnd(body.runtime) { () throws(TensorError) in
      Axes(try axes.resolved(in: shape, for: operation))
    }
  }

  /// The Euclidean norm of all elements. Communicates as `norm(axes:)` does.
  public func norm() -> Tensor { norm(axes: Axes(shape.indices)) }

  /// Euclidean norms over some axes, whose squares may be larger or smaller than numbers of the
  /// type can be. Its slope is taken to be 0 where all elements are 0.
  ///
  /// Over a sharded axis one number for each element of the result, which is replicated, is
  /// all-reduced; then collective. Where a sum of squares is no normal number two more are
  /// all-reduced, and the elements are read twice more: the plan does not tell, as it knows no
  /// values.
  public func norm(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let axes = try axes.resolved(in: shape, for: "norm")
      return Tensor(try Norm(axes: axes, keepingAxes: keepingAxes).apply([body]))
    }
  }

  /// log Σ eˣ over some axes, without overflow. The gradient of elements that are all −∞ is 0.
  public func logSumExp(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    let resolved = orEnd(body.runtime) { () throws(TensorError) in
      let resolved = try axes.resolved(in: shape, for: "logSumExp")
      guard
        shape.elementCount(of: resolved) > 0
          || shape.indices.contains(where: {
            !resolved.contains($0) && shape[$0] == 0
          })
      else {
        throw TensorError(
          "logSumExp", given: "shape \(shape) over axes \(resolved)",
          expected: "at least one element to add up")
      }
      return resolved
    }
    let result = Tensor(
      Value.composed(
        "logSumExp", of: Value(body), keeping: { _ in .operand(0) },
        as: {
          let largest = max(axes: axes, keepingAxes: true)
          // Infinite maxima would give NaN as differences.
          let shift = select(largest.isFinite(), largest, 0)
          let sum = (self - shift).exp().sum(axes: axes, keepingAxes: true)
          return Value((sum.log() + shift).body)
        },
        pullback: { g, context in [g * context.value(of: 0).shares(over: resolved)] }
      ).body)
    return keepingAxes
      ? result : result.reshaped(result.shape.squeezed(axes, of: shape, for: "logSumExp"))
  }

  /// log Σ eˣ over all elements.
  public func logSumExp() -> Tensor { logSumExp(axes: Axes(shape.indices)) }
}

extension Value {
  /// eˣ / Σ eˣ over some axes: how much each element has in the sum. Of elements that are all −∞
  /// none has any; infinite ones share it.
  fileprivate func shares(over axes: [Int]) -> Value {
    .composed(
      "logSumExp", of: self, keeping: { _ in .result },
      as: {
        let limit = body.scalarType.limits.greatestFinite
        let held = apply(ScalarBinary(.minimum, limit, body))
        let largest = held.apply(Reduce(.max, axes: axes, keepingAxes: true))
        let shift = largest.apply(ScalarBinary(.maximum, -limit, body))
        let exponentials = (held - shift).unary(.exp)
        let sum = exponentials.apply(Reduce(.sum, axes: axes, keepingAxes: true))
        // At least 1, unless all are −∞.
        return exponentials / sum.apply(ScalarBinary(.maximum, 1, body))
      },
      pullback: { g, context in
        let shares = context.result
        return [shares * (g - (g * shares).sum(axes, keepingAxes: true))]
      })
  }
}

extension Shape {
  fileprivate func squeezed(_ axes: Axes, of shape: Shape, for operation: String) -> Shape {
    orEnd { () throws(TensorError) in
      shape.reduced(
        over: try axes.resolved(in: shape, for: operation), keepingAxes: false)
    }
  }
}
