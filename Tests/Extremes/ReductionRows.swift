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
      row("Tensor.oneHot(classes:as:)", Extreme.integers) {
        use(integerMatrix.oneHot(classes: $0, as: Int8.self))
      },
      row("Tensor.oneHot(classes:as:)", Extreme.integers) {
        use(Tensor<Int64>([Int64($0)]).oneHot(classes: 3, as: Float.self))
      },
    ]
}
