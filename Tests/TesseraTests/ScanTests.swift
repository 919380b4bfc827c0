import Execution
import Tessera
import TestSupport
import Testing

/// Running products and extremes and linear recurrences at special values, on ranks and in
/// gradients.
@Suite struct ScanTests {
  private let inf = Double.infinity
  private let nan = Double.nan

  private func isSame(_ x: Tensor<Double>, _ expected: [Double]) -> Bool {
    x.scalars.count == expected.count
      && zip(x.scalars, expected).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
  }

  @Test func specialValues() {
    let x = Tensor<Double>([3, -0.0, -inf, nan, inf])
    #expect(isSame(x.cumulativeMaximum(axis: 0), [3, 3, 3, nan, nan]))
    #expect(isSame(x.cumulativeMinimum(axis: 0), [3, 0, -inf, nan, nan]))
    #expect(isSame(x.cumulativeProduct(axis: 0), [3, 0, nan, nan, nan]))
    let large = Tensor<Double>([1e200, 1e200, 1e-300, -1e-200, 0, 5])
    #expect(isSame(large.cumulativeProduct(axis: 0)[..<2], [1e200, inf]))
    #expect((large.cumulativeProduct(axis: 0)[2] / 1e100 - 1).abs().item() < 1e-15)
    #expect(large.cumulativeProduct(axis: 0)[-1].item() == 0)
    let none = Tensor<Double>.zeros([0, 3])
    #expect(none.cumulativeProduct(axis: 0).shape == [0, 3])
    #expect(none.cumulativeMaximum(axis: 1).shape == [0, 3])
    #expect(
      linearRecurrence(coefficients: 2, inputs: none, initial: Tensor<Double>(1), axis: 0).shape
        == [0, 3])
  }

  @Test func integersWrap() {
    let x = Tensor<Int8>([100, 2, -3, 1])
    #expect(x.cumulativeProduct(axis: 0).scalars == [100, 200, -600, -600])
    #expect(x.cumulativeMinimum(axis: 0).scalars == [100, 2, -3, -3])
    #expect(
      linearRecurrence(coefficients: x, inputs: x, initial: Tensor<Int8>(1), axis: 0).scalars
        == [-56, -110, 71, 72])
    let big = Tensor<UInt64>([.max, 2, 3])
    #expect(big.cumulativeProduct(axis: 0).scalars == [.max, .max &* 2, .max &* 6])
    #expect(big.cumulativeMaximum(axis: 0).scalars == [.max, .max, .max])
    #expect(
      linearRecurrence(coefficients: big, inputs: big, initial: Tensor<UInt64>(.max), axis: 0)
        .scalars == [0, 2, 9])
  }

  @Test func smoothingFromTheFirstElementOn() {
    let x = Tensor<Float>([4, 8, 0])
    let level = linearRecurrence(coefficients: 0.5, inputs: 0.5 * x, initial: x[0], axis: 0)
    #expect(level.scalars == [4, 6, 3])
  }

  /// Views, and operands that are still to be computed.
  @Test func operandsOfAnyLayout() {
    let x = Tensor<Double>.randn([37, 61], key: Key(3))
    let y = Tensor<Double>.rand([61], key: Key(4))
    func expected(_ x: Tensor<Double>, _ a: Tensor<Double>) -> Tensor<Double> {
      var rows: [Tensor<Double>] = []
      for t in 0..<x.shape[0] {
        rows.append(t == 0 ? x[0] : a[t] * rows[t - 1] + x[t])
      }
      return stack(rows, axis: 0)
    }
    let wide = y.expanded(to: [37, 61])
    func agree(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Bool {
      a.allClose(b, relativeTolerance: 1e-13, absoluteTolerance: 1e-13)
    }
    #expect(agree(linearRecurrence(coefficients: wide, inputs: x, axis: 0), expected(x, wide)))
    #expect(agree(linearRecurrence(coefficients: y, inputs: x, axis: 0), expected(x, wide)))
    let turned = x.transposed()[.stride(by: 2), 3...].flipped(axis: 0)
    let half = Tensor<Double>.full(turned.shape, 0.5)
    #expect(
      agree(
        linearRecurrence(coefficients: half, inputs: turned, axis: 0), expected(turned, half)))
    #expect((2 * x).cumulativeMaximum(axis: 0) == 2 * x.cumulativeMaximum(axis: 0))
  }

  /// Ranks meet values that leave the range of numbers within the parts of some.
  @Test(arguments: [1, 2, 3, 4]) func recurrencesOnRanksAreThoseInSequence(ranks: Int) throws {
    let count = 4001
    let cases: [(String, (Int) -> Double, (Int) -> Double, Double)] = [
      ("smoothing", { _ in 0.9 }, { Double($0 % 17) }, 3),
      ("unstable rest", { _ in 8 }, { _ in 0 }, 0),
      ("unstable point", { _ in 2 }, { _ in -1 }, 1),
      ("growth and decay", { $0 / 600 % 2 == 0 ? 4 : 0.25 }, { _ in 0 }, 1e-300),
      ("decay and growth", { $0 / 600 % 2 == 0 ? 0.25 : 4 }, { _ in 0 }, 1e200),
      ("infinity", { _ in 0.5 }, { $0 == 2100 ? .infinity : 1 }, 0),
      ("reset", { $0 == 3000 ? 0 : 0.5 }, { $0 == 2100 ? .nan : 1 }, 0),
    ]
    for (name, a, b, initial) in cases {
      let (factors, inputs) = ((0..<count).map(a), (0..<count).map(b))
      var h = initial
      let expected = (0..<count).map {
        h = factors[$0] * h + inputs[$0]
        return h
      }
      let found = try onLoopbackRanks(ranks, workers: 2) { runtime in
        let a = try Tensor(factors, shape: [count], placed: .sharded(0), on: runtime)
        let b = try Tensor(inputs, shape: [count], placed: .sharded(0), on: runtime)
        return try runtime.makeCurrent {
          try linearRecurrence(coefficients: a, inputs: b, initial: Tensor(initial), axis: 0)
            .gatheredScalars()
        }
      }
      for values in found {
        let wrong = values.indices.first {
          let (value, exact) = (values[$0], expected[$0])
          if value == exact || value.isNaN && exact.isNaN { return false }
          return !(abs(value - exact) <= 1e-12 * abs(exact))
        }
        #expect(
          wrong == nil,
          "\(name): \(wrong.map { "\($0) \(values[$0]) \(expected[$0])" } ?? "")")
      }
    }
  }

  @Test(arguments: [2, 3]) func productsOnRanksLeaveTheRangeAndComeBack(ranks: Int) throws {
    let values = (0..<600).map { $0 < 300 ? 1e200 : 1e-200 }
    let found = try onLoopbackRanks(ranks) { runtime in
      let x = try Tensor(values, shape: [600], placed: .sharded(0), on: runtime)
      return try x.cumulativeProduct(axis: 0).gatheredScalars()
    }
    for products in found {
      #expect(products[0] == 1e200 && products[1] == .infinity && products[597] == .infinity)
      #expect(abs(products[598] / 1e200 - 1) < 1e-13 && abs(products[599] - 1) < 1e-13)
    }
  }

  // Gradients

  @Test func slopesOfExtremesGoToTheLast() {
    let weights = Tensor<Double>([1, 2, 4, 8, 16])
    func slope(_ x: [Double], _ f: @escaping (Tensor<Double>) -> Tensor<Double>) -> [Double] {
      gradient(of: { (x: Tensor<Double>) in (f(x) * weights).sum() })(Tensor(x)).scalars
    }
    #expect(slope([1, 3, 3, 2, 4]) { $0.cumulativeMaximum(axis: 0) } == [1, 2, 12, 0, 16])
    #expect(slope([1, 3, 0, 0, 4]) { $0.cumulativeMinimum(axis: 0) } == [3, 0, 4, 24, 0])
    #expect(slope([1, nan, 3, nan, 4]) { $0.cumulativeMaximum(axis: 0) } == [1, 6, 0, 24, 0])
    // An infinite cotangent stays with its element.
    let x = Tensor<Double>([-1, 0, 1])
    let slopes = gradient(of: { (x: Tensor<Double>) in
      (1 / x.cumulativeMaximum(axis: 0)).sum()
    })(x)
    #expect(slopes.scalars == [-1, -inf, -1])
  }

  @Test func slopesOfProductsAtZeros() {
    let slope = gradient(of: { (x: Tensor<Double>) in x.cumulativeProduct(axis: 0).sum() })
    // 2, 2·0, 2·0·3: nothing is divided.
    #expect(slope([2, 0, 3]).scalars == [1, 8, 0])
    #expect(slope([0, 0, 3]).scalars == [1, 0, 0])
    let second = gradient(of: { (x: Tensor<Double>) in (slope(x) * Tensor([0, 1, 0])).sum() })
    #expect(second([2, 0, 3]).scalars == [4, 0, 2])
  }

  @Test func slopesOfRecurrences() {
    let (a, b) = (Tensor<Double>([2, 0, 3]), Tensor<Double>([1, 5, 7]))
    // h = 2 h₀ + 1, 5, 22.
    func sum(_ a: Tensor<Double>, _ b: Tensor<Double>, _ h: Tensor<Double>) -> Tensor<Double> {
      linearRecurrence(coefficients: a, inputs: b, initial: h, axis: 0).sum()
    }
    #expect(gradient(of: { sum($0, b, Tensor(4)) })(a).scalars == [4, 36, 5])
    #expect(gradient(of: { sum(a, $0, Tensor(4)) })(b).scalars == [1, 4, 1])
    #expect(gradient(of: { sum(a, b, $0) })(Tensor(4)).item() == 2)
  }
}
