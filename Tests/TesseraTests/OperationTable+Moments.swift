import Foundation
import Tessera
import TestSupport

/// Sums of powers of what lies about a mean, by plain loops.
private func moment(_ values: [Double], _ power: Int) -> Double {
  let mean = values.reduce(0, +) / Double(values.count)
  return values.reduce(0) { $0 + pow($1 - mean, Double(power)) } / Double(values.count)
}

private func product(_ x: [Double], _ y: [Double]) -> Double {
  let (mean, other) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
  return zip(x, y).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - other) }
}

/// Nil where there is one observation, which does not vary: to take a norm of nothing but 0, ranks
/// ask each other once more, which no plan knows.
private func varying(_ x: Reference) -> Reference? {
  x.shape[0] * x.shape.last! == 1 ? nil : x
}

extension OperationRow where Scalar: FloatingPointTensorScalar {
  /// How variables vary, alone and together, and how far rows are from each other.
  static var moments: [OperationRow] {
    @Sendable func pairs(
      _ x: Reference, _ function: ([Double], [Double]) -> Double
    ) -> Reference {
      let rows = (0..<x.shape[0]).map { row in (0..<x.shape[1]).map { x[[row, $0]] } }
      return Reference(shape: [rows.count, rows.count]) { function(rows[$0[0]], rows[$0[1]]) }
    }
    return [
      movement("covariance", { TableResult($0[0].covariance()) }) {
        pairs($0[0]) { x, y in x.count > 1 ? product(x, y) / Double(x.count - 1) : .nan }
      },
      movement("covariance of columns", { TableResult($0[0].transposed().covariance(ddof: 0)) }) {
        pairs($0[0].permuted([1, 0])) { x, y in product(x, y) / Double(x.count) }
      },
      movement(
        "covariance of matrices", shapes: { [[$0.k, 2, $0.n]] },
        { TableResult($0[0].covariance(ddof: 0)) }
      ) { operands in
        let x = operands[0]
        return Reference(shape: [x.shape[0], 2, 2]) { place in
          let rows = [place[1], place[2]].map { row in
            (0..<x.shape[2]).map { x[[place[0], row, $0]] }
          }
          return product(rows[0], rows[1]) / Double(x.shape[2])
        }
      },
      movement("correlation", { TableResult($0[0].correlation()) }) { operands in
        varying(operands[0]).map {
          pairs($0) { x, y in product(x, y) / (product(x, x) * product(y, y)).squareRoot() }
        }
      },
      movement("skewness()", { TableResult($0[0].skewness()) }) {
        varying($0[0])?.reduced([0, 1]) { moment($0, 3) / pow(moment($0, 2), 1.5) }
      },
      movement("skewness(axes: 0)", { TableResult($0[0].skewness(axes: 0, keepingAxes: true)) }) {
        varying($0[0])?.reduced([0], keepingAxes: true) { moment($0, 3) / pow(moment($0, 2), 1.5) }
      },
      movement("kurtosis(axes: 1)", { TableResult($0[0].kurtosis(axes: 1)) }) {
        varying($0[0])?.reduced([1]) { moment($0, 4) / pow(moment($0, 2), 2) - 3 }
      },
      movement(
        "kurtosis(axes: [0, 2])", shapes: { [[$0.m, 2, $0.n]] },
        { TableResult($0[0].kurtosis(axes: [0, -1])) }
      ) { varying($0[0])?.reduced([0, 2]) { moment($0, 4) / pow(moment($0, 2), 2) - 3 } },
      movement(
        "distances", shapes: { [[$0.m, $0.k], [$0.n, $0.k]] },
        // No two rows are equal: see `varying`.
        { TableResult(distances($0[0], $0[1] + 0.5)) }
      ) { operands in
        let (a, b) = (operands[0], operands[1])
        if a.shape[1] == 0 { return nil }
        return Reference(shape: [a.shape[0], b.shape[0]]) { place in
          (0..<a.shape[1]).reduce(0) { sum, column in
            sum + pow(a[[place[0], column]] - b[[place[1], column]] - 0.5, 2)
          }.squareRoot()
        }
      },
      movement(
        "means by group", shapes: { [[$0.m, $0.n], [$0.m]] },
        {
          let labels = ($0[1] .> 0).converted(to: UInt8.self)
          return TableResult($0[0].grouped(by: labels, into: 2).mean())
        }
      ) { operands in
        Reference(shape: [2, operands[0].shape[1]]) { place in
          let rows = (0..<operands[0].shape[0]).filter {
            (operands[1][[$0]] > 0 ? 1 : 0) == place[0]
          }
          return rows.reduce(0) { $0 + operands[0][[$1, place[1]]] } / Double(rows.count)
        }
      },
    ]
  }

