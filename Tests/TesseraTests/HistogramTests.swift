import Tessera
import TestSupport
import Testing

/// Bins are those of NumPy: edges decide, and edges are low + i · step. Expected counts were
/// computed with NumPy 2.
@Suite struct HistogramTests {
  private func bins(_ counts: Tensor<Int64>) -> [Int] {
    counts.scalars.enumerated().flatMap { [Int](repeating: $0.offset, count: Int($0.element)) }
  }

  @Test func edgesDecide() {
    #expect(bins(Tensor<Double>([0.3, 0.6, 0.7]).histogram(bins: 10, in: 0...1)) == [2, 5, 6])
    #expect(bins(Tensor<Float>([0.3, 0.6, 0.7]).histogram(bins: 10, in: 0...1)) == [3, 6, 7])
    #expect(bins(Tensor<Double>([0, 1, -0.0, 2, -1]).histogram(bins: 10, in: 0...1)) == [0, 0, 9])
  }

  /// Every edge itself, and its neighbours, against edges made as NumPy makes them.
  @Test(arguments: [1, 2, 3]) func everyEdgeIsTheFirstOfItsBin(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks, workers: 2) { _ in
      var findings = Findings()
      for (low, high, count) in [
        (0.0, 1.0, 10), (0.0, 1.0, 49), (-3.7, 11.3, 1000), (1e-3, 1e3, 77), (-1e300, 1e300, 64),
        (0.1, 0.7, 6),
      ] {
        let step = (high - low) / Double(count)
        let edges = (0...count).map { $0 == count ? high : Double($0) * step + low }
        let values = edges.flatMap { [$0.nextDown, $0, $0.nextUp] }
        let x = Tensor<Double>(values).redistributed(to: .sharded(axis: 0))
        var expected = [Int64](repeating: 0, count: count)
        for value in values where value >= low && value <= high {
          expected[min(edges.lastIndex { $0 <= value }!, count - 1)] += 1
        }
        findings.check(
          x.histogram(bins: count, in: low...high).scalars == expected, "\(count) bins")
      }
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test func integersAreComparedAsTheyAre() {
    let x = Tensor<Int32>((0..<100).map { Int32($0) })
    #expect(x.histogram(bins: 7, in: 0...99).scalars == [15, 14, 14, 14, 14, 14, 15])
    #expect(x.histogram(bins: 3, in: 10...12).scalars == [1, 1, 1])
    // As Doubles these would be the bound, which they are not.
    let large = Int64(1) << 53
    let y = Tensor<Int64>([large - 1, large, large + 1, .max, .min])
    #expect(y.histogram(bins: 1, in: 0...large).scalars == [2])
    #expect(y.histogram(bins: 2, in: .min ... .max).scalars == [1, 4])
    #expect(
      Tensor<UInt64>([0, .max, .max - 1]).histogram(bins: 4, in: 0...(.max - 1)).scalars
        == [1, 0, 0, 1])
    #expect(Tensor<UInt8>([0, 127, 128, 255]).histogram(bins: 2, in: 0...255).scalars == [2, 2])
  }

  @Test func nothingHasEmptyBins() {
    #expect(Tensor<Float>.zeros([0]).histogram(bins: 3, in: 0...1).scalars == [0, 0, 0])
    #expect(Tensor<Float>.zeros([0, 4]).histogram(bins: 2, in: 0...1).scalars == [0, 0])
  }

  @Test func refusalsTellTheLimit() async {
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Tensor<Float>([1]).histogram(bins: 1 << 40, in: 0...1)
    }.told("tessera: histogram: given \(1 << 40) bins; expected a number of bins in 1...\(1 << 28)")
    await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      _ = Tensor<Float>([1]).histogram(bins: 4, in: 1...1)
    }.told("tessera: histogram: given the range 1.0...1.0")
  }
}
