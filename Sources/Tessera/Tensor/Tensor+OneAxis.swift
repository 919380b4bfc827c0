// Reductions over one axis, named by the label of functions that go along one: `sum(axis: 0)` is
// `sum(axes: 0)`.

extension Tensor {
  /// Sums over one axis; communicates as `sum(axes:)` does.
  public func sum(
    axis: Int, keepingAxes: Bool = false, result: Placement? = nil
  ) -> Tensor<Scalar.Sum> {
    sum(axes: Axes(axis), keepingAxes: keepingAxes, result: result)
  }

  /// Elements in reverse order along one axis, as `flipped(axes:)` gives them.
  public func flipped(axis: Int) -> Tensor { flipped(axes: Axes(axis)) }

  /// Without one axis, whose extent is 1. A view.
  public func squeezed(axis: Int) -> Tensor { squeezed(axes: Axes(axis)) }
}

extension Tensor where Scalar == Bool {
  /// Whether all elements along one axis are true; communicates as `all(axes:)` does.
  public func all(axis: Int, keepingAxes: Bool = false) -> Tensor {
    all(axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// Whether any element along one axis is true; communicates as `any(axes:)` does.
  public func any(axis: Int, keepingAxes: Bool = false) -> Tensor {
    any(axes: Axes(axis), keepingAxes: keepingAxes)
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// Products over one axis; communicates as `sum(axes:)` does.
  public func product(
    axis: Int, keepingAxes: Bool = false, result: Placement? = nil
  ) -> Tensor<Scalar.Sum> {
    product(axes: Axes(axis), keepingAxes: keepingAxes, result: result)
  }

  /// The smallest elements along one axis; communicates as `sum(axes:)` does.
  public func min(axis: Int, keepingAxes: Bool = false, result: Placement? = nil) -> Tensor {
    min(axes: Axes(axis), keepingAxes: keepingAxes, result: result)
  }

  /// The largest elements along one axis; communicates as `sum(axes:)` does.
  public func max(axis: Int, keepingAxes: Bool = false, result: Placement? = nil) -> Tensor {
    max(axes: Axes(axis), keepingAxes: keepingAxes, result: result)
  }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// Means along one axis; communicates as `sum(axes:)` does.
  public func mean(axis: Int, keepingAxes: Bool = false) -> Tensor {
    mean(axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// Variances along one axis; communicates as `variance(axes:)` does.
  public func variance(axis: Int, keepingAxes: Bool = false, ddof: Int = 0) -> Tensor {
    variance(axes: Axes(axis), keepingAxes: keepingAxes, ddof: ddof)
  }

  /// The square roots of the variances along one axis; communicates as `variance(axes:)` does.
  public func standardDeviation(
    axis: Int, keepingAxes: Bool = false, ddof: Int = 0
  ) -> Tensor {
    standardDeviation(axes: Axes(axis), keepingAxes: keepingAxes, ddof: ddof)
  }

  /// Skewnesses along one axis; communicates as `skewness(axes:keepingAxes:)` does.
  public func skewness(axis: Int, keepingAxes: Bool = false) -> Tensor {
    skewness(axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// Excess kurtoses along one axis; communicates as `kurtosis(axes:keepingAxes:)` does.
  public func kurtosis(axis: Int, keepingAxes: Bool = false) -> Tensor {
    kurtosis(axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// Medians along one axis; communicates as `quantile(_:axes:)` does.
  public func median(axis: Int, keepingAxes: Bool = false) -> Tensor {
    median(axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// Quantiles along one axis; communicates as `quantile(_:axes:)` does.
  public func quantile(_ share: Double, axis: Int, keepingAxes: Bool = false) -> Tensor {
    quantile(share, axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// Euclidean norms along one axis; communicates as `sum(axes:)` does.
  public func norm(axis: Int, keepingAxes: Bool = false) -> Tensor {
    norm(axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// log Σ eˣ along one axis; communicates as `logSumExp(axes:)` does.
  public func logSumExp(axis: Int, keepingAxes: Bool = false) -> Tensor {
    logSumExp(axes: Axes(axis), keepingAxes: keepingAxes)
  }
}
