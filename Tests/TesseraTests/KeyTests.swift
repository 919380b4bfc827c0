import Execution
import Tessera
import TestSupport
import Testing

/// Keys that are derived in different ways differ, and numbers drawn from a key are none of them.
@Suite struct KeyTests {
  @Test func derivedKeysDiffer() {
    var seen: Set<UInt64> = []
    var count = 0
    for bits in (0..<60).map(UInt64.init) + [.max, .max - 1, 1 << 63, 1 << 32] {
      let key = Key(bits)
      seen.insert(bits)
      seen.formUnion(key.split(64).map(\.bits))
      let numbers = [Int.min, .min + 1, -2, -1, .max, .max - 1] + Array(0..<64)
      seen.formUnion(numbers.map { key.folded(in: $0).bits })
      // The first numbers that the key itself gives.
      let range = UInt64.min...UInt64.max
      seen.formUnion(Tensor<UInt64>.randint([64], in: range, key: key).scalars)
      count += 1 + 64 + numbers.count + 64
    }
    #expect(seen.count == count)
  }

  @Test func derivationIsRepeatedToAnyDepth() {
    var seen: Set<UInt64> = []
    var count = 0
    func descend(_ key: Key, _ depth: Int) {
      seen.insert(key.bits)
      count += 1
      if depth == 0 { return }
      for next in key.split(3) + (0..<3).map({ key.folded(in: $0) }) { descend(next, depth - 1) }
    }
    for bits in 0..<8 { descend(Key(UInt64(bits)), 4) }
    #expect(seen.count == count)
  }

  /// The rounds of a permutation are nobody's keys: the words are of a stream of their own.
  @Test func streamsOfOneKeyDoNotMeet() {
    var seen: Set<UInt64> = []
    for counter in 0..<100 as Range<UInt64> {
      let rounds = (0..<12 as Range<UInt32>).map { RandomUse.permutation(round: $0) }
      for use in [.split, .folded] + rounds {
        seen.insert(randomWords(key: 7, for: use, counter: counter).0)
      }
    }
    #expect(seen.count == 100 * 14)
  }

  /// Small permutations are all alike likely: 6 of 3 elements, 24 of 4.
  @Test(arguments: [2, 3, 4]) func smallPermutationsAreAlikeLikely(n: Int) {
    let samples = 12_000
    var counts: [[Int64]: Int] = [:]
    for seed in 0..<samples {
      counts[Tensor<Int64>.permutation(n, key: Key(1).folded(in: seed)).scalars, default: 0] += 1
    }
    let kinds = (1...n).reduce(1, *)
    let expected = Double(samples) / Double(kinds)
    let chiSquared = counts.values.reduce(Double(kinds - counts.count) * expected) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    // Five standard deviations above the mean of so many degrees of freedom.
    let freedom = Double(kinds - 1)
    #expect(counts.count == kinds && chiSquared < freedom + 5 * (2 * freedom).squareRoot())
  }

  @Test(arguments: [1, 2, 3, 5]) func integersOfHugeRangesAreAlikeLikely(ranks: Int) throws {
    let samples = try onLoopbackRanks(ranks, workers: 2) { _ in
      let bound = Int64.max / 2
      let range = Int64.min...bound  // 3 · 2⁶² values
      let shares = Tensor<Int64>.randint(
        [60_000], in: range, key: Key(5), sharding: .sharded(axis: 0))
      return (
        shares.scalars, Tensor<Int64>.randint([60_000], in: range, key: Key(5)).scalars,
        Tensor<UInt64>.randint([30_000], in: 0...((3 << 62) - 1), key: Key(5)).scalars
      )
    }
    for (sharded, whole, unsigned) in samples {
      #expect(sharded == whole && sharded == samples[0].0 && unsigned == samples[0].2)
      // Numbers are 2⁶³ higher than distances, which leaves remainders of 3 in another order only.
      var counts = [0, 0, 0]
      for number in whole { counts[Int(UInt64(bitPattern: number) % 3)] += 1 }
      #expect(counts.allSatisfy { abs($0 - 20_000) < 600 }, "\(counts)")
      counts = [0, 0, 0]
      for number in unsigned { counts[Int(number % 3)] += 1 }
      #expect(counts.allSatisfy { abs($0 - 10_000) < 450 }, "\(counts)")
    }
  }

  @Test func numbersBetweenZeroAndOneStayBelowOne() {
    #expect(Tensor<Float>.rand([2_000_000], key: Key(3)).max().item() < 1)
    #expect(Tensor<Double>.rand([500_000], key: Key(3)).max().item() < 1)
    // Both ends of closed ranges come up, and nothing else.
    for type in 0..<2 {
      let numbers =
        type == 0
        ? Tensor<Int8>.randint([20_000], in: .min ... .max, key: Key(2)).scalars.map {
          Int($0) + 128
        }
        : Tensor<UInt8>.randint([20_000], in: .min ... .max, key: Key(2)).scalars.map { Int($0) }
      #expect(Set(numbers) == Set(0...255))
    }
  }
}
