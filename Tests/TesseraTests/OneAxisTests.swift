import Tessera
import TestSupport
import Testing

/// `axis:` and `axes:` of one axis are the same.
@Suite struct OneAxisTests {
  @Test(arguments: [1, 2]) func reductionsTakeEitherLabel(ranks: Int) throws {
    let outcomes = try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Float>.randn([3, 4], key: Key(1), sharding: .sharded(axis: 0))
      let mask = x .> 0
      let numbers = select(x .> 1, Float.nan, x).ignoringNaN
      var findings = Findings()
      for axis in -2...1 {
        let axes = Axes(axis)
        findings.check(x.flipped(axis: axis) == x.flipped(axes: axes))
        findings.check(
          x.sum(axis: axis, result: .replicated) == x.sum(axes: axes, result: .replicated))
        findings.check(x.variance(axis: axis, ddof: 1) == x.variance(axes: axes, ddof: 1))
        findings.check(
          x.standardDeviation(axis: axis, ddof: 1) == x.standardDeviation(axes: axes, ddof: 1))
        for keeping in [false, true] {
          let shape: Shape = x.max(axes: axes, keepingAxes: keeping).shape
          let pairs: [(Tensor<Float>, Tensor<Float>)] = [
            (x.sum(axis: axis, keepingAxes: keeping), x.sum(axes: axes, keepingAxes: keeping)),
            (
              x.product(axis: axis, keepingAxes: keeping),
              x.product(axes: axes, keepingAxes: keeping)
            ),
            (x.min(axis: axis, keepingAxes: keeping), x.min(axes: axes, keepingAxes: keeping)),
            (x.max(axis: axis, keepingAxes: keeping), x.max(axes: axes, keepingAxes: keeping)),
            (x.mean(axis: axis, keepingAxes: keeping), x.mean(axes: axes, keepingAxes: keeping)),
            (
              x.median(axis: axis, keepingAxes: keeping),
              x.median(axes: axes, keepingAxes: keeping)
            ),
            (
              x.quantile(0.3, axis: axis, keepingAxes: keeping),
              x.quantile(0.3, axes: axes, keepingAxes: keeping)
            ),
            (
              x.skewness(axis: axis, keepingAxes: keeping),
              x.skewness(axes: axes, keepingAxes: keeping)
            ),
            (
              x.kurtosis(axis: axis, keepingAxes: keeping),
              x.kurtosis(axes: axes, keepingAxes: keeping)
            ),
            (
              numbers.sum(axis: axis, keepingAxes: keeping),
              numbers.sum(axes: axes, keepingAxes: keeping)
            ),
            (
              numbers.standardDeviation(axis: axis, keepingAxes: keeping, ddof: 1),
              numbers.standardDeviation(axes: axes, keepingAxes: keeping, ddof: 1)
            ),
            (x.norm(axis: axis, keepingAxes: keeping), x.norm(axes: axes, keepingAxes: keeping)),
            (
              x.logSumExp(axis: axis, keepingAxes: keeping),
              x.logSumExp(axes: axes, keepingAxes: keeping)
            ),
          ]
          for (index, pair) in pairs.enumerated() {
            findings.check(pair.0 == pair.1 && pair.0.shape == shape, "function \(index)")
          }
          findings.check(
            mask.all(axis: axis, keepingAxes: keeping) == mask.all(axes: axes, keepingAxes: keeping)
          )
          findings.check(
            mask.any(axis: axis, keepingAxes: keeping) == mask.any(axes: axes, keepingAxes: keeping)
          )
        }
      }
      let row = x.expandingAxis(at: 1)
      findings.check(row.squeezed(axis: 1) == x && row.squeezed(axis: -2) == x)
      return findings.all
    }
    #expect(outcomes.allSatisfy { $0.isEmpty }, "\(outcomes)")
  }

  /// Free functions keep their names in extensions of Tensor, beside the hints for methods of these
  /// names.
  @Test func freeFunctionsAreTheSameInExtensions() {
    onOneRank { _ in
      let x = Tensor<Float>([[1, 2], [3, 4]])
      #expect(x.square(plus: 1) == Tensor([[8, 11], [16, 23]]))
      #expect(Tensor<Float>.product(x) == Tensor([[7, 10], [15, 22]]))
      #expect(Tensor<Float>.product(x[0]).item() == 5)
    }
  }
}

extension Tensor where Scalar == Float {
  fileprivate func square(plus number: Float) -> Tensor {
    matmul(self, self) + number + dot(self[0], self[0]) - dot(self[0], self[0])
  }
  fileprivate static func product(_ x: Tensor) -> Tensor {
    x.shape.count == 1 ? dot(x, x) : matmul(x, x)
  }
}
