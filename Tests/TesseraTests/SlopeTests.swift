import Execution
import Foundation
import Tessera
import TestSupport
import Testing

/// The slopes and second slopes of every function at special points, in both types, one by one and
/// in chains.
@Suite struct SlopeTests {
  @Test(arguments: [0, Int.max]) func functionsOfOneValue(deferringFrom count: Int) {
    onOneRank(deferringFrom: count) { _ in
      check(Float.self)
      check(Double.self)
    }
    func check<S: FloatingPointTensorScalar>(_ type: S.Type) {
      for function in UnaryFunction.allCases where function.isDefined(for: S.scalarType) {
        let points = SlopeTable.points(function)
        #expect(!points.isEmpty, "\(function) has no row")
        let x = Tensor<S>(points.map { S($0.x) })
        let slope = gradient { (x: Tensor<S>) in
          Tensor<S>.applying(Unary(function), x.body).sum()
        }
        let second = gradient { slope($0).sum() }
        let (slopes, seconds) = (slope(x).scalars, second(x).scalars)
        for (index, point) in points.enumerated() {
          expect(slopes[index], point.slope, "\(function) at \(point.x), slope")
          expect(seconds[index], point.second, "\(function) at \(point.x), second slope")
        }
      }
    }
  }

  /// Each function of two values with tensors, a number second and a number first: all say the
  /// same.
  @Test(arguments: [0, Int.max]) func functionsOfTwoValues(deferringFrom count: Int) {
    onOneRank(deferringFrom: count) { _ in
      check(Float.self)
      check(Double.self)
    }
    func check<S: FloatingPointTensorScalar>(_ type: S.Type) {
      for function in BinaryFunction.allCases where function.isDefined(for: S.scalarType) {
        let points = SlopeTable.points(function)
        #expect(!points.isEmpty, "\(function) has no row")
        let (x, y) = (Tensor<S>(points.map { S($0.x) }), Tensor<S>(points.map { S($0.y) }))
        func slope(_ index: Int) -> (Tensor<S>, Tensor<S>) -> Tensor<S> {
          { x, y in
            let at = gradient { (t: Tensor<S>) in
              Tensor<S>.applying(
                Binary(function), (index == 0 ? t : x).body, (index == 1 ? t : y).body
              ).sum()
            }
            return at(index == 0 ? x : y)
          }
        }
        let found = [
          slope(0)(x, y), slope(1)(x, y), gradient { slope(0)($0, y).sum() }(x),
          gradient { slope(0)(x, $0).sum() }(y), gradient { slope(1)(x, $0).sum() }(y),
        ]
        let names = ["∂x", "∂y", "∂xx", "∂xy", "∂yy"]
        for (index, point) in points.enumerated() {
          let place = "\(function) at \(point.x), \(point.y)"
          for (number, slopes) in found.enumerated() {
            guard let expected = point.slopes[number] else { continue }
            expect(slopes.scalars[index], expected, "\(place), \(names[number])")
          }
          let first = gradient { (t: Tensor<S>) in
            Tensor<S>.applying(ScalarBinary(function, S(point.y).scalarValue), t.body).sum()
          }
          let last = gradient { (t: Tensor<S>) in
            Tensor<S>.applying(
              ScalarBinary(function, S(point.x).scalarValue, scalarIsFirst: true), t.body
            ).sum()
          }
          let (a, b) = (Tensor<S>([S(point.x)]), Tensor<S>([S(point.y)]))
          let forms = [
            (first(a), 0), (last(b), 1), (gradient { first($0).sum() }(a), 2),
            (gradient { last($0).sum() }(b), 4),
          ]
          for (slopes, number) in forms {
            guard let expected = point.slopes[number] else { continue }
            expect(slopes.scalars[0], expected, "\(place), \(names[number]) beside a number")
          }
        }
      }
    }
  }

