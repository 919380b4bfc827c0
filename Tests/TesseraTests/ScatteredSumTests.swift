import Foundation
import Tessera
import TestSupport
import Testing

/// Many values added at one position, by themselves and as rows, and so as slopes of what was taken
/// often.
@Suite struct ScatteredSumTests {
  private func check<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _: S.Type, _ tolerance: Double, ranks: Int
  ) throws {
    let count = 300_001
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let tenths = Tensor<S>.full([count], 0.1)
      let expected = Double(S(0.1)) * Double(count)
      func isClose(_ sum: S, _ expected: Double) -> Bool {
        abs(Double(sum) / expected - 1) <= tolerance
      }
      let zeros = Tensor<Int64>.zeros([count])
      let start = Tensor<S>([7, 5])
      let sums = start.scatteringSum(tenths, at: zeros, axis: 0).scalars
      findings.check(isClose(sums[0], expected + 7) && sums[1] == 5, "\(sums)")
      // One crowded place beside others that are not, in the order of the values.
      let spread = (0..<count).map { Int64($0 % 3 == 0 ? 4 : $0) }
      let places = Tensor<Int64>(spread, shape: [count])
      let many = Tensor<S>.zeros([count]).scatteringSum(tenths, at: places, axis: 0)
      // 100 001 of each third value, and one whose place it is.
      findings.check(isClose(many[4].item(), Double(S(0.1)) * 100_002), "\(many[4])")
      findings.check(many[5].item() == 0.1 && many[6].item() == 0, "\(many[5])")
      // Rows, where the axis is whole and where it is cut.
      for sharding in [Placement.replicated, .sharded(axis: 0)] {
        let rows = Tensor<S>.ones([4, 3], sharding: sharding)
        let taken = Tensor<Int64>((0..<30_000).map { $0 % 100 == 0 ? 1 : 2 }, shape: [30_000])
        let slope = gradient(of: { (x: Tensor<S>) in (x.taking(taken) * 0.1).sum() })(rows)
        let all = try slope.gatheredScalars()
        let most = Double(S(0.1)) * 29_700
        findings.check(all[0] == 0 && isClose(all[6], most) && isClose(all[8], most), "\(all)")
        findings.check(isClose(all[3], Double(S(0.1)) * 300), "\(all)")
      }
      // Special values stay what they are.
      let infinite = select(Tensor<Int64>.arange(count) .== 9, S.infinity, tenths)
      findings.check(start.scatteringSum(infinite, at: zeros, axis: 0)[0].item() == .infinity)
      let spoiled = select(Tensor<Int64>.arange(count) .== 9, S.nan, tenths)
      findings.check(start.scatteringSum(spoiled, at: zeros, axis: 0)[0].item().isNaN)
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(S.self): \(found)")
  }

  @Test(arguments: [1, 3]) func crowdedPlacesDoNotStagnate(ranks: Int) throws {
    try check(Float.self, 2e-6, ranks: ranks)
    try check(Double.self, 1e-14, ranks: ranks)
    // One after the other they would.
    let naive = (0..<300_001).reduce(Float(0)) { sum, _ in sum + 0.1 }
    #expect(abs(Double(naive) / (Double(Float(0.1)) * 300_001) - 1) > 1e-4)
  }

  @Test func integersWrap() {
    onOneRank { _ in
      let values = Tensor<UInt8>.full([1000], 3)
      let sum = Tensor<UInt8>.zeros([2])
        .scatteringSum(values, at: Tensor<Int64>.zeros([1000]), axis: 0)
      #expect(sum.scalars == [UInt8(truncatingIfNeeded: 3000), 0])
    }
  }
}
