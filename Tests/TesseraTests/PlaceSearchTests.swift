import Execution
import Tessera
import TestSupport
import Testing

/// Quantiles of a long axis that ranks hold parts of, which is searched where it lies.
@Suite struct PlaceSearchTests {
  private static let count = 40_000
  private static let shares = [0.001, 0.3, 0.5, 0.77, 0.9999]

  /// Elements in no order, of several kinds: different ones, few values, one value, both zeros,
  /// magnitudes far apart, and an order that a sample of neighbours would not see.
  private static let kinds: [@Sendable (Int) -> Double] = [
    { Double(($0 * 7919) % count) }, { Double(($0 * 7919) % 10) }, { _ in 3 },
    { $0 % 2 == 0 ? -0.0 : 0 }, { Double(($0 * 7919) % count - count / 2).exponential },
    { Double($0) }, { $0 < count / 2 ? 1 : 2 }, { $0 == 5 ? .nan : Double($0 % 100) },
  ]

  private static func quantiles(_ elements: [Double], _ placement: Placement) -> [UInt64] {
    let x = Tensor<Double>(elements, shape: [elements.count], sharding: placement)
    let floats = Tensor<Float>(elements.map { Float($0) }, shape: x.shape, sharding: placement)
    let numbers = elements.map { $0.isNaN ? -1 : Int32(clamping: Int($0.rounded())) }
    let integers = Tensor<Int32>(numbers, shape: x.shape, sharding: placement)
    return shares.flatMap { share in
      [
        x.quantile(share).item().bitPattern, UInt64(floats.quantile(share).item().bitPattern),
        integers.quantile(share).item().bitPattern,
      ]
    }
  }

  @Test(arguments: [2, 3, 5]) func givesWhatOneRankGives(ranks: Int) throws {
    for (number, kind) in Self.kinds.enumerated() {
      let elements = (0..<Self.count).map(kind)
      let one = try onLoopbackRanks(1) { _ in Self.quantiles(elements, .replicated) }[0]
      let several = try onLoopbackRanks(ranks, workers: 2) { _ in
        Self.quantiles(elements, .sharded(axis: 0))
      }
      #expect(several.allSatisfy { $0 == one }, "kind \(number)")
    }
  }

  /// Where the axis is not cut evenly, and ranks hold nothing.
  @Test func partsMayHaveAnyLength() throws {
    let elements = (0..<Self.count + 100).map { Double(($0 * 7919) % 4001) }
    let results = try onLoopbackRanks(4) { _ in
      let x = Tensor<Double>(elements, shape: [elements.count], sharding: .sharded(axis: 0))
      return [x[35_000...], x[..<33_000]].map { part in
        part.elementCount < 1 << 15 ? 0 : part.quantile(0.25).item()
      }
    }
    let first = elements[..<33_000].sorted()
    let place = 0.25 * 32_999
    let (low, high) = (first[Int(place)], first[Int(place) + 1])
    #expect(results.allSatisfy { $0[1] == low + (high - low) * (place - Double(Int(place))) })
  }

  /// Far less than the elements moves, as often as the plan and a dry run say.
  @Test(arguments: [2, 3]) func movesASampleCountsAndAFew(ranks: Int) throws {
    @Sendable func program() -> Tensor<Double> {
      Tensor<Double>.rand([1 << 18], key: Key(1), sharding: .sharded(axis: 0)).quantile(0.4)
    }
    let real = try onLoopbackRanks(ranks) { runtime in
      _ = program().storageIdentifier
      return runtime.communicator.traffic
    }
    let dry = try dryRun(ranks: ranks, reporting: Array(0..<ranks)) { _ = program() }
    #expect(dry.reports.map(\.traffic) == real)
    #expect(real.allSatisfy { $0.bytesReceived < 1 << 18 })
  }

  /// The slope belongs to the elements at the places.
  @Test func hasASlope() throws {
    let slopes = try onLoopbackRanks(3) { _ in
      let x = Tensor<Double>(
        (0..<Self.count).map { Double(($0 * 7919) % Self.count) }, shape: [Self.count],
        sharding: .sharded(axis: 0))
      return gradient(of: { (x: Tensor<Double>) in x.median() })(x).scalars
    }
    let expected = (0..<Self.count).map { number -> Double in
      let place = (number * 7919) % Self.count
      return place == Self.count / 2 || place == Self.count / 2 - 1 ? 0.5 : 0
    }
    #expect(slopes.allSatisfy { $0 == expected })
  }

  /// The values of the first in order come from their owners with all their bits.
  @Test(arguments: [2, 3]) func firstOnesKeepTheirBits(ranks: Int) throws {
    let elements: [Double] = (0..<500).map { $0 % 3 == 0 ? -0.0 : $0 % 3 == 1 ? 0 : .nan }
    let results = try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Double>(elements, shape: [500], sharding: .sharded(axis: 0))
      let found = x.topK(400, largest: false)
      return zip(found.values.scalars, found.indices.scalars).map {
        $0.bitPattern == elements[Int($1)].bitPattern
      }
    }
    #expect(results.allSatisfy { $0.count == 400 && $0.allSatisfy { $0 } })
  }
}

extension Double {
  /// A number of this sign whose magnitude grows by powers.
  fileprivate var exponential: Double { self < 0 ? -1 / -self : self * self * self }
}
