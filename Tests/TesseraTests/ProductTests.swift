import Foundation
import Tessera
import TestSupport
import Testing

/// Products neither drift nor leave the range of numbers on the way: docs/numerics.md tells their
/// bound.
@Suite struct ProductTests {
  /// The product of factors as exactly as Float80 has it, with its exponent apart.
  private static func exact<T: BinaryFloatingPoint>(_ factors: some Sequence<T>) -> Float80 {
    var significand: Float80 = 1
    var exponent = 0
    for factor in factors {
      significand *= Float80(factor)
      guard significand.isFinite, significand != 0 else { continue }
      exponent += Int(significand.exponent)
      significand = Float80(
        sign: significand.sign, exponent: 0, significand: significand.significand)
    }
    guard significand.isFinite, significand != 0 else { return significand }
    return Float80(
      sign: .plus, exponent: max(-16_000, min(exponent, 16_000)), significand: significand)
  }

  /// Whether a product of n factors keeps the bound: half an ulp of its own type and n roundings of
  /// 2⁻⁵³.
  private static func keepsBound<T: BinaryFloatingPoint>(
    _ result: T, _ exact: Float80, count: Int
  ) -> Bool {
    if exact.isNaN { return result.isNaN }
    if abs(exact) >= Float80(T.greatestFiniteMagnitude) { return result == T(exact) }
    let half = Float80(T(exact).ulp) / 2
    return abs(Float80(result) - exact) <= half + Float80(count) * 0x1p-53 * abs(exact)
  }

  private struct Kind<T>: Sendable {
    let name: String
    let factor: @Sendable (Int, Int) -> T
  }

