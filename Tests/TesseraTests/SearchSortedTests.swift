import Tessera
import TestSupport
import Testing

/// Places of values in sorted tensors where there are ties, NaN, zeros of both signs, infinities,
/// the ends of types, and nothing.
@Suite struct SearchSortedTests {
  private let placements: [Placement] = [.replicated, .sharded(axis: 0)]

  @Test(arguments: [1, 2, 3, 5]) func specialValues(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let (nan, inf) = (Float.nan, Float.infinity)
      for placement in placements {
        let x = Tensor<Float>([-inf, -1, -0.0, 0, 0, 2, inf, inf, nan, nan])
          .redistributed(to: placement)
        for other in placements {
          let values = Tensor<Float>([-inf, -1, -0.5, -0.0, 0, 1, 2, 3, inf, nan])
            .redistributed(to: other)
          findings.check(
            x.searchSorted(values).scalars == [0, 1, 2, 2, 2, 5, 5, 6, 6, 8], "left")
          findings.check(
            x.searchSorted(values, side: .right).scalars == [1, 2, 2, 5, 5, 5, 6, 6, 8, 10],
            "right")
        }
        let one = Tensor<Double>([3]).redistributed(to: placement)
        findings.check(one.searchSorted([2, 3, 4]).scalars == [0, 0, 1], "one element")
        findings.check(
          one.searchSorted([2, 3, 4], side: .right).scalars == [0, 1, 1], "one, right")
        let none = Tensor<Double>.zeros([0], sharding: placement)
        findings.check(none.searchSorted(Tensor([[2, 5]])).scalars == [0, 0], "no element")
        findings.check(one.searchSorted(Tensor(5)).item() == 1, "one value")
        findings.check(one.searchSorted(none).shape == [0], "no value")
        findings.check(one.searchSorted(.zeros([2, 0, 3])).shape == [2, 0, 3], "no values")
      }
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test(arguments: [1, 3]) func allTypes(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks, workers: 2) { _ in
      var findings = Findings()
      func check<S: IntegerTensorScalar>(_ type: S.Type) {
        let numbers = (0..<60).map { S(truncatingIfNeeded: $0 * 7919 % 251) } + [.min, .max, .max]
        let wanted = (0..<100).map { S(truncatingIfNeeded: $0 * 31 % 256) } + [.min, .max]
        for placement in placements {
          let x = Tensor<S>(numbers).redistributed(to: placement).sorted()
          let values = Tensor<S>(wanted, shape: [2, 51], sharding: .sharded(axis: 1))
          findings.check(
            x.searchSorted(values).scalars
              == wanted.map { value in Int64(numbers.count { $0 < value }) }, "\(type), left")
          findings.check(
            x.searchSorted(values, side: .right).scalars
              == wanted.map { value in Int64(numbers.count { $0 <= value }) }, "\(type), right")
        }
      }
      check(Int8.self)
      check(Int16.self)
      check(Int32.self)
      check(Int64.self)
      check(UInt8.self)
      check(UInt16.self)
      check(UInt32.self)
      check(UInt64.self)
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  /// Many values, for all workers, in and beside the elements, of any layout.
  @Test(arguments: [1, 2, 3]) func manyValues(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks, workers: 3) { _ in
      var findings = Findings()
      for placement in placements {
        let x = (Tensor<Double>.arange(5000) * 2).redistributed(to: placement)
        let numbers = (0..<30_000).map { $0 * 7919 % 10_003 - 1 }
        let values = Tensor<Double>(numbers.map { Double($0) })
          .redistributed(to: .sharded(axis: 0))
        let expected = numbers.map { min(Int64($0 + 1) / 2, 5000) }
        findings.check(x.searchSorted(values).scalars == expected, "many")
        let square = values.reshaped(100, 300)
        findings.check(
          x.searchSorted(square.transposed()) == x.searchSorted(square).transposed(), "transposed")
        // Elements that have others between them in memory.
        let some = Tensor<Double>.arange(10_000).redistributed(to: placement)[.stride(by: 2)]
        findings.check(some.searchSorted(values).scalars == expected, "every second")
        // A value is where it would keep the order.
        let (left, right) = (x.searchSorted(values), x.searchSorted(values, side: .right))
        findings.check((left .<= right).all().item(), "left of right")
        findings.check((right - left .<= 1).all().item(), "one of each")
      }
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  /// Elements that are in no order: some positions in the tensor.
  @Test(arguments: [1, 3]) func elementsInNoOrder(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let x = Tensor<Float>.randn([1000], key: Key(3), sharding: .sharded(axis: 0))
      let values = select(x .> 1, Float.nan, x * 3)
      for side in [SearchSide.left, .right] {
        let places = x.searchSorted(values, side: side)
        findings.check(((places .>= 0) .& (places .<= 1000)).all().item(), "\(side)")
      }
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }
}
