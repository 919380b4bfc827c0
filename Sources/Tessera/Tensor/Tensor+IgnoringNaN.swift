import Execution

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// Reductions that pass over NaN: `x.ignoringNaN.mean(axes: 0)` is the mean of the numbers in
  /// each column.
  public var ignoringNaN: IgnoringNaN { IgnoringNaN(tensor: self) }

  /// The elements of a tensor but for NaN, to be reduced: over all axes, where none is named.
  /// Nothing is stored but results, and the gradient of a NaN is 0.
  public struct IgnoringNaN: Sendable {
    fileprivate let tensor: Tensor

    /// The axes counted from the front, all where none is named.
    private func resolved(_ axes: Axes?, for operation: String) -> Axes {
      tensor.resolved(axes ?? Axes(tensor.shape.indices), for: operation)
    }

    /// The elements with something in the place of NaN.
    private func replaced(by number: Scalar) -> Tensor { chosen(number, tensor) }

    /// A number where elements are NaN, else what another tensor has.
    private func chosen(_ number: Scalar, _ other: Tensor) -> Tensor {
      tensor.body.runtime.makeCurrent { select(tensor.isNaN(), number, other) }
    }

    /// A tensor where a mask holds, else NaN.
    private func known(_ other: Tensor, where mask: Tensor<Bool>) -> Tensor {
      tensor.body.runtime.makeCurrent { select(mask, other, .nan) }
    }

    /// How many elements are numbers. Communicates as `sum(axes:)` does.
    public func count(axes: Axes? = nil, keepingAxes: Bool = false) -> Tensor<Int64> {
      (.!tensor.isNaN()).sum(axes: resolved(axes, for: "count"), keepingAxes: keepingAxes)
    }

    /// Sums of the numbers; 0 where there are none. Communicates as `sum(axes:)` does.
    public func sum(axes: Axes? = nil, keepingAxes: Bool = false) -> Tensor {
      replaced(by: 0).sum(axes: resolved(axes, for: "sum"), keepingAxes: keepingAxes)
    }

    /// Products of the numbers; 1 where there are none. Communicates as `sum(axes:)` does.
    public func product(axes: Axes? = nil, keepingAxes: Bool = false) -> Tensor {
      replaced(by: 1).product(axes: resolved(axes, for: "product"), keepingAxes: keepingAxes)
    }

    /// Means of the numbers; NaN where there are none. Communicates as two sums do.
    public func mean(axes: Axes? = nil, keepingAxes: Bool = false) -> Tensor {
      let axes = resolved(axes, for: "mean")
      let numbers = count(axes: axes, keepingAxes: keepingAxes)
      return sum(axes: axes, keepingAxes: keepingAxes) / numbers.converted(to: Scalar.self)
    }

    /// Σ (x − mean)² / (n − ddof) over the n numbers; NaN where n is not above `ddof`. In two
    /// passes: distances from the mean, whose own mean is taken off their squares again.
    /// Communicates as four sums do.
    public func variance(
      axes: Axes? = nil, keepingAxes: Bool = false, ddof: Int = 0
    ) -> Tensor {
      variance(resolved(axes, for: "variance"), keepingAxes: keepingAxes, ddof: ddof)
    }

    private func variance(_ axes: Axes, keepingAxes: Bool, ddof: Int) -> Tensor {
      let numbers = count(axes: axes, keepingAxes: true).converted(to: Scalar.self)
      let mean = sum(axes: axes, keepingAxes: true) / numbers
      let distance = chosen(0, tensor - mean)
      let excess = distance.sum(axes: axes, keepingAxes: true) / numbers
      let rest = chosen(0, distance - excess)
      // Not in integers, where a large `ddof` would wrap.
      let divisor = numbers - Scalar(ddof)
      let result =
        rest.square().sum(axes: axes, keepingAxes: true)
        / known(divisor, where: divisor .> 0)
      return keepingAxes || axes.numbers.isEmpty ? result : result.squeezed(axes: axes)
    }

    /// The square roots of the variances of the numbers; NaN where those are. Communicates as
    /// `variance` does.
    public func standardDeviation(
      axes: Axes? = nil, keepingAxes: Bool = false, ddof: Int = 0
    ) -> Tensor {
      variance(
        resolved(axes, for: "standardDeviation"), keepingAxes: keepingAxes, ddof: ddof
      ).rootOfSquares
    }

    /// The smallest of the numbers; NaN where there are none. Along axes without elements an error,
    /// as of `min`. Communicates as two sums do.
    public func min(axes: Axes? = nil, keepingAxes: Bool = false) -> Tensor {
      let axes = resolved(axes, for: "min")
      let smallest = replaced(by: .infinity).min(axes: axes, keepingAxes: keepingAxes)
      return known(smallest, where: count(axes: axes, keepingAxes: keepingAxes) .> 0)
    }

    /// The largest of the numbers; NaN where there are none. Along axes without elements an error,
    /// as of `max`. Communicates as two sums do.
    public func max(axes: Axes? = nil, keepingAxes: Bool = false) -> Tensor {
      let axes = resolved(axes, for: "max")
      let largest = replaced(by: -.infinity).max(axes: axes, keepingAxes: keepingAxes)
      return known(largest, where: count(axes: axes, keepingAxes: keepingAxes) .> 0)
    }

    /// How many numbers there are along one axis, as `count(axes:keepingAxes:)` gives them.
    public func count(axis: Int, keepingAxes: Bool = false) -> Tensor<Int64> {
      count(axes: Axes(axis), keepingAxes: keepingAxes)
    }

    /// Sums along one axis, as `sum(axes:keepingAxes:)` gives them.
    public func sum(axis: Int, keepingAxes: Bool = false) -> Tensor {
      sum(axes: Axes(axis), keepingAxes: keepingAxes)
    }

    /// Products along one axis, as `product(axes:keepingAxes:)` gives them.
    public func product(axis: Int, keepingAxes: Bool = false) -> Tensor {
      product(axes: Axes(axis), keepingAxes: keepingAxes)
    }

    /// Means along one axis, as `mean(axes:keepingAxes:)` gives them.
    public func mean(axis: Int, keepingAxes: Bool = false) -> Tensor {
      mean(axes: Axes(axis), keepingAxes: keepingAxes)
    }

    /// The smallest along one axis, as `min(axes:keepingAxes:)` gives them.
    public func min(axis: Int, keepingAxes: Bool = false) -> Tensor {
      min(axes: Axes(axis), keepingAxes: keepingAxes)
    }

    /// The largest along one axis, as `max(axes:keepingAxes:)` gives them.
    public func max(axis: Int, keepingAxes: Bool = false) -> Tensor {
      max(axes: Axes(axis), keepingAxes: keepingAxes)
    }

    /// Variances along one axis, as `variance(axes:keepingAxes:ddof:)` gives them.
    public func variance(axis: Int, keepingAxes: Bool = false, ddof: Int = 0) -> Tensor {
      variance(axes: Axes(axis), keepingAxes: keepingAxes, ddof: ddof)
    }

    /// The square roots of the variances along one axis, as
    /// `standardDeviation(axes:keepingAxes:ddof:)` gives them.
    public func standardDeviation(axis: Int, keepingAxes: Bool = false, ddof: Int = 0) -> Tensor {
      standardDeviation(axes: Axes(axis), keepingAxes: keepingAxes, ddof: ddof)
    }
  }
}
