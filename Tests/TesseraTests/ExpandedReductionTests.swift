import Execution
import Tessera
import TestSupport
import Testing

/// Reductions of what broadcasting makes of small tensors: nothing of its size is stored, and the
/// results are those of stored elements, bit by bit.
@Suite struct ExpandedReductionTests {
  private static func points<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ count: Int, _ length: Int, _ key: UInt64, as: S.Type
  ) -> Tensor<S> {
    Tensor<S>.randn([count, length], key: Key(key))
  }

  private static func differences<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ p: Tensor<S>, _ q: Tensor<S>
  ) -> Tensor<S> {
    p.expandingAxis(at: 1) - q.expandingAxis(at: 0)
  }

  private static func check<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ type: S.Type, length: Int
  ) {
    let (p, q) = (points(40, length, 1, as: S.self), points(200, length, 2, as: S.self))
    let reductions: [(name: String, reduce: (Tensor<S>) -> Tensor<S>)] = [
      ("sum", { $0.sum(axes: 2) }),
      ("norm", { $0.norm(axes: 2) }),
      ("mean", { $0.mean(axes: 2) }),
      ("max", { $0.max(axes: 2) }),
      ("min", { $0.abs().min(axes: 2) }),
      ("max of zeros of both signs", { ($0.sign() * 0).max(axes: 2) }),
      ("min of zeros of both signs", { ($0.sign() * 0).min(axes: 2) }),
      ("logSumExp", { $0.logSumExp(axes: 2) }),
      ("variance", { $0.variance(axes: 2) }),
      ("kept", { $0.square().mean(axes: 2, keepingAxes: true) }),
      ("other axis", { $0.square().mean(axes: 1) }),
      ("two axes", { $0.square().mean(axes: [1, 2]) }),
    ]
    for (name, reduce) in reductions {
      let waiting = reduce(differences(p, q)).scalars
      let stored = reduce(differences(p, q).evaluated()).scalars
      #expect(
        waiting == stored && waiting.map(\.sign) == stored.map(\.sign),
        "\(name) of rows of \(length)")
    }
  }

  @Test(arguments: [1, 2, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 128, 200, 256, 257])
  func hasTheSameBits(length: Int) {
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      Self.check(Float.self, length: length)
      Self.check(Double.self, length: length)
    }
  }

  @Test func isTheSumOfSquares() {
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      let (p, q) = (
        Self.points(40, 16, 1, as: Double.self), Self.points(200, 16, 2, as: Double.self)
      )
      let distances = Self.differences(p, q).square().sum(axes: 2).scalars
      let (a, b) = (p.scalars, q.scalars)
      for i in 0..<40 {
        for j in 0..<200 {
          let expected = (0..<16).reduce(0) { sum, k in
            let difference = a[i * 16 + k] - b[j * 16 + k]
            return sum + difference * difference
          }
          #expect(abs(distances[i * 200 + j] - expected) <= 1e-13 * expected)
        }
      }
    }
  }

  /// Rows are cut between ranks: each has what it needs of the other operand.
  @Test(arguments: [2, 3]) func sharded(ranks: Int) throws {
    let expected = onOneRank { _ in
      let (p, q) = (Self.points(40, 16, 1, as: Float.self), Self.points(200, 16, 2, as: Float.self))
      return Self.differences(p, q).norm(axes: 2).scalars
    }
    for placements in [(0, nil), (nil, 0), (0, 0)] as [(Int?, Int?)] {
      let outcomes = try onLoopbackRanks(ranks, deferringFrom: 0) { _ in
        var findings = Findings()
        var p = Self.points(40, 16, 1, as: Float.self)
        var q = Self.points(200, 16, 2, as: Float.self)
        if let axis = placements.0 { p = p.redistributed(to: .sharded(axis: axis)) }
        if let axis = placements.1 { q = q.redistributed(to: .sharded(axis: axis)) }
        let distances = try Self.differences(p, q).norm(axes: 2).gatheredScalars()
        findings.check(distances == expected, "\(placements)")
        return findings
      }
      for findings in outcomes { #expect(findings.all.isEmpty, "\(findings.all)") }
    }
  }

  @Test(arguments: [16, 200]) func takesLittleMoreThanTheResult(length: Int) {
    onOneRank(workers: 2, deferringFrom: 0) { runtime in
      let p = Self.points(400, length, 1, as: Float.self)
      let q = Self.points(500, length, 2, as: Float.self)
      let (size, copies) = (400 * 500 * 4, 500 * length * 4)
      let reductions: [(name: String, result: () -> Tensor<Float>)] = [
        ("sum", { Self.differences(p, q).square().mean(axes: 2) }),
        ("max", { Self.differences(p, q).max(axes: 2) }),
        ("norm", { Self.differences(p, q).norm(axes: 2) }),
      ]
      for (name, result) in reductions {
        runtime.arena.resetPeak()
        let before = runtime.arena.statistics.inUse
        let reduced = result()
        _ = reduced.storageIdentifier
        let most = runtime.arena.statistics.peak - before
        #expect(
          2 * (most - copies) <= 3 * size, "\(name): \(most) bytes for \(size)")
        withExtendedLifetime(reduced) {}
      }
    }
  }
}
