import Tessera

extension Row {
  /// For each list of axes, and for each operand.
  private static func axes(
    _ name: String, _ make: @escaping @Sendable (Tensor<Float>, Axes) -> Void
  ) -> [Row] {
    [
      row(name, Extreme.axisLists) { make(matrix, Axes($0)) },
      row(name, Extreme.operands) { make($0.make(), [0]) },
      row(name, Extreme.operands) { make($0.make(), -1) },
    ]
  }

  private static func axis(
    _ name: String, _ make: @escaping @Sendable (Tensor<Float>, Int) -> Void
  ) -> [Row] {
    [
      row(name, Extreme.integers) { make(matrix, $0) },
      row(name, Extreme.operands) { make($0.make(), -1) },
    ]
  }

  /// What makes fewer elements of many, and counts.
  static let ofReductions: [Row] =
    axes("Tensor.all(axes:keepingAxes:)") { use(($0 .> 0).all(axes: $1)) }
    + axes("Tensor.any(axes:keepingAxes:)") { use(($0 .> 0).any(axes: $1, keepingAxes: true)) }
    + axes("Tensor.sum(axes:keepingAxes:result:)") { use($0.sum(axes: $1)) }
    + [
      row("Tensor.sum(axes:keepingAxes:result:)", Extreme.placements) {
        use(matrix.sum(axes: 0, result: $0))
      }
    ]
    + axis("Tensor.cumulativeSum(axis:)") { use($0.cumulativeSum(axis: $1)) }
    + axis("Tensor.cumulativeProduct(axis:)") { use($0.cumulativeProduct(axis: $1)) }
    + axis("Tensor.cumulativeMinimum(axis:)") { use($0.cumulativeMinimum(axis: $1)) }
    + axis("Tensor.cumulativeMaximum(axis:)") { use($0.cumulativeMaximum(axis: $1)) }
    + axis("linearRecurrence(coefficients:inputs:initial:axis:)") {
      use(linearRecurrence(coefficients: $0, inputs: $0, initial: $0, axis: $1))
    }
    + [
      row("linearRecurrence(coefficients:inputs:initial:axis:)", Extreme.integers) {
        use(linearRecurrence(coefficients: Float($0), inputs: matrix, axis: 0))
      },
      row("linearRecurrence(coefficients:inputs:initial:axis:)", Extreme.operands) {
        use(linearRecurrence(coefficients: 2, inputs: matrix, initial: $0.make(), axis: 1))
      },
    ]
    + axes("Tensor.product(axes:keepingAxes:result:)") { use($0.product(axes: $1)) }
    + axes("Tensor.min(axes:keepingAxes:result:)") { use($0.min(axes: $1)) }
    + axes("Tensor.max(axes:keepingAxes:result:)") { use($0.max(axes: $1, keepingAxes: true)) }
    + axis("Tensor.argmax(axis:keepingAxes:)") { use($0.argmax(axis: $1)) }
    + axis("Tensor.argmin(axis:keepingAxes:)") { use($0.argmin(axis: $1, keepingAxes: true)) }
    + axes("Tensor.mean(axes:keepingAxes:)") { use($0.mean(axes: $1)) }
    + axes("Tensor.variance(axes:keepingAxes:ddof:)") { use($0.variance(axes: $1)) }
    + [
      row("Tensor.variance(ddof:)", Extreme.integers) { use(matrix.variance(ddof: $0)) },
      row("Tensor.variance(axes:keepingAxes:ddof:)", Extreme.integers) {
        use(matrix.variance(axes: 0, ddof: $0))
      },
      row("Tensor.standardDeviation(ddof:)", Extreme.integers) {
        use(matrix.standardDeviation(ddof: $0))
      },
    ]
    + axes("Tensor.standardDeviation(axes:keepingAxes:ddof:)") {
      use($0.standardDeviation(axes: $1))
    }
    + axes("Tensor.median(axes:keepingAxes:)") { use($0.median(axes: $1)) }
    + axes("Tensor.quantile(_:axes:keepingAxes:)") {
      use($0.quantile(1, axes: $1, keepingAxes: true))
    }
    + [
      row("Tensor.median()", Extreme.operands) { use($0.make().median()) },
      row("Tensor.quantile(_:)", Extreme.doubles) { use(matrix.quantile($0)) },
      row("Tensor.quantile(_:axes:keepingAxes:)", Extreme.doubles) {
        use(matrix.quantile($0, axes: [1]))
      },
    ]
    + axes("Tensor.skewness(axes:keepingAxes:)") { use($0.skewness(axes: $1)) }
    + axes("Tensor.kurtosis(axes:keepingAxes:)") { use($0.kurtosis(axes: $1, keepingAxes: true)) }
    + [
      row("Tensor.covariance(ddof:)", Extreme.integers) { use(matrix.covariance(ddof: $0)) },
      row("Tensor.covariance(ddof:)", Extreme.operands) { use($0.make().covariance()) },
      row("Tensor.correlation()", Extreme.operands) { use($0.make().correlation()) },
    ]
    + axes("Tensor.norm(axes:keepingAxes:)") { use($0.norm(axes: $1)) }
    + axes("Tensor.logSumExp(axes:keepingAxes:)") { use($0.logSumExp(axes: $1)) }
    + axis("Tensor.softmax(axis:)") { use($0.softmax(axis: $1)) }
    + axis("Tensor.logSoftmax(axis:)") { use($0.logSoftmax(axis: $1)) }
    + [
      row("Tensor.histogram(bins:in:)", Extreme.integers) {
        use(matrix.histogram(bins: $0, in: 0...1))
      },
      row("Tensor.histogram(bins:in:)", Extreme.numbers.filter { $0 <= 1 }) {
        use(matrix.histogram(bins: 3, in: $0...1))
      },
      row("Tensor.histogram(bins:in:)", Extreme.operands) {
        use($0.make().histogram(bins: 3, in: -1...1))
      },
      row("Tensor.histogram(bins:in:)", Extreme.fewIntegers) {
        use(Tensor<Int64>([Int64($0)]).histogram(bins: 3, in: .min ... .max))
      },
      row("Tensor.histogram(bins:)", Extreme.integers) {
        use(matrix.histogram(bins: $0).counts)
      },
      row("Tensor.histogram(bins:)", Extreme.operands) { use($0.make().histogram(bins: 3).edges) },
      row("Tensor.histogram(bins:)", Extreme.numbers) {
        use(Tensor<Float>([$0, -$0]).histogram(bins: 3).counts)
      },
      row("Tensor.histogram(bins:)", Extreme.fewIntegers) {
        use(Tensor<Int64>([Int64($0)]).histogram(bins: 3).edges)
        use(Tensor<Int64>([Int64($0), 0]).histogram(bins: 3).counts)
      },
      row("Tensor.binCounts(bins:)", Extreme.integers) { use(integerMatrix.binCounts(bins: $0)) },
      row("Tensor.binCounts(bins:)", Extreme.integers) {
        use(Tensor<Int64>([Int64($0)]).binCounts())
      },
      row("Tensor.binCounts(bins:)") { use(Tensor<UInt64>([.max, 1]).binCounts(bins: 2)) },
      row("Tensor.binCounts(bins:weights:)", Extreme.fewIntegers) {
        use(integerMatrix.binCounts(bins: $0, weights: matrix))
      },
      row("Tensor.binCounts(bins:weights:)", Extreme.operands) {
        use(integerMatrix.binCounts(bins: 3, weights: $0.make()))
      },
      row("Tensor.grouped(by:into:axis:)", Extreme.integers) {
        use(matrix.grouped(by: Tensor<Int64>([0, .min, .max]), into: $0).min())
      },
      row("Tensor.grouped(by:into:axis:)", Extreme.integers) {
        use(matrix.grouped(by: Tensor<Int8>([0, 1, 2, 1]), into: 3, axis: $0).mean())
      },
      row("Tensor.grouped(by:into:axis:)", Extreme.operands) {
        use($0.make().grouped(by: Tensor<Int64>.zeros([$0.make().shape.last ?? 1]), into: 2).max())
      },
      row("Tensor.oneHot(classes:as:)", Extreme.integers) {
        use(integerMatrix.oneHot(classes: $0, as: Int8.self))
      },
      row("Tensor.oneHot(classes:as:)", Extreme.integers) {
        use(Tensor<Int64>([Int64($0)]).oneHot(classes: 3, as: Float.self))
      },
    ]