  /// Each function of three values by each of them, and each slope by each again.
  @Test(arguments: [0, Int.max]) func functionsOfThreeValues(deferringFrom count: Int) {
    onOneRank(deferringFrom: count) { _ in
      check(Float.self)
      check(Double.self)
    }
    func check<S: FloatingPointTensorScalar>(_ type: S.Type) {
      for function in TernaryFunction.allCases where function.isDefined(for: S.scalarType) {
        let points = SlopeTable.points(function)
        #expect(!points.isEmpty, "\(function) has no row")
        let operands = (0..<3).map { operand in
          Tensor<S>(points.map { S($0.values[operand]) })
        }
        func slope(_ number: Int, _ values: [Tensor<S>]) -> Tensor<S> {
          gradient { (t: Tensor<S>) in
            var values = values
            values[number] = t
            let bodies = values.map(\.body)
            return Tensor<S>.applying(Ternary(function), bodies[0], bodies[1], bodies[2]).sum()
          }(values[number])
        }
        for first in 0..<3 {
          let slopes = slope(first, operands).scalars
          for (index, point) in points.enumerated() {
            expect(
              slopes[index], point.slopes[first], "\(function) at \(point.values), slope \(first)")
          }
          for second in 0..<3 {
            let seconds = gradient { (t: Tensor<S>) in
              var values = operands
              values[second] = t
              return slope(first, values).sum()
            }(operands[second]).scalars
            for (index, point) in points.enumerated() {
              expect(
                seconds[index], SlopeTable.second(function, first, second),
                "\(function) at \(point.values), slope \(first) by \(second)")
            }
          }
        }
      }
    }
  }

  private func expect<S: FloatingPointTensorScalar>(
    _ found: S, _ expected: Double, _ place: @autoclosure () -> String
  ) {
    let rounded = S(expected)
    // Subnormal numbers keep a few digits only; beside infinities a slope of 0 may be one.
    let least = S.leastNormalMagnitude
    let tolerance =
      S(S.scalarType == .float32 ? 2e-5 : 4e-13) * rounded.magnitude
      + (rounded == 0 ? least : least / 1000)
    let holds =
      rounded.isNaN
      ? found.isNaN : found == rounded || (found - rounded).magnitude <= tolerance
    #expect(holds, "\(S.self) \(place()): \(found), expected \(rounded)")
  }

  /// The slopes of a function of several values, weighted so that none of a softmax cancels.
  private struct Line: Sendable {
    let name: String
    let point: [Double]
    let slopes: [Double]
    let function: @Sendable (Tensor<Double>) -> Tensor<Double>

    init(
      _ name: String, _ point: [Double], _ slopes: [Double],
      _ function: @escaping @Sendable (Tensor<Double>) -> Tensor<Double>
    ) {
      (self.name, self.point, self.slopes, self.function) = (name, point, slopes, function)
    }
  }

  private static let weights = Tensor<Double>([1, 2, 4])

  private static func reductions(_ reduction: Reduction) -> [Line] {
    let (inf, nan) = (Double.infinity, Double.nan)
    switch reduction {
    case .sum: return [Line("sum", [inf, nan, 0], [1, 1, 1]) { $0.sum() }]
    case .product:
      return [
        Line("product", [2, 0, 3], [0, 6, 0]) { $0.product() },
        Line("product", [0, 0, 3], [0, 0, 0]) { $0.product() },
        Line("product", [0, 0, 0], [0, 0, 0]) { $0.product() },
        Line("product", [inf, 2, 3], [6, inf, inf]) { $0.product() },
        Line("product", [inf, 0, 3], [0, inf, nan]) { $0.product() },
        Line("product", [nan, 2, 3], [6, nan, nan]) { $0.product() },
        Line("product", [1e200, 1e200, 1e-300], [1e-100, 1e-100, inf]) { $0.product() },
        Line("product", [1e-200, 1e-200, 1e300], [1e100, 1e100, 0]) { $0.product() },
      ]
    case .max:
      return [
        Line("max", [nan, 1, 2], [1, 0, 0]) { $0.max() },
        Line("max", [nan, 1, nan], [0.5, 0, 0.5]) { $0.max() },
        Line("max", [2, 2, 1], [0.5, 0.5, 0]) { $0.max() },
        Line("max", [-inf, -inf, -inf], [1 / 3, 1 / 3, 1 / 3]) { $0.max() },
      ]
    case .min:
      return [
        Line("min", [nan, 1, 2], [1, 0, 0]) { $0.min() },
        Line("min", [0, -0.0, 1], [0.5, 0.5, 0]) { $0.min() },
        Line("min", [-inf, inf, 1], [1, 0, 0]) { $0.min() },
      ]
    }
  }

