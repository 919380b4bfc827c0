import Tessera
import TestSupport
import Testing

/// Counts, groups and different elements where there are ties, NaN, −0, infinities, numbers that
/// are no labels, and nothing.
@Suite struct CountingTests {
  @Test(arguments: [1, 2, 3]) func countsOfAllTypes(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks, workers: 2) { _ in
      var findings = Findings()
      func check<S: IntegerTensorScalar>(_ type: S.Type) {
        let numbers = (0..<500).map { S(truncatingIfNeeded: $0 * 7 % 13 - 2) }
        let expected = (0..<9).map { bin in
          Int64(numbers.count { Int(truncatingIfNeeded: $0) == bin })
        }
        for axis in [0, 1] {
          let x = Tensor<S>(numbers, shape: [20, 25], sharding: .sharded(axis: axis))
          findings.check(x.binCounts(bins: 9).scalars == expected, "\(type)")
          let weights = x.binCounts(bins: 9, weights: Tensor<Float>.full(0.5, like: x))
          findings.check(weights.scalars == expected.map { Float($0) / 2 }, "\(type)")
        }
        findings.check(
          Tensor<S>([.max, .min, 1]).binCounts(bins: 2).scalars == [S.min == 0 ? 1 : 0, 1])
      }
      check(Int8.self)
      check(Int16.self)
      check(Int32.self)
      check(Int64.self)
      check(Int.self)
      check(UInt16.self)
      check(UInt32.self)
      check(UInt64.self)
      let x = Tensor<Int64>((0..<300_000).map { Int64($0) * 7919 % 1000 })
        .redistributed(to: .sharded(axis: 0))
      findings.check(x.binCounts().scalars == [Int64](repeating: 300, count: 1000))
      findings.check(x.transposed().binCounts(bins: 1).scalars == [300])
      findings.check(Tensor<Int8>([3, -1, 3]).binCounts().scalars == [0, 0, 0, 2])
      findings.check(Tensor<Int8>([-3]).binCounts().shape == [0])
      findings.check(Tensor<Int8>.zeros([0, 2]).binCounts().shape == [0])
      findings.check(Tensor<Int8>.zeros([0, 2]).binCounts(bins: 2).scalars == [0, 0])
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test func histogramsFindTheirRange() {
    onOneRank { _ in
      let (counts, edges) = Tensor<Float>([1, 2, 1, 5]).histogram(bins: 4)
      #expect(counts.scalars == [2, 1, 0, 1] && edges.scalars == [1, 2, 3, 4, 5])
      let alike = Tensor<Float>([2, 2]).histogram(bins: 2)
      #expect(alike.counts.scalars == [0, 2] && alike.edges.scalars == [1.5, 2, 2.5])
      let nothing = Tensor<Double>.zeros([0]).histogram(bins: 2)
      #expect(nothing.counts.scalars == [0, 0] && nothing.edges.scalars == [0, 0.5, 1])
      let integers = Tensor<UInt64>([.max, 0, 1 << 63]).histogram(bins: 2)
      #expect(integers.counts.scalars == [1, 2])
      #expect(integers.edges.scalars == [0, 0x1p63, 0x1p64])
      #expect(Tensor<Int8>([7]).histogram(bins: 1).edges.scalars == [6.5, 7.5])
      // Its edges are those that decide.
      let x = Tensor<Double>.randn([1000], key: Key(1))
      let found = x.histogram(bins: 7)
      let edge = found.edges.scalars
      let own = (0..<7).map { bin in
        Int64(x.scalars.count { $0 >= edge[bin] && ($0 < edge[bin + 1] || bin == 6) })
      }
      #expect(found.counts.scalars == own)
    }
  }

  @Test(arguments: [1, 3]) func differentElements(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let nan = Double.nan
      let x = Tensor<Double>(
        [3, nan, 0, -0.0, .infinity, 3, nan, -.infinity], shape: [2, 4], sharding: .sharded(axis: 1)
      )
      let found = x.uniqued()
      findings.check(
        found.values.scalars.map { $0.isNaN ? "nan" : "\($0)" } == [
          "-inf", "0.0", "3.0", "inf", "nan",
        ], "values")
      findings.check(found.positions.scalars == [7, 2, 0, 4, 1], "positions")
      findings.check(found.counts.scalars == [1, 2, 2, 1, 2], "counts")
      findings.check(found.inverse.scalars == [2, 4, 1, 1, 3, 2, 4, 0], "inverse")
      findings.check(found.inverse.shape == [2, 4], "shape")
      let one = Tensor<Int8>(5).uniqued()
      findings.check(one.values.scalars == [5] && one.inverse.shape == [], "a value")
      let none = Tensor<Float>.zeros([0, 3]).uniqued()
      findings.check(none.counts.shape == [0] && none.inverse.shape == [0, 3], "nothing")
      let large = Tensor<Int64>((0..<10_000).map { Int64($0) * 31 % 97 })
        .redistributed(to: .sharded(axis: 0))
      let all = large.uniqued()
      findings.check(all.values.taking(all.inverse) == large, "back again")
      findings.check(all.counts == large.binCounts(bins: 97), "counted")
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test(arguments: [1, 3]) func groups(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let nan = Float.nan
      let x = Tensor<Float>([5, 1, nan, -.infinity, 2, .infinity, 0, -0.0])
        .redistributed(to: .sharded(axis: 0))
      let labels = Tensor<Int32>([0, 0, 2, 3, -1, 4, 5, 5])
      let groups = x.grouped(by: labels, into: 6)
      findings.check(groups.sizes.scalars == [2, 0, 1, 1, 1, 2], "sizes")
      let text = { (x: Tensor<Float>) in x.scalars.map { $0.isNaN ? "nan" : "\($0)" } }
      findings.check(text(groups.min()) == ["1.0", "inf", "nan", "-inf", "inf", "0.0"], "min")
      findings.check(text(groups.max()) == ["5.0", "-inf", "nan", "-inf", "inf", "0.0"], "max")
      findings.check(text(groups.mean()) == ["3.0", "nan", "nan", "-inf", "inf", "0.0"], "mean")
      // What belongs to no group is not even looked at.
      let others = x.grouped(by: Tensor<Int64>([0, 0, 7, 7, -9, .max, 0, .min]), into: 1)
      findings.check(text(others.sum()) == ["6.0"] && text(others.min()) == ["0.0"], "no group")
      let bytes = Tensor<UInt8>([200, 100, 7]).grouped(by: Tensor<Int8>([1, 1, 0]), into: 3)
      findings.check(bytes.sum().scalars == [7, 300, 0], "sums of bytes")
      findings.check(bytes.min().scalars == [7, 100, 255], "least bytes")
      findings.check(bytes.max().scalars == [7, 200, 0], "largest bytes")
      findings.check(bytes.mean().scalars[..<2] == [7, 150], "means of bytes")
      let mask = Tensor<Bool>([true, true, false]).grouped(by: Tensor<Int8>([1, 1, 0]), into: 2)
      findings.check(mask.sum().scalars == [0, 2], "counted")
      let none = Tensor<Float>.zeros([0, 2]).grouped(by: Tensor<Int64>.zeros([0]), into: 2)
      findings.check(none.max().scalars == [Float](repeating: -.infinity, count: 4), "nothing")
      findings.check(none.sum().scalars == [0, 0, 0, 0], "sums of nothing")
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }
}
