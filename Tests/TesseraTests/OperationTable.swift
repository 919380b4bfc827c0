import Execution
import Foundation
import Tessera
import TestSupport

/// One row of the table of all operations: how it is called, and what plain loops say it gives.
struct OperationRow<Scalar: NumericTensorScalar>: Sendable {
  /// Extents that shapes are made of.
  struct Extents: Sendable {
    var m: Int
    var n: Int
    var k: Int
  }

  let name: String
  /// The shapes of the operands.
  let shapes: @Sendable (Extents) -> [[Int]]
  /// What operand elements are made of; the same for oracle and tensor.
  var element: @Sendable (Int) -> Double = { Double(($0 * 7 + 3) % 11) - 5 }
  /// Runs the operation and gives its result as Doubles.
  let run: @Sendable ([Tensor<Scalar>]) throws -> TableResult
  let oracle: @Sendable ([Reference]) -> Reference?
  /// False where the operation says that it has no derivative although numbers come out.
  var isDifferentiable = true

  /// Whether values decide what happens, so that a dry run needs them.
  var readsValues: Bool {
    ["mask", "unique", "nonZero", "allClose", "ind", "columns", "taking"]
      .contains { name.contains($0) }
  }

  func withoutDerivative() -> OperationRow {
    var row = self
    row.isDifferentiable = false
    return row
  }
}

/// A result of any scalar type.
struct TableResult {
  let shape: Shape
  let gather: () throws -> [Double]
  let sharding: Sharding
  let body: Body

  init<S: TensorScalar>(_ tensor: Tensor<S>) {
    shape = tensor.shape
    sharding = tensor.sharding
    body = tensor.body
    gather = { try tensor.gatheredScalars().map(\.scalarValue.number) }
  }
}

private let pair: @Sendable (Int, Int) -> [[Int]] = { [[$0, $1], [$0, $1]] }

extension OperationRow {
  static func unary(
    _ name: String, _ run: @escaping @Sendable (Tensor<Scalar>) -> TableResult,
    element: (@Sendable (Int) -> Double)? = nil,
    _ function: @escaping @Sendable (Double) -> Double
  ) -> OperationRow {
    var row = OperationRow(
      name: name, shapes: { [[$0.m, $0.n]] }, run: { run($0[0]) },
      oracle: { $0[0].map(function) })
    if let element { row.element = element }
    return row
  }

  static func binary(
    _ name: String, shapes: (@Sendable (Extents) -> [[Int]])? = nil,
    element: (@Sendable (Int) -> Double)? = nil,
    _ run: @escaping @Sendable (Tensor<Scalar>, Tensor<Scalar>) -> TableResult,
    _ function: @escaping @Sendable (Double, Double) -> Double
  ) -> OperationRow {
    var row = OperationRow(
      name: name, shapes: shapes ?? { pair($0.m, $0.n) }, run: { run($0[0], $0[1]) },
      oracle: { Reference.broadcast($0) { function($0[0], $0[1]) } })
    if let element { row.element = element }
    return row
  }

  static func ternary(
    _ name: String, shapes: @escaping @Sendable (Extents) -> [[Int]],
    _ run: @escaping @Sendable (Tensor<Scalar>, Tensor<Scalar>, Tensor<Scalar>) -> TableResult,
    _ function: @escaping @Sendable (Double, Double, Double) -> Double
  ) -> OperationRow {
    movement(name, shapes: shapes, { run($0[0], $0[1], $0[2]) }) {
      Reference.broadcast($0) { function($0[0], $0[1], $0[2]) }
    }
  }

  static func movement(
    _ name: String, shapes: (@Sendable (Extents) -> [[Int]])? = nil,
    _ run: @escaping @Sendable ([Tensor<Scalar>]) throws -> TableResult,
    _ oracle: @escaping @Sendable ([Reference]) -> Reference?
  ) -> OperationRow {
    OperationRow(
      name: name, shapes: shapes ?? { [[$0.m, $0.n]] }, run: run, oracle: oracle)
  }

  /// Rows for every numeric type.
  static var common: [OperationRow] {
    arithmetic + comparisons + reductions + scans + movements + products + indexing + arranging
      + sorting + margins + counting + groups
  }