  private static var lines: [Line] {
    let (inf, nan) = (Double.infinity, Double.nan)
    return [
      Line("logSumExp", [-inf, -inf, -inf], [0, 0, 0]) { $0.logSumExp() },
      Line("logSumExp", [-inf, 0, -inf], [0, 1, 0]) { $0.logSumExp() },
      Line("logSumExp", [inf, 0, 1], [1, 0, 0]) { $0.logSumExp() },
      Line("logSumExp", [inf, 0, inf], [0.5, 0, 0.5]) { $0.logSumExp() },
      Line("logSumExp", [1e300, 0, -1e300], [1, 0, 0]) { $0.logSumExp() },
      Line("logSumExp", [nan, 0, 1], [nan, nan, nan]) { $0.logSumExp() },
      Line("softmax", [-inf, -inf, -inf], [0, 0, 0]) { ($0.softmax() * weights).sum() },
      Line("softmax", [-inf, 0, -inf], [0, 0, 0]) { ($0.softmax() * weights).sum() },
      Line("softmax", [0, 0, -inf], [-0.25, 0.25, 0]) { ($0.softmax() * weights).sum() },
      Line("logSoftmax", [-inf, -inf, -inf], [0, 0, 0]) { ($0.logSoftmax() * weights).sum() },
      Line("logSoftmax", [0, 0, -1e300], [-2.5, -1.5, 4]) { ($0.logSoftmax() * weights).sum() },
      Line("norm", [0, 0, 0], [0, 0, 0]) { $0.norm() },
      Line("norm", [0, 3, -4], [0, 0.6, -0.8]) { $0.norm() },
      Line("norm", [0, 3e200, -4e200], [0, 0.6, -0.8]) { $0.norm() },
      Line("norm", [0, 3e-200, -4e-200], [0, 0.6, -0.8]) { $0.norm() },
      Line("norm", [-inf, 1, 0], [-1, 0, 0]) { $0.norm() },
      Line("norm", [nan, 1, 0], [nan, nan, nan]) { $0.norm() },
      Line("mean", [inf, 0, 1], [1 / 3, 1 / 3, 1 / 3]) { $0.mean() },
      Line("variance", [1, 1, 1], [0, 0, 0]) { $0.variance() },
      Line("variance", [0, 0, 3], [-2 / 3, -2 / 3, 4 / 3]) { $0.variance() },
      Line("standardDeviation", [5, 5, 5], [0, 0, 0]) { $0.standardDeviation() },
      Line("cumulativeSum", [inf, nan, 0], [7, 6, 4]) {
        ($0.cumulativeSum(axis: 0) * weights).sum()
      },
      Line("cumulativeProduct", [2, 0, 3], [1, 28, 0]) {
        ($0.cumulativeProduct(axis: 0) * weights).sum()
      },
      Line("cumulativeMaximum", [-inf, nan, inf], [1, 6, 0]) {
        ($0.cumulativeMaximum(axis: 0) * weights).sum()
      },
      Line("sorted", [2, nan, 2], [1, 4, 2]) { ($0.sorted() * weights).sum() },
      Line("topK", [2, 5, 2], [2, 1, 0]) { ($0.topK(2).values * Tensor([1, 2])).sum() },
      Line("clamped", [1, 2, nan], [1, 1, 1]) { $0.clamped(to: 1...2).sum() },
      Line("clamped", [-inf, 1.5, inf], [0, 1, 0]) { $0.clamped(to: 1...2).sum() },
      Line("select", [-1, 0, 4], [0, 0, 0.25]) {
        // The branch that is not taken is computed from a number that does it no harm.
        let isPositive = $0 .> 0
        return select(isPositive, log(select(isPositive, $0, 1)), 0).sum()
      },
    ]
  }

