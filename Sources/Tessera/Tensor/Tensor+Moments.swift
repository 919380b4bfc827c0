import Execution

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// The covariances of variables with each other: of a matrix with a row for each variable and a
  /// column for each observation, [variables, observations], those of all pairs of rows,
  /// [variables, variables]; of several matrices in front of one another, […, variables,
  /// observations], those of each. Of observations in rows it is `x.transposed().covariance()`.
  ///
  /// Σ (x − mean x) (y − mean y) / (n − ddof) for n observations; NaN where n is not above `ddof`,
  /// which is 1 here as in NumPy's `cov`, and 0 in `variance`. Means are subtracted twice, as the
  /// first one is rounded, so that large ones cost no digits.
  ///
  /// Two passes over the elements and a product of matrices of variables² · observations terms.
  /// Where the observations are sharded, two means for each variable are all-reduced, and the
  /// product communicates as `matmul` does; then collective, as it is where the variables are.
  public func covariance(ddof: Int = 1) -> Tensor {
    let centred = rowsAboutMeans(for: "covariance")
    // Not in the type: n − ddof of large numbers may have no place there.
    let divisor = Double(shape.last!) - Double(ddof)
    return Tessera.matmul(centred, centred.transposed(-2, -1))
      / Scalar(divisor > 0 ? divisor : .nan)
  }

  /// The correlations (Pearson's) of variables with each other: of a matrix with a row for each
  /// variable and a column for each observation, [variables, observations], those of all pairs of
  /// rows, [variables, variables], in −1...1; NaN for a variable that does not vary. Of
  /// observations in rows it is `x.transposed().correlation()`.
  ///
  /// Rows about their means are divided by their norms, so that no square over- or underflows, and
  /// multiplied. Communicates as `covariance` does, and a norm for each variable.
  public func correlation() -> Tensor {
    let centred = rowsAboutMeans(for: "correlation")
    let directions = centred / centred.norm(axes: -1, keepingAxes: true)
    let products = Tessera.matmul(directions, directions.transposed(-2, -1))
    // Sums of nothing would be 0.
    if shape.last! == 0 { return products / .nan }
    // What rounding adds is taken off without a bend, which slopes at ±1 would show.
    let excess = (products - products.clamped(to: -1...1)).withoutGradient(for: "correlation")
    return products - excess
  }

  private func rowsAboutMeans(for operation: String) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      guard shape.count >= 2 else {
        throw TensorError(
          operation, given: "shape \(shape)",
          expected: "at least two axes, [variables, observations]")
      }
    }
    return aboutMean(over: -1)
  }

  /// Distances from the mean over some axes. The mean of the distances is subtracted once more, as
  /// the first one may be rounded to a number farther away than elements are from it.
  private func aboutMean(over axes: Axes) -> Tensor {
    let distance = self - mean(axes: axes, keepingAxes: true)
    return distance - distance.mean(axes: axes, keepingAxes: true)
  }

  /// The skewness of all elements: see `skewness(axes:keepingAxes:)`.
  public func skewness() -> Tensor { skewness(axes: Axes(shape.indices)) }

  /// Skewnesses over some axes: means of ((x − mean) / standard deviation)³, where that divides by
  /// n (Fisher's g₁, SciPy's `skew`). NaN where elements do not vary, and of nothing. The elements
  /// are read once.
  ///
  /// Over a sharded axis the ranks all-reduce their means, then four numbers for each element of
  /// the result, which is replicated; then collective. Where a sum of fourth powers is no normal
  /// number, or elements vary by rounding alone, the elements are read twice more, and six further
  /// numbers all-reduced in three steps: the plan does not tell, as it knows no values.
  public func skewness(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    standardizedMoment(.skewness, axes, keepingAxes)
  }

  /// The excess kurtosis of all elements: see `kurtosis(axes:keepingAxes:)`.
  public func kurtosis() -> Tensor { kurtosis(axes: Axes(shape.indices)) }

  /// Excess kurtoses over some axes: means of ((x − mean) / standard deviation)⁴, where that
  /// divides by n, minus 3, which a normal distribution has (Fisher's g₂, SciPy's `kurtosis`). NaN
  /// where elements do not vary, and of nothing. Costs what `skewness` does.
  public func kurtosis(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    standardizedMoment(.kurtosis, axes, keepingAxes)
  }

  private func standardizedMoment(
    _ kind: StandardizedMoment.Kind, _ axes: Axes, _ keepingAxes: Bool
  ) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let axes = try axes.resolved(in: shape, for: "\(kind)")
      return Tensor(
        try StandardizedMoment(kind, axes: axes, keepingAxes: keepingAxes).apply([body]))
    }
  }
}
