// What NumPy and PyTorch call otherwise: reductions and order.

extension Tensor {
  /// Use `product()`, `product(axes: 0)`.
  @available(*, unavailable, message: "use 'product()', 'product(axes: 0)'")
  public var prod: OtherName<Scalar> { unreachable() }
  /// Use `max(axes: 0)`.
  @available(*, unavailable, message: "use 'max(axes: 0)'")
  public var amax: OtherName<Scalar> { unreachable() }
  /// Use `min(axes: 0)`.
  @available(*, unavailable, message: "use 'min(axes: 0)'")
  public var amin: OtherName<Scalar> { unreachable() }
  /// Use `x.max() - x.min()`.
  @available(*, unavailable, message: "use 'x.max() - x.min()'")
  public var ptp: OtherName<Scalar> { unreachable() }
  /// Use `variance()`, `variance(axes: 0)`.
  @available(*, unavailable, message: "use 'variance()', 'variance(axes: 0)'")
  public var `var`: OtherName<Scalar> { unreachable() }
  /// Use `quantile(0.9)`, of a share instead of a percentage.
  @available(*, unavailable, message: "use 'quantile(0.9)', of a share")
  public var percentile: OtherName<Scalar> { unreachable() }
  /// Use `uniqued()`, whose `counts` tell what is most frequent.
  @available(*, unavailable, message: "use 'uniqued()', whose counts tell what is most frequent")
  public var mode: OtherName<Scalar> { unreachable() }
  /// Use `(x * weights).sum() / weights.sum()`.
  @available(*, unavailable, message: "use '(x * weights).sum() / weights.sum()'")
  public var average: OtherName<Scalar> { unreachable() }
  /// Use `covariance()`.
  @available(*, unavailable, message: "use 'covariance()'")
  public var cov: OtherName<Scalar> { unreachable() }
  /// Use `correlation()`.
  @available(*, unavailable, message: "use 'correlation()'")
  public var corrcoef: OtherName<Scalar> { unreachable() }
  /// Use `skewness()`.
  @available(*, unavailable, message: "use 'skewness()'")
  public var skew: OtherName<Scalar> { unreachable() }
  /// Use `ignoringNaN.sum()`.
  @available(*, unavailable, message: "use 'ignoringNaN.sum()'")
  public var nansum: OtherName<Scalar> { unreachable() }
  /// Use `ignoringNaN.mean()`.
  @available(*, unavailable, message: "use 'ignoringNaN.mean()'")
  public var nanmean: OtherName<Scalar> { unreachable() }
  /// Use `ignoringNaN.max()`.
  @available(*, unavailable, message: "use 'ignoringNaN.max()'")
  public var nanmax: OtherName<Scalar> { unreachable() }
  /// Use `ignoringNaN.min()`.
  @available(*, unavailable, message: "use 'ignoringNaN.min()'")
  public var nanmin: OtherName<Scalar> { unreachable() }
  /// Use `ignoringNaN.product()`.
  @available(*, unavailable, message: "use 'ignoringNaN.product()'")
  public var nanprod: OtherName<Scalar> { unreachable() }
  /// Use `ignoringNaN.variance()`.
  @available(*, unavailable, message: "use 'ignoringNaN.variance()'")
  public var nanvar: OtherName<Scalar> { unreachable() }
  /// Use `ignoringNaN.standardDeviation()`.
  @available(*, unavailable, message: "use 'ignoringNaN.standardDeviation()'")
  public var nanstd: OtherName<Scalar> { unreachable() }
  /// Use `cumulativeSum(axis: 0)`.
  @available(*, unavailable, message: "use 'cumulativeSum(axis: 0)'")
  public var cumsum: OtherName<Scalar> { unreachable() }
  /// Use `cumulativeSum(axis: 0)`.
  @available(*, unavailable, message: "use 'cumulativeSum(axis: 0)'")
  public var cumulative_sum: OtherName<Scalar> { unreachable() }
  /// Use `cumulativeProduct(axis: 0)`.
  @available(*, unavailable, message: "use 'cumulativeProduct(axis: 0)'")
  public var cumprod: OtherName<Scalar> { unreachable() }
  /// Use `cumulativeProduct(axis: 0)`.
  @available(*, unavailable, message: "use 'cumulativeProduct(axis: 0)'")
  public var cumulative_prod: OtherName<Scalar> { unreachable() }
  /// Use `cumulativeMaximum(axis: 0)`.
  @available(*, unavailable, message: "use 'cumulativeMaximum(axis: 0)'")
  public var cummax: OtherName<Scalar> { unreachable() }
  /// Use `cumulativeMinimum(axis: 0)`.
  @available(*, unavailable, message: "use 'cumulativeMinimum(axis: 0)'")
  public var cummin: OtherName<Scalar> { unreachable() }
  /// Use `linearRecurrence(coefficients: a, inputs: x, axis: 0)`, of the first order.
  @available(*, unavailable, message: "use 'linearRecurrence(coefficients: a, inputs: x, axis: 0)'")
  public var lfilter: OtherName<Scalar> { unreachable() }
  /// Use `linearRecurrence(coefficients: a, inputs: x, axis: 0)`.
  @available(*, unavailable, message: "use 'linearRecurrence(coefficients: a, inputs: x, axis: 0)'")
  public var ewm: OtherName<Scalar> { unreachable() }
  /// Use `logSumExp(axes: 1)`.
  @available(*, unavailable, message: "use 'logSumExp(axes: 1)'")
  public var logsumexp: OtherName<Scalar> { unreachable() }
  /// Use `logSoftmax(axis: -1)`.
  @available(*, unavailable, message: "use 'logSoftmax(axis: -1)'")
  public var log_softmax: OtherName<Scalar> { unreachable() }
  /// Use `(x .!= 0).sum()`.
  @available(*, unavailable, message: "use '(x .!= 0).sum()'")
  public var count_nonzero: OtherName<Scalar> { unreachable() }
  /// Use `topK(2)`.
  @available(*, unavailable, message: "use 'topK(2)'")
  public var topk: OtherName<Scalar> { unreachable() }
  /// Use `sorted()` and the element at its place.
  @available(*, unavailable, message: "use 'sorted()' and the element at its place")
  public var kthvalue: OtherName<Scalar> { unreachable() }
  /// Use `sorted()`.
  @available(*, unavailable, message: "use 'sorted()'")
  public var partition: OtherName<Scalar> { unreachable() }
  /// Use `argsort()`.
  @available(*, unavailable, message: "use 'argsort()'")
  public var argpartition: OtherName<Scalar> { unreachable() }
  /// Use `binCounts(bins: 10)`.
  @available(*, unavailable, message: "use 'binCounts(bins: 10)'")
  public var bincount: OtherName<Scalar> { unreachable() }
  /// Use `histogram(bins: 10, in: 0...1)`.
  @available(*, unavailable, message: "use 'histogram(bins: 10, in: 0...1)'")
  public var histc: OtherName<Scalar> { unreachable() }
  /// Use `grouped(by: labels, into: 10)`.
  @available(*, unavailable, message: "use 'grouped(by: labels, into: 10)'")
  public var groupby: OtherName<Scalar> { unreachable() }
  /// Use `searchSorted(values)`.
  @available(*, unavailable, message: "use 'searchSorted(values)'")
  public var searchsorted: OtherName<Scalar> { unreachable() }
  /// Use `searchSorted(x)` of the bounds.
  @available(*, unavailable, message: "use 'searchSorted(x)' of the bounds")
  public var bucketize: OtherName<Scalar> { unreachable() }
  /// Use `searchSorted(x, side: .right)` of the bounds.
  @available(*, unavailable, message: "use 'searchSorted(x, side: .right)' of the bounds")
  public var digitize: OtherName<Scalar> { unreachable() }
  /// Use `oneHot(classes: 10)`.
  @available(*, unavailable, message: "use 'oneHot(classes: 10)'")
  public var one_hot: OtherName<Scalar> { unreachable() }
}