  private static var arithmetic: [OperationRow] {
    [
      unary("-x", { TableResult(-$0) }) { -$0 },
      unary("abs", { TableResult($0.abs()) }) { abs($0) },
      unary("sign", { TableResult($0.sign()) }) { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
      unary("square", { TableResult($0.square()) }) { $0 * $0 },
      unary("relu", { TableResult($0.relu()) }) { max($0, 0) },
      unary("x + 3", { TableResult($0 + 3) }) { $0 + 3 },
      unary("3 - x", { TableResult(3 - $0) }) { 3 - $0 },
      unary("2 * x", { TableResult(2 * $0) }) { 2 * $0 },
      unary(
        "x += x",
        {
          var x = $0
          x += $0
          return TableResult(x)
        }
      ) { 2 * $0 },
      ternary(
        "clamped(min:max:)", shapes: { [[$0.m, $0.n], [$0.n], [$0.m, $0.n]] },
        { TableResult($0.clamped(min: $1, max: $2)) }
      ) { min(max($0, $1), $2) },
      ternary(
        "addingProduct", shapes: { [[$0.n], [$0.m, $0.n], [$0.m, 1]] },
        { TableResult($0.addingProduct($1, $2, times: 3)) }
      ) { $0 + 3 * $1 * $2 },
      binary("x + y", { TableResult($0 + $1) }, +),
      binary("x - y", { TableResult($0 - $1) }, -),
      binary("x * y", { TableResult($0 * $1) }, *),
      binary("minimum", { TableResult(minimum($0, $1)) }) { min($0, $1) },
      binary("maximum", { TableResult(maximum($0, $1)) }) { max($0, $1) },
      binary("x % y", { TableResult($0 % ($1.square() + 1)) }) {
        $0.truncatingRemainder(dividingBy: $1 * $1 + 1)
      },
      binary("row + column", shapes: { [[$0.m, 1], [1, $0.n]] }, { TableResult($0 + $1) }, +),
      binary("x + row", shapes: { [[$0.m, $0.n], [$0.n]] }, { TableResult($0 + $1) }, +),
      binary("column * x", shapes: { [[$0.m, 1], [$0.m, $0.n]] }, { TableResult($0 * $1) }, *),
      binary(
        "x += row", shapes: { [[$0.m, $0.n], [$0.n]] },
        {
          var x = $0
          x += $1
          return TableResult(x)
        }, +),
    ]
  }

  private static var comparisons: [OperationRow] {
    [
      binary("x .== y", { TableResult($0 .== $1) }) { $0 == $1 ? 1 : 0 },
      binary("x .!= y", { TableResult($0 .!= $1) }) { $0 != $1 ? 1 : 0 },
      binary("x .< y", { TableResult($0 .< $1) }) { $0 < $1 ? 1 : 0 },
      binary("x .<= y", { TableResult($0 .<= $1) }) { $0 <= $1 ? 1 : 0 },
      binary("x .> y", { TableResult($0 .> $1) }) { $0 > $1 ? 1 : 0 },
      binary("x .>= y", { TableResult($0 .>= $1) }) { $0 >= $1 ? 1 : 0 },
      unary("x .> 0", { TableResult($0 .> 0) }) { $0 > 0 ? 1 : 0 },
      unary("0 .< x .& .! (x .== 2)", { TableResult((0 .< $0) .& .!($0 .== 2)) }) {
        $0 > 0 && $0 != 2 ? 1 : 0
      },
      binary("select", { TableResult(select($0 .> 0, $0, $1)) }) { $0 > 0 ? $0 : $1 },
      unary("converted", { TableResult($0.converted(to: Double.self)) }) { $0 },
      unary("converted to UInt8", { TableResult($0.converted(to: UInt8.self)) }) { max($0, 0) },
    ]
  }

  private static var reductions: [OperationRow] {
    let sum: @Sendable ([Double]) -> Double = { $0.reduce(0, +) }
    return [
      movement("sum()", { TableResult($0[0].sum()) }) { $0[0].reduced([0, 1], sum) },
      movement("sum(axes: 0)", { TableResult($0[0].sum(axes: 0)) }) { $0[0].reduced([0], sum) },
      movement("sum(axes: 1)", { TableResult($0[0].sum(axes: 1)) }) { $0[0].reduced([1], sum) },
      movement(
        "sum(axes: [0, 2])", shapes: { [[$0.m, $0.n, $0.k]] },
        { TableResult($0[0].sum(axes: [0, 2], keepingAxes: true)) }
      ) { $0[0].reduced([0, 2], keepingAxes: true, sum) },
      movement(
        "sum(result: sharded)",
        { TableResult($0[0].sum(axes: 0, result: .sharded(axis: 0))) }
      ) { $0[0].reduced([0], sum) },
      movement("product(axes: 1)", { TableResult($0[0].product(axes: 1)) }) {
        $0[0].reduced([1]) { $0.reduce(1, *) }
      },
      movement("min(axes: 0)", { TableResult($0[0].min(axes: 0)) }) {
        $0[0].shape[0] == 0 && $0[0].shape[1] > 0 ? nil : $0[0].reduced([0]) { $0.min()! }
      },
      movement("max()", { TableResult($0[0].max()) }) {
        $0[0].values.isEmpty ? nil : $0[0].reduced([0, 1]) { $0.max()! }
      },
      movement("argmax(axis: 0)", { TableResult($0[0].argmax(axis: 0)) }) {
        $0[0].shape[0] == 0 && $0[0].shape[1] > 0
          ? nil : $0[0].reduced([0]) { Double($0.firstIndex(of: $0.max()!)!) }
      },
      movement("argmin(axis: 1)", { TableResult($0[0].argmin(axis: 1)) }) {
        $0[0].shape[1] == 0 && $0[0].shape[0] > 0
          ? nil : $0[0].reduced([1]) { Double($0.firstIndex(of: $0.min()!)!) }
      },
      movement("argmax()", { TableResult($0[0].argmax()) }) {
        $0[0].values.isEmpty
          ? nil : $0[0].reduced([0, 1]) { Double($0.firstIndex(of: $0.max()!)!) }
      },
      movement("argmin(), keepingAxes", { TableResult($0[0].argmin(keepingAxes: true)) }) {
        $0[0].values.isEmpty
          ? nil
          : $0[0].reduced([0, 1], keepingAxes: true) { Double($0.firstIndex(of: $0.min()!)!) }
      },
      movement("any(axes: 0)", { TableResult(($0[0] .> 4).any(axes: 0)) }) {
        $0[0].reduced([0]) { $0.contains { $0 > 4 } ? 1 : 0 }
      },
      movement("all()", { TableResult(($0[0] .> -5).all()) }) {
        $0[0].reduced([0, 1]) { $0.allSatisfy { $0 > -5 } ? 1 : 0 }
      },
      movement("cumulativeSum(axis: 0)", { TableResult($0[0].cumulativeSum(axis: 0)) }) {
        operands in
        let x = operands[0]
        return Reference(shape: x.shape) { p in (0...p[0]).reduce(0) { $0 + x[[$1, p[1]]] } }
      },
      movement(
        "cumulativeSum of a row", shapes: { [[$0.m * $0.n]] },
        { TableResult($0[0].cumulativeSum(axis: 0)) }
      ) { operands in
        let x = operands[0]
        return Reference(shape: x.shape) { p in x.values[0...p[0]].reduce(0, +) }
      },
      movement("cumulativeSum(axis: 1)", { TableResult($0[0].cumulativeSum(axis: 1)) }) {
        operands in
        let x = operands[0]
        return Reference(shape: x.shape) { p in (0...p[1]).reduce(0) { $0 + x[[p[0], $1]] } }
      },
    ]
  }

  private static var products: [OperationRow] {
    [
      OperationRow(
        name: "matmul", shapes: { [[$0.m, $0.k], [$0.k, $0.n]] },
        run: { TableResult(matmul($0[0], $0[1])) },
        oracle: { Reference.product($0[0], $0[1]) }),
      OperationRow(
        name: "matmul transposed", shapes: { [[$0.k, $0.m], [$0.n, $0.k]] },
        run: { TableResult(matmul($0[0].transposed(), $0[1].transposed())) },
        oracle: { Reference.product($0[0].permuted([1, 0]), $0[1].permuted([1, 0])) }),
      OperationRow(
        name: "matmul batched", shapes: { [[$0.k, $0.m, 3], [1, 3, $0.n]] },
        run: { TableResult(matmul($0[0], $0[1])) },
        oracle: { Reference.product($0[0], $0[1]) }),
      OperationRow(
        name: "matmul matrix · vector", shapes: { [[$0.m, $0.k], [$0.k]] },
        run: { TableResult(matmul($0[0], $0[1])) },
        oracle: {
          let column = Reference(shape: [$0[1].shape[0], 1], values: $0[1].values)
          return Reference(
            shape: [$0[0].shape[0]], values: Reference.product($0[0], column).values)
        }),
      OperationRow(
        name: "matmul vector · matrix", shapes: { [[$0.k], [$0.k, $0.n]] },
        run: { TableResult(matmul($0[0], $0[1])) },
        oracle: {
          let row = Reference(shape: [1, $0[0].shape[0]], values: $0[0].values)
          return Reference(shape: [$0[1].shape[1]], values: Reference.product(row, $0[1]).values)
        }),
      OperationRow(
        name: "matmul vector · matrices", shapes: { [[$0.k], [$0.m, $0.k, 3]] },
        run: { TableResult(matmul($0[0], $0[1])) },
        oracle: {
          let row = Reference(shape: [1, 1, $0[0].shape[0]], values: $0[0].values)
          return Reference(
            shape: [$0[1].shape[0], 3], values: Reference.product(row, $0[1]).values)
        }),
      OperationRow(
        name: "matmul matrices · vector", shapes: { [[$0.m, 3, $0.k], [$0.k]] },
        run: { TableResult(matmul($0[0], $0[1])) },
        oracle: {
          let column = Reference(shape: [1, $0[1].shape[0], 1], values: $0[1].values)
          return Reference(
            shape: [$0[0].shape[0], 3], values: Reference.product($0[0], column).values)
        }),
      OperationRow(
        name: "dot", shapes: { [[$0.m], [$0.m]] }, run: { TableResult(dot($0[0], $0[1])) },
        oracle: { operands in
          let terms = zip(operands[0].values, operands[1].values)
          return Reference(shape: [], values: [terms.reduce(0) { $0 + $1.0 * $1.1 }])
        }),
    ]
  }
}