  /// Reductions that pass over NaN.
  static let ofNumbersAlone: [Row] =
    axes("IgnoringNaN.count(axes:keepingAxes:)") { use($0.ignoringNaN.count(axes: $1)) }
    + axes("IgnoringNaN.sum(axes:keepingAxes:)") { use($0.ignoringNaN.sum(axes: $1)) }
    + axes("IgnoringNaN.product(axes:keepingAxes:)") { use($0.ignoringNaN.product(axes: $1)) }
    + axes("IgnoringNaN.mean(axes:keepingAxes:)") { use($0.ignoringNaN.mean(axes: $1)) }
    + axes("IgnoringNaN.variance(axes:keepingAxes:ddof:)") {
      use($0.ignoringNaN.variance(axes: $1, ddof: .max))
    }
    + axes("IgnoringNaN.standardDeviation(axes:keepingAxes:ddof:)") {
      use($0.ignoringNaN.standardDeviation(axes: $1, keepingAxes: true, ddof: .min))
    }
    + axes("IgnoringNaN.min(axes:keepingAxes:)") { use($0.ignoringNaN.min(axes: $1)) }
    + axes("IgnoringNaN.max(axes:keepingAxes:)") { use($0.ignoringNaN.max(axes: $1)) }
    + axis("IgnoringNaN.count(axis:keepingAxes:)") { use($0.ignoringNaN.count(axis: $1)) }
    + axis("IgnoringNaN.sum(axis:keepingAxes:)") { use($0.ignoringNaN.sum(axis: $1)) }
    + axis("IgnoringNaN.product(axis:keepingAxes:)") { use($0.ignoringNaN.product(axis: $1)) }
    + axis("IgnoringNaN.mean(axis:keepingAxes:)") { use($0.ignoringNaN.mean(axis: $1)) }
    + axis("IgnoringNaN.variance(axis:keepingAxes:ddof:)") {
      use($0.ignoringNaN.variance(axis: $1))
    }
    + axis("IgnoringNaN.standardDeviation(axis:keepingAxes:ddof:)") {
      use($0.ignoringNaN.standardDeviation(axis: $1))
    }
    + axis("IgnoringNaN.min(axis:keepingAxes:)") { use($0.ignoringNaN.min(axis: $1)) }
    + axis("IgnoringNaN.max(axis:keepingAxes:)") { use($0.ignoringNaN.max(axis: $1)) }
}