  private static func kinds<T: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _: T.Type
  ) -> [Kind<T>] {
    let large = T.greatestFiniteMagnitude
    let small = T.leastNormalMagnitude
    return [
      Kind(name: "near 1") { i, _ in 1 + T((i &* 7919) % 2003 - 1001) * 1e-7 },
      Kind(name: "one parity") { i, _ in i % 2 == 0 ? 2 : 0.5 },
      Kind(name: "large, then small") { i, n in i < n / 2 ? 3 : 1 / T(3) },
      Kind(name: "extremes in turn") { i, _ in i % 2 == 0 ? large / 2 : small },
      Kind(name: "subnormal, then large") { i, n in i < n / 2 ? small / 1024 : large / 4 },
      Kind(name: "too large") { i, _ in i % 5 == 0 ? -3 : 1.5 },
      Kind(name: "too small") { i, _ in i % 5 == 0 ? -0.3 : 0.5 },
      Kind(name: "a zero") { i, n in i == n / 3 ? 0 : -2 },
      Kind(name: "an infinity") { i, n in i == n / 3 ? .infinity : 0.25 },
      Kind(name: "a NaN") { i, n in i == n / 3 ? .nan : 0.25 },
      Kind(name: "a zero and an infinity") { i, n in i == 0 ? 0 : i == n - 1 ? .infinity : 0.25 },
    ]
  }

  private func check<T: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _: T.Type, ranks: Int, counts: [Int]
  ) throws {
    let findings = try onLoopbackRanks(ranks, workers: 2) { runtime in
      var findings = Findings()
      for kind in Self.kinds(T.self) {
        for count in counts {
          // Column c of the block has the factors in another order: turned by c places.
          let columns = count > 1000 ? 3 : 5
          let factors = (0..<count).map { kind.factor($0, count) }
          let exact = Self.exact(factors)
          let block = (0..<count * columns).map { factors[($0 / columns + $0 % columns) % count] }
          let whole = Tensor(block, shape: [count, columns])
          let transposed = whole.transposed()
          for sharding in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
            let x = whole.redistributed(to: sharding)
            let y = transposed.redistributed(to: sharding)
            var results = x.product(axes: 0).scalars + y.product(axes: 1).scalars
            // Computed on the way; with axes kept, and shared out by columns.
            results += (x * 1).product(axes: 0).scalars + (y * 1).product(axes: 1).scalars
            results += x.product(axes: 0, keepingAxes: true, result: .sharded(axis: 1)).scalars
            results.append(contentsOf: x.reshaped(count, 1, columns).product(axes: [0, 1]).scalars)
            for result in results {
              findings.check(
                Self.keepsBound(result, exact, count: count),
                "\(kind.name) × \(count) \(sharding): \(result), expected \(exact)")
            }
            let all = Self.exact((0..<columns).flatMap { _ in factors })
            let product = x.product().item()
            findings.check(
              Self.keepsBound(product, all, count: count * columns),
              "all of \(kind.name) × \(count) \(sharding): \(product), expected \(all)")
          }
        }
      }
      return findings.all
    }
    #expect(findings.allSatisfy { $0.isEmpty }, "\(findings.flatMap { $0 }.prefix(5))")
    #expect(Set(findings).count == 1)
  }

  @Test(arguments: [1, 2, 3, 4]) func everyAxisKeepsTheBound(ranks: Int) throws {
    try check(Float.self, ranks: ranks, counts: [1, 7, 100, 4_000])
    try check(Double.self, ranks: ranks, counts: [1, 7, 100, 4_000])
  }

  /// On both sides of what a rank computes in one piece.
  @Test(arguments: [1, 3]) func longProductsKeepTheBound(ranks: Int) throws {
    let findings = try onLoopbackRanks(ranks, workers: 2) { runtime in
      var findings = Findings()
      for count in [32_767, 32_768, 32_769, 200_000] {
        for kind in Self.kinds(Double.self) {
          let factors = (0..<count * ranks).map { kind.factor($0, count * ranks) }
          let exact = Self.exact(factors)
          let x = Tensor(factors).redistributed(to: .sharded(axis: 0))
          for result in [x.product().item(), (x * 1).product().item()] {
            findings.check(
              Self.keepsBound(result, exact, count: factors.count),
              "\(kind.name) × \(count): \(result), expected \(exact)")
          }
        }
        let floats = (0..<count * ranks).map { nearOne($0, 1e-6) }
        let x = Tensor(floats).redistributed(to: .sharded(axis: 0))
        findings.check(
          Self.keepsBound(x.product().item(), Self.exact(floats), count: floats.count), "\(count)")
      }
      return findings.all
    }
    #expect(findings.allSatisfy { $0.isEmpty }, "\(findings.flatMap { $0 }.prefix(5))")
  }

  /// So many columns that ranks join a part each and gather the rest.
  @Test(arguments: [2, 3, 4]) func manyProductsAreJoinedInParts(ranks: Int) throws {
    let findings = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      let (rows, columns) = (8, 5_000)
      let values = (0..<rows * columns).map { i in
        Double(i % columns + 1) * (i / columns % 2 == 0 ? 1e200 : 1e-200)
      }
      let x = Tensor(values, shape: [rows, columns])
      let expected = x.product(axes: 0).scalars
      findings.check(expected.allSatisfy { $0.isFinite && $0 > 0 })
      let sharded = x.redistributed(to: .sharded(axis: 0))
      for result in [
        sharded.product(axes: 0), sharded.product(axes: 0, result: .sharded(axis: 0)),
        sharded.product(axes: 0, keepingAxes: true).reshaped(columns),
      ] {
        findings.check(
          zip(result.scalars, expected).allSatisfy { abs($0 - $1) <= 8 * .ulpOfOne * $1 })
      }
      return findings.all
    }
    #expect(findings.allSatisfy { $0.isEmpty }, "\(findings.flatMap { $0 }.prefix(5))")
  }

  @Test(arguments: [1, 2, 3]) func emptyPartsAreOnes(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Float>([2, 3], shape: [2, 1]).redistributed(to: .sharded(axis: 0))
      let none = Tensor<Float>.ones([0, 3], sharding: .sharded(axis: 0))
      return (
        x.product().item(), x.product(axes: 0).scalars, none.product(axes: 0).scalars,
        none.product(axes: 1).shape, none.product().item()
      )
    }
    for result in results {
      #expect(result.0 == 6 && result.1 == [6] && result.2 == [1, 1, 1] && result.3 == [0])
      #expect(result.4 == 1)
    }
  }

  /// What was asked to stay terms stays terms, of the tensor's type.
  @Test func partialProductsStayTerms() throws {
    let results = try onLoopbackRanks(2) { runtime in
      let x = Tensor<Float>([2, 3, 5, 7]).redistributed(to: .sharded(axis: 0))
      let terms = x.product(axes: 0, result: .partial(.product))
      return (try terms.localScalars(), terms.redistributed(to: .replicated).item())
    }
    #expect(results[0].0 == [6] && results[1].0 == [35])
    #expect(results.allSatisfy { $0.1 == 210 })
    let further = try onLoopbackRanks(2) { runtime in
      let x = Tensor<Double>([1e200, 1e-200, 1e200, 1e-200], shape: [2, 2])
        .redistributed(to: .sharded(axis: 0))
      let terms = x.product(axes: 0, result: .partial(.product))
      return terms.product().item()
    }
    #expect(further.allSatisfy { abs($0 - 1) < 1e-12 })
  }

  /// The same bits for any number of workers and any layout.
  @Test func bitsDependOnTheShapeAlone() throws {
    let values = (0..<120_000).map { nearOne($0, 1e-5) }
    func results(workers: Int) -> [[UInt32]] {
      onOneRank(workers: workers) { _ in
        let x = Tensor(values, shape: [400, 300])
        return [
          x.product(), x.product(axes: 0), x.product(axes: 1), (x * 1).product(axes: 0),
          (x * 1).product(axes: 1), x.transposed().contiguousCopy.product(axes: 1),
          x.transposed().contiguousCopy.transposed().product(axes: 0),
        ].map { $0.scalars.map(\.bitPattern) }
      }
    }
    let one = results(workers: 1)
    #expect(one == results(workers: 3))
    #expect(one[1] == one[3] && one[2] == one[4] && one[1] == one[6])
  }
}

/// A number near 1, another one for each i.
private func nearOne(_ i: Int, _ distance: Float) -> Float {
  let step = Float(i &* 7919 % 2003 - 1001)
  return 1 + step * distance
}

extension Tensor {
  /// The same elements, one after another in memory.
  fileprivate var contiguousCopy: Tensor { Tensor(scalars, shape: shape) }
}
