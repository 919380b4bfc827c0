// Means and their kin of integers and Booleans, which are Doubles: each number is rounded to a
// Double as it is read, so that no sum wraps. Nothing is stored but the results.

extension Tensor where Scalar: IntegerTensorScalar {
  private var doubles: Tensor<Double> { converted(to: Double.self) }

  /// The mean of all elements in Double; NaN of nothing. Communicates as `sum` does.
  public func mean() -> Tensor<Double> { doubles.mean() }

  /// Means over some axes in Double. Communicates as `sum(axes:)` does.
  public func mean(axes: Axes, keepingAxes: Bool = false) -> Tensor<Double> {
    doubles.mean(axes: axes, keepingAxes: keepingAxes)
  }

  /// Means along one axis in Double. Communicates as `sum(axes:)` does.
  public func mean(axis: Int, keepingAxes: Bool = false) -> Tensor<Double> {
    mean(axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// Σ (x − mean)² / (n − ddof) over all elements in Double, as of floating point.
  public func variance(ddof: Int = 0) -> Tensor<Double> { doubles.variance(ddof: ddof) }

  /// Variances over some axes in Double, as of floating point.
  public func variance(axes: Axes, keepingAxes: Bool = false, ddof: Int = 0) -> Tensor<Double> {
    doubles.variance(axes: axes, keepingAxes: keepingAxes, ddof: ddof)
  }

  /// Variances along one axis in Double, as of floating point.
  public func variance(axis: Int, keepingAxes: Bool = false, ddof: Int = 0) -> Tensor<Double> {
    variance(axes: Axes(axis), keepingAxes: keepingAxes, ddof: ddof)
  }

  /// The square root of the variance in Double.
  public func standardDeviation(ddof: Int = 0) -> Tensor<Double> {
    doubles.standardDeviation(ddof: ddof)
  }

  /// The square roots of the variances over some axes in Double.
  public func standardDeviation(
    axes: Axes, keepingAxes: Bool = false, ddof: Int = 0
  ) -> Tensor<Double> {
    doubles.standardDeviation(axes: axes, keepingAxes: keepingAxes, ddof: ddof)
  }

  /// The square roots of the variances along one axis in Double.
  public func standardDeviation(
    axis: Int, keepingAxes: Bool = false, ddof: Int = 0
  ) -> Tensor<Double> {
    standardDeviation(axes: Axes(axis), keepingAxes: keepingAxes, ddof: ddof)
  }

  /// The median of all elements in Double, as of floating point.
  public func median() -> Tensor<Double> { doubles.median() }

  /// Medians over some axes in Double, as of floating point.
  public func median(axes: Axes, keepingAxes: Bool = false) -> Tensor<Double> {
    doubles.median(axes: axes, keepingAxes: keepingAxes)
  }

  /// Medians along one axis in Double, as of floating point.
  public func median(axis: Int, keepingAxes: Bool = false) -> Tensor<Double> {
    median(axes: Axes(axis), keepingAxes: keepingAxes)
  }

  /// The quantile of all elements in Double, as of floating point.
  public func quantile(_ share: Double) -> Tensor<Double> { doubles.quantile(share) }

  /// Quantiles over some axes in Double, as of floating point.
  public func quantile(_ share: Double, axes: Axes, keepingAxes: Bool = false) -> Tensor<Double> {
    doubles.quantile(share, axes: axes, keepingAxes: keepingAxes)
  }

  /// Quantiles along one axis in Double, as of floating point.
  public func quantile(_ share: Double, axis: Int, keepingAxes: Bool = false) -> Tensor<Double> {
    quantile(share, axes: Axes(axis), keepingAxes: keepingAxes)
  }
}

extension Tensor where Scalar == Bool {
  /// The share of elements that are true; NaN of nothing. Communicates as `sum` does.
  public func mean() -> Tensor<Double> { converted(to: Double.self).mean() }

  /// The shares of elements that are true over some axes. Communicates as `sum(axes:)` does.
  public func mean(axes: Axes, keepingAxes: Bool = false) -> Tensor<Double> {
    converted(to: Double.self).mean(axes: axes, keepingAxes: keepingAxes)
  }

  /// The shares of elements that are true along one axis. Communicates as `sum(axes:)` does.
  public func mean(axis: Int, keepingAxes: Bool = false) -> Tensor<Double> {
    mean(axes: Axes(axis), keepingAxes: keepingAxes)
  }
}
