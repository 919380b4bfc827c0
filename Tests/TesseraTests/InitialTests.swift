import Tessera
import TestSupport
import Testing

/// Extremes with one more element, which is all that an empty axis has.
@Suite struct InitialTests {
  @Test(arguments: [1, 2, 3]) func theValueTakesPart(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks, workers: 2) { _ in
      var findings = Findings()
      let x = Tensor<Float>([1, -2, 5, 0, 3, -7], shape: [3, 2])
      for sharding in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
        let y = x.redistributed(to: sharding)
        findings.check(y.max(initial: 4).item() == 5 && y.max(initial: 9).item() == 9)
        findings.check(y.min(initial: 4).item() == -7 && y.min(initial: -9).item() == -9)
        findings.check(y.max(axes: 0, initial: 4).scalars == [5, 4])
        findings.check(y.min(axes: 1, keepingAxes: true, initial: -3).scalars == [-3, -3, -7])
        findings.check(y.min(axes: 1, keepingAxes: true, initial: -3).shape == [3, 1])
        findings.check(y.max(initial: .nan).item().isNaN)
        let none = Tensor<Float>.zeros([0, 2]).redistributed(to: sharding)
        findings.check(none.max(axes: 0, initial: 7).scalars == [7, 7])
        findings.check(none.max(axes: 1, initial: 7).shape == [0])
        findings.check(none.min(initial: -.infinity).item() == -.infinity)
        let integers = Tensor<UInt8>.zeros([2, 0], sharding: sharding)
        findings.check(integers.max(axes: 1, initial: 3).scalars == [3, 3])
        findings.check(integers.min(axes: [0, 1], initial: 255).item() == 255)
      }
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test func gradientsGoToWhatWon() {
    let x = Tensor<Double>([1, 4, 2, 3], shape: [2, 2])
    #expect(gradient(of: { $0.max(axes: 1, initial: 3.5).sum() })(x).scalars == [0, 1, 0, 0])
    #expect(gradient(of: { $0.min(initial: -1) })(x).scalars == [0, 0, 0, 0])
    let none = Tensor<Double>.zeros([2, 0])
    #expect(gradient(of: { $0.max(axes: 1, initial: 2).sum() })(none).shape == [2, 0])
    #expect(checkGradient(of: { ($0.max(axes: 0, initial: 2.5) * 3).sum() }, at: x) < 1e-6)
  }

  @Test func anEmptyAxisAsksForOne() {
    let message = #expect(throws: TensorError.self) {
      try Reduce(.max, axes: [1], keepingAxes: false).apply([Tensor<Float>.zeros([2, 0]).body])
    }
    #expect(message?.expected.contains("initial:") == true)
  }
}