  @Test func functionsOfSeveralValues() {
    for reduction in Reduction.allCases {
      #expect(!Self.reductions(reduction).isEmpty, "\(reduction) has no row")
    }
    for line in Reduction.allCases.flatMap(Self.reductions) + Self.lines {
      let found = gradient(of: line.function)(Tensor(line.point)).scalars
      for (found, expected) in zip(found, line.slopes) {
        expect(found, expected, "\(line.name) of \(line.point): \(found)")
      }
    }
  }

  /// Rows of −∞ stay flat to the second order, and zeros among factors do not.
  @Test func secondSlopesOfSeveralValues() {
    func second(
      _ point: [Double], _ index: Int, of function: @escaping (Tensor<Double>) -> Tensor<Double>
    ) -> [Double] {
      gradient { gradient(of: function)($0)[index] }(Tensor(point)).scalars
    }
    #expect(second([2, 0, 3], 0) { $0.product() } == [0, 3, 0])
    #expect(second([2, 0, 3], 1) { $0.product() } == [3, 0, 2])
    #expect(second([0, 0, 3], 0) { $0.product() } == [0, 3, 0])
    #expect(second([0, 0, 0], 0) { $0.product() } == [0, 0, 0])
    #expect(second([1e200, 1e-200, 3], 0) { $0.product() } == [0, 3, 1e-200])
    #expect(second([.infinity, 2, 3], 1) { $0.product() } == [3, 0, .infinity])
    let third = gradient { (x: Tensor<Double>) in
      gradient { gradient { $0.product() }($0)[0] }(x)[1]
    }
    #expect(third(Tensor([2, 0, 3, 5])).scalars == [0, 0, 5, 3])
    let rows = [-Double.infinity, -.infinity, -.infinity]
    let weights = Self.weights
    #expect(second(rows, 0) { $0.logSumExp() } == [0, 0, 0])
    #expect(second(rows, 0) { ($0.softmax() * weights).sum() } == [0, 0, 0])
    #expect(second(rows, 0) { ($0.logSoftmax() * weights).sum() } == [0, 0, 0])
    #expect(second([0, 0, 0], 0) { $0.norm() } == [0, 0, 0])
    #expect(second([0, 2, 0], 0) { $0.norm() } == [0.5, 0, 0])
    #expect(second([-.infinity, 2, 0], 0) { $0.norm() } == [0, 0, 0])
    #expect(second([1, 2, 2], 0) { ($0.clamped(to: 1...2) ** 3).sum() } == [6, 0, 0])
    let ninths = [Double](repeating: 1.0 / 9, count: 3)
    #expect(second([3, 3, 3], 0) { $0.max().square() / 2 } == ninths)
  }

  /// A long product in pieces, over any axes, with few zeros.
  @Test func productsOfManyFactors() {
    for zeros in 0...2 {
      var factors = (0..<3000).map { 1 + 0.001 * Double($0 % 7 - 3) }
      for place in [1500, 2999].prefix(zeros) { factors[place] = 0 }
      let slopes = gradient { (x: Tensor<Double>) in x.product() }(Tensor(factors)).scalars
      for place in [0, 1023, 1024, 1500, 2999] {
        let expected = factors.indices.reduce(1) { $1 == place ? $0 : $0 * factors[$1] }
        #expect(abs(slopes[place] - expected) <= 1e-12 * abs(expected), "\(place)")
      }
    }
    let wide = gradient { (x: Tensor<Float>) in x.product(axes: [0, 2]).sum() }
    let x = Tensor<Float>.arange(12).reshaped(2, 3, 2)
    #expect(wide(x).scalars[..<6] == [42, 0, 216, 144, 550, 440])
    let empty = wide(Tensor<Float>.ones([0, 3, 2]))
    #expect(empty.shape == [0, 3, 2])
  }
}