  /// Reductions that pass over NaN.
  static var passingOverNaN: [OperationRow] {
    // Away from what gradients are asked for, and where NaN are.
    @Sendable func isMissing(_ x: Double) -> Bool { x > 1.5 && x < 3.5 }
    @Sendable func withNaN(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
      select((x .> 1.5) .& (x .< 3.5), Scalar.nan, x)
    }
    func row(
      _ name: String, _ axes: [Int],
      _ run: @escaping @Sendable (Tensor<Scalar>.IgnoringNaN) -> Tensor<Scalar>,
      _ reduce: @escaping @Sendable ([Double]) -> Double
    ) -> OperationRow {
      movement("\(name) but NaN", { TableResult(run(withNaN($0[0]).ignoringNaN)) }) {
        $0[0].reduced(axes) { reduce($0.filter { !isMissing($0) }) }
      }
    }
    @Sendable func extreme(_ axes: [Int], _ x: Reference, _ function: ([Double]) -> Double?)
      -> Reference?
    {
      axes.contains { x.shape[$0] == 0 }
        ? nil : x.reduced(axes) { function($0.filter { !isMissing($0) }) ?? .nan }
    }
    return [
      row("sum", [0, 1], { $0.sum() }) { $0.reduce(0, +) },
      row("sum(axes: 0)", [0], { $0.sum(axes: 0) }) { $0.reduce(0, +) },
      row("product(axes: 1)", [1], { $0.product(axes: 1) }) { $0.reduce(1, *) },
      row("mean(axes: 0)", [0], { $0.mean(axes: 0) }) { $0.reduce(0, +) / Double($0.count) },
      row("variance", [0, 1], { $0.variance() }) { moment($0, 2) },
      row("variance(axes: 1)", [1], { $0.variance(axes: 1, ddof: 1) }) {
        $0.count > 1 ? moment($0, 2) * Double($0.count) / Double($0.count - 1) : .nan
      },
      row("standardDeviation(axes: 0)", [0], { $0.standardDeviation(axes: 0) }) {
        moment($0, 2).squareRoot()
      },
      movement(
        "min(axes: 0) but NaN", { TableResult(withNaN($0[0]).ignoringNaN.min(axes: 0)) }
      ) { extreme([0], $0[0]) { $0.min() } },
      movement("max but NaN", { TableResult(withNaN($0[0]).ignoringNaN.max()) }) {
        extreme([0, 1], $0[0]) { $0.max() }
      },
      movement(
        "count but NaN",
        { TableResult(withNaN($0[0]).ignoringNaN.count(axes: 1, keepingAxes: true)) }
      ) {
        $0[0].reduced([1], keepingAxes: true) { Double($0.count { !isMissing($0) }) }
      },
    ]
  }
}

extension OperationRow where Scalar: IntegerTensorScalar {
  /// Means and their kin of integers, in Double.
  static var integerMoments: [OperationRow] {
    [
      movement("mean of integers", { TableResult($0[0].mean(axes: 0)) }) {
        $0[0].reduced([0]) { $0.reduce(0, +) / Double($0.count) }
      },
      movement("variance of integers", { TableResult($0[0].variance(ddof: 0)) }) {
        $0[0].reduced([0, 1]) { moment($0, 2) }
      },
      movement(
        "standardDeviation of integers",
        { TableResult($0[0].standardDeviation(axes: 1, keepingAxes: true)) }
      ) { $0[0].reduced([1], keepingAxes: true) { moment($0, 2).squareRoot() } },
      movement("median of integers", shapes: { [[2 * $0.m]] }, { TableResult($0[0].median()) }) {
        let order = $0[0].values.sorted()
        let half = order.count / 2
        return order.isEmpty
          ? nil : Reference(shape: [], values: [(order[half - 1] + order[half]) / 2])
      },
      movement(
        "means of integers by group",
        { operands in
          let labels = Tensor<Int64>((0..<operands[0].shape[0]).map { Int64($0 % 2) })
          return TableResult(operands[0].grouped(by: labels, into: 2).mean())
        }
      ) { operands in
        Reference(shape: [2, operands[0].shape[1]]) { place in
          let rows = (0..<operands[0].shape[0]).filter { $0 % 2 == place[0] }
          return rows.reduce(0) { $0 + operands[0][[$1, place[1]]] } / Double(rows.count)
        }
      },
    ]
  }
}
