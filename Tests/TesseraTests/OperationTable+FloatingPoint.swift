import Foundation
import Tessera
import TestSupport

extension OperationRow where Scalar: FloatingPointTensorScalar {
  /// Rows for floating point only.
  static var floatingPoint: [OperationRow] { elementary + moments + passingOverNaN }

  private static var elementary: [OperationRow] {
    let positive: @Sendable (Int) -> Double = { Double(($0 * 7 + 3) % 11) * 0.5 + 0.25 }
    let unit: @Sendable (Int) -> Double = { (Double(($0 * 7 + 3) % 11) - 5) / 6 }
    let overOne: @Sendable (Int) -> Double = { Double(($0 * 7 + 3) % 11) * 0.5 + 1.25 }
    let halves: @Sendable (Int) -> Double = { (Double(($0 * 7 + 3) % 11) - 5) / 2 }
    let normal: @Sendable (Double) -> Double = { x in
      0.5 * (1 + Foundation.erf(x * 0.5.squareRoot()))
    }
    return [
      unary("exp", { TableResult(exp($0)) }, element: halves) { Foundation.exp($0) },
      unary("expm1", { TableResult(expm1($0)) }, element: halves) { Foundation.expm1($0) },
      unary("log", { TableResult(log($0)) }, element: positive) { Foundation.log($0) },
      unary("log1p", { TableResult(log1p($0)) }, element: positive) { Foundation.log1p($0) },
      unary("log2", { TableResult(log2($0)) }, element: positive) { Foundation.log2($0) },
      unary("log10", { TableResult(log10($0)) }, element: positive) { Foundation.log10($0) },
      unary("sqrt", { TableResult(sqrt($0)) }, element: positive) { $0.squareRoot() },
      unary("rsqrt", { TableResult(rsqrt($0)) }, element: positive) { 1 / $0.squareRoot() },
      unary("cubeRoot", { TableResult(cubeRoot($0)) }) { Foundation.cbrt($0) },
      unary("reciprocal", { TableResult(reciprocal($0)) }, element: positive) { 1 / $0 },
      unary("floor", { TableResult(floor($0)) }, element: halves) { $0.rounded(.down) },
      unary("ceil", { TableResult(ceil($0)) }, element: halves) { $0.rounded(.up) },
      unary("round", { TableResult(round($0)) }, element: halves) {
        $0.rounded(.toNearestOrEven)
      },
      unary("trunc", { TableResult(trunc($0)) }, element: halves) { $0.rounded(.towardZero) },
      unary("sin", { TableResult(sin($0)) }) { Foundation.sin($0) },
      unary("cos", { TableResult(cos($0)) }) { Foundation.cos($0) },
      unary("tan", { TableResult(tan($0)) }, element: unit) { Foundation.tan($0) },
      unary("asin", { TableResult(asin($0)) }, element: unit) { Foundation.asin($0) },
      unary("acos", { TableResult(acos($0)) }, element: unit) { Foundation.acos($0) },
      unary("atan", { TableResult(atan($0)) }) { Foundation.atan($0) },
      unary("sinh", { TableResult(sinh($0)) }, element: halves) { Foundation.sinh($0) },
      unary("cosh", { TableResult(cosh($0)) }, element: halves) { Foundation.cosh($0) },
      unary("tanh", { TableResult(tanh($0)) }, element: halves) { Foundation.tanh($0) },
      unary("asinh", { TableResult(asinh($0)) }) { Foundation.asinh($0) },
      unary("acosh", { TableResult(acosh($0)) }, element: overOne) { Foundation.acosh($0) },
      unary("atanh", { TableResult(atanh($0)) }, element: unit) { Foundation.atanh($0) },
      unary("sigmoid", { TableResult(sigmoid($0)) }) { 1 / (1 + Foundation.exp(-$0)) },
      unary("erf", { TableResult(erf($0)) }, element: halves) { Foundation.erf($0) },
      unary("gelu", { TableResult(gelu($0)) }, element: halves) { $0 * normal($0) },
      unary("softplus", { TableResult(softplus($0)) }) { Foundation.log(1 + Foundation.exp($0)) },
      unary("isNaN", { TableResult($0.isNaN()) }) { _ in 0 },
      unary("isFinite", { TableResult($0.isFinite()) }) { _ in 1 },
      unary("isInfinite", { TableResult(($0 / 0).isInfinite()) }) { $0 == 0 ? 0 : 1 },
      unary("x ** 2", { TableResult($0 ** 2) }) { $0 * $0 },
      binary("x / y", element: positive, { TableResult($0 / $1) }, /),
      binary("x ** y", element: positive, { TableResult($0 ** $1) }) { Foundation.pow($0, $1) },
      binary("atan2", { TableResult(atan2($0, $1 + 0.5)) }) { Foundation.atan2($0, $1 + 0.5) },
      binary("copySign", { TableResult(copySign($0, $1)) }) {
        Double(signOf: $1, magnitudeOf: $0)
      },
      binary("nextAfter", { TableResult(nextAfter($0, towards: $1)) }) { x, _ in x },
      unary("signBit", { TableResult($0.signBit()) }) { $0.sign == .minus ? 1 : 0 },
      binary("isClose", { TableResult($0.isClose($1, relativeTolerance: 0.5)) }) {
        abs($0 - $1) <= 0.5 * abs($1) + 1e-8 ? 1 : 0
      },
      binary("logAddExp", shapes: { [[$0.m, $0.n], [$0.n]] }, { TableResult(logAddExp($0, $1)) }) {
        Foundation.log(Foundation.exp($0) + Foundation.exp($1))
      },
      binary("hypot", { TableResult(hypot($0, $1)) }) { Foundation.hypot($0, $1) },
      ternary(
        "fma", shapes: { [[$0.m, $0.n], [$0.n], [$0.m, $0.n]] },
        { TableResult(fma($0, $1, $2)) }
      ) { $0 * $1 + $2 },
      ternary(
        "lerp", shapes: { [[$0.m, $0.n], [$0.m, 1], [$0.m, $0.n]] },
        { TableResult(lerp($0, $1, weight: $2)) }
      ) { $0 + $2 * ($1 - $0) },
      binary("lerp with a number", { TableResult(lerp($0, $1, weight: 0.25)) }) {
        $0 + 0.25 * ($1 - $0)
      },
      movement(
        "argmax() of NaN", { TableResult(select($0[0] .== 2, Scalar.nan, $0[0]).argmax()) }
      ) {
        let values = $0[0].values
        guard let largest = values.max() else { return nil }
        return Reference(
          shape: [], values: [Double(values.firstIndex(of: 2) ?? values.firstIndex(of: largest)!)])
      },
      movement("mean(axes: 0)", { TableResult($0[0].mean(axes: 0)) }) {
        $0[0].reduced([0]) { $0.reduce(0, +) / Double($0.count) }
      },
      movement("variance()", { TableResult($0[0].variance()) }) {
        $0[0].reduced([0, 1]) { values in
          let mean = values.reduce(0, +) / Double(values.count)
          return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
        }
      },
      movement("standardDeviation(axes: 1)", { TableResult($0[0].standardDeviation(axes: 1)) }) {
        $0[0].reduced([1]) { values in
          let mean = values.reduce(0, +) / Double(values.count)
          return
            (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
            .squareRoot()
        }
      },
      movement("norm()", { TableResult($0[0].norm()) }) {
        $0[0].reduced([0, 1]) { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      },
      movement("logSumExp(axes: 1)", { TableResult($0[0].logSumExp(axes: 1)) }) {
        $0[0].shape[1] == 0
          ? nil
          : $0[0].reduced([1]) { Foundation.log($0.reduce(0) { $0 + Foundation.exp($1) }) }
      },
    ]
  }
}
