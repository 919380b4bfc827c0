import Tessera

extension Row {
  private static func along(
    _ name: String, _ make: @escaping @Sendable (Tensor<Float>, Int) -> Void
  ) -> [Row] {
    [
      row(name, Extreme.integers) { make(matrix, $0) },
      row(name, Extreme.operands) { make($0.make(), -1) },
    ]
  }

  /// The same reductions by the label of one axis.
  static let ofOneAxis: [Row] =
    along("Tensor.sum(axis:keepingAxes:result:)") { use($0.sum(axis: $1)) }
    + along("Tensor.product(axis:keepingAxes:result:)") { use($0.product(axis: $1)) }
    + along("Tensor.min(axis:keepingAxes:result:)") { use($0.min(axis: $1)) }
    + along("Tensor.max(axis:keepingAxes:result:)") { use($0.max(axis: $1)) }
    + along("Tensor.mean(axis:keepingAxes:)") { use($0.mean(axis: $1)) }
    + along("Tensor.variance(axis:keepingAxes:ddof:)") { use($0.variance(axis: $1, ddof: .max)) }
    + along("Tensor.standardDeviation(axis:keepingAxes:ddof:)") {
      use($0.standardDeviation(axis: $1, ddof: .min))
    }
    + along("Tensor.median(axis:keepingAxes:)") { use($0.median(axis: $1)) }
    + along("Tensor.quantile(_:axis:keepingAxes:)") { use($0.quantile(0.3, axis: $1)) }
    + along("Tensor.skewness(axis:keepingAxes:)") { use($0.skewness(axis: $1)) }
    + along("Tensor.kurtosis(axis:keepingAxes:)") { use($0.kurtosis(axis: $1)) }
    + along("Tensor.norm(axis:keepingAxes:)") { use($0.norm(axis: $1)) }
    + along("Tensor.logSumExp(axis:keepingAxes:)") { use($0.logSumExp(axis: $1)) }
    + along("Tensor.all(axis:keepingAxes:)") { use(($0 .> 0).all(axis: $1)) }
    + along("Tensor.any(axis:keepingAxes:)") { use(($0 .> 0).any(axis: $1)) }
    + along("Tensor.flipped(axis:)") { use($0.flipped(axis: $1)) }
    + along("Tensor.squeezed(axis:)") { use($0.squeezed(axis: $1)) }

  /// Extremes with one more element.
  static let ofInitialValues: [Row] = [
    row("Tensor.min(initial:)", Extreme.operands) { use($0.make().min(initial: .nan)) },
    row("Tensor.max(initial:)", Extreme.operands) { use($0.make().max(initial: -.infinity)) },
    row("Tensor.min(axes:keepingAxes:initial:)", Extreme.axisLists) {
      use(matrix.min(axes: Axes($0), initial: 0))
    },
    row("Tensor.min(axes:keepingAxes:initial:)", Extreme.operands) {
      use($0.make().min(axes: 0, initial: .nan))
    },
    row("Tensor.max(axes:keepingAxes:initial:)", Extreme.axisLists) {
      use(matrix.max(axes: Axes($0), initial: 0))
    },
    row("Tensor.max(axes:keepingAxes:initial:)", Extreme.operands) {
      use($0.make().max(axes: -1, keepingAxes: true, initial: .infinity))
    },
  ]

  /// Powers of numbers, and ends that count from the end.
  static let ofNumbers: [Row] = [
    row("Double.**(base:exponent:)", Extreme.doubles) {
      for other in Extreme.doubles { _ = $0 ** other }
    },
    row("Float.**(base:exponent:)", Extreme.numbers) {
      for other in Extreme.numbers { _ = $0 ** other }
    },
    row("Int.**(base:exponent:)", Extreme.integers) {
      for other in Extreme.integers { _ = $0 ** other }
    },
    row("FixedWidthInteger.**(base:exponent:)", Extreme.integers) { number in
      for other in Extreme.integers {
        _ = Int8(truncatingIfNeeded: number) ** Int8(truncatingIfNeeded: other)
        _ = UInt64(truncatingIfNeeded: number) ** UInt64(truncatingIfNeeded: other)
      }
    },
    row("Int...<-(start:distance:)", Extreme.integers) { use(matrix[0 ..<- $0]) },
    row("Int....-(start:distance:)", Extreme.integers) { use(matrix[$0 ...- $0]) },
    row("Int...<-(distance:)", Extreme.integers) { use(matrix[..<-$0]) },
    row("Int....-(distance:)", Extreme.integers) { use(matrix[...-$0]) },
    row("TensorLiteral.scalar(_:)") { use(Tensor<Float>([.scalar(.nan)])) },
    row("TensorLiteral.array(_:)") { use(Tensor<Float>([.array([]), .array([.array([])])])) },
  ]

  /// Replicated values that are compared between ranks.
  static let ofReplicas: [Row] = [
    row("Job.checkReplicas(of:named:)", Extreme.operands) {
      try Job.checkReplicas(of: [$0.make(), $0.make()], named: ["one"])
    },
    row("Job.checkReplicas(of:)", Extreme.operands) {
      try Job.checkReplicas(of: [Parameter($0.make())])
    },
  ]
}
