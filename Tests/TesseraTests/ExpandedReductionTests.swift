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
      ("sum of squares", { $0.square().sum(axes: 2) }),
      ("sum of magnitudes", { $0.abs().sum(axes: 2) }),
      ("largest magnitude", { $0.abs().max(axes: 2) }),
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

  private static func checkPlaces<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ type: S.Type
  ) {
    func random(_ shape: Shape, _ key: UInt64) -> Tensor<S> { .randn(shape, key: Key(key)) }
    let (p, q) = (points(40, 24, 1, as: S.self), points(50, 24, 2, as: S.self))
    let pairs: [(name: String, a: Tensor<S>, b: Tensor<S>, axes: Axes)] = [
      ("the second varies first", p.expandingAxis(at: 0), q.expandingAxis(at: 1), [2]),
      ("few columns", random([300, 1, 20], 3), random([1, 3, 20], 4), [2]),
      ("few rows", random([2, 1, 20], 3), random([1, 300, 20], 4), [2]),
      (
        "the first axis", p.transposed().expandingAxis(at: 2), q.transposed().expandingAxis(at: 1),
        [0]
      ),
      ("the middle axis", random([30, 20, 1], 3), random([1, 20, 40], 4), [1]),
      ("a long first axis", random([90, 30, 1], 3), random([90, 1, 40], 4), [0]),
      ("two axes", random([30, 1, 3, 8], 3), random([1, 40, 3, 8], 4), [2, 3]),
      ("axes apart", random([3, 30, 1, 8], 3), random([3, 1, 40, 8], 4), [0, 3]),
      (
        "turned axes", random([8, 3, 30, 1], 3).permuted([2, 3, 1, 0]), random([40, 3, 8], 4),
        [2, 3]
      ),
      (
        "every other", p[.ellipsis, .stride(by: 2)].expandingAxis(at: 1),
        q[.ellipsis, .stride(by: 2)], [2]
      ),
      ("backwards", p.flipped(axes: [1]).expandingAxis(at: 1), q, [2]),
      ("many sets", random([3, 2, 200, 1, 16], 3), random([2, 1, 90, 16], 4), [4]),
      ("many small sets", random([30, 10, 1, 16], 3), random([30, 1, 12, 16], 4), [3]),
      ("rows of one", p.expandingAxis(at: 1)[0..<1], q, [2]),
      ("of one number", p.expandingAxis(at: 1), random([1, 50, 1], 5), [2]),
      ("of the same", p.expandingAxis(at: 1), p.expandingAxis(at: 0), [2]),
    ]
    for (name, a, b, axes) in pairs {
      let reductions: [(name: String, reduce: (Tensor<S>) -> Tensor<S>)] = [
        ("norm", { $0.norm(axes: axes) }),
        ("product with itself", { ($0 * $0).sum(axes: axes) }),
        ("magnitudes", { $0.abs().sum(axes: axes) }),
        ("largest", { $0.abs().max(axes: axes, keepingAxes: true) }),
      ]
      for reduction in reductions {
        let waiting = reduction.reduce(a - b)
        let stored = reduction.reduce((a - b).evaluated())
        #expect(
          waiting.shape == stored.shape && waiting.scalars == stored.scalars,
          "\(reduction.name): \(name)")
      }
    }
  }

  @Test func hasTheSameBitsWhereverElementsLie() {
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      Self.checkPlaces(Float.self)
      Self.checkPlaces(Double.self)
    }
  }

  /// Positions of extremes are those of stored elements, whatever these are computed from.
  private static func checkPositions<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ type: S.Type
  ) {
    for (rows, length) in [
      (1, 1), (300, 1), (300, 3), (70, 16), (70, 64), (9, 65), (3, 5001), (1, 70_000),
    ] {
      // Many are equal, some are no numbers.
      let x = (Tensor<S>.randn([rows, length], key: Key(UInt64(length))) * 2).floor()
      let withNaN = select(x .> 3, S.nan, x)
      let row = Tensor<S>.randn([length], key: Key(5)).floor()
      for x in [x, withNaN] {
        let stored = (x - row).evaluated()
        let expected = (0..<rows).map { number -> (least: Int64, most: Int64) in
          let values = stored[number].scalars
          let places = values.indices
          if let place = places.first(where: { values[$0].isNaN }) {
            return (Int64(place), Int64(place))
          }
          let (least, most) = (values.min()!, values.max()!)
          return (
            Int64(places.first { values[$0] == least }!),
            Int64(places.first { values[$0] == most }!)
          )
        }
        #expect((x - row).argmin(axis: 1).scalars == expected.map(\.least), "\(rows) × \(length)")
        #expect((x - row).argmax(axis: 1).scalars == expected.map(\.most), "\(rows) × \(length)")
        // Of all, along another axis, and of what lies in another order.
        #expect((x - row).argmax().item() == stored.argmax().item())
        #expect((x - row).argmin(axis: 0) == stored.argmin(axis: 0))
        #expect((x.transposed() - 1).argmin(axis: 0) == (x - 1).argmin(axis: 1))
        #expect((x.transposed() - 1).argmin(axis: 1) == (x - 1).argmin(axis: 0))
        #expect(
          (x[.ellipsis, .stride(by: 2)] + 1).argmax(axis: 1)
            == x[.ellipsis, .stride(by: 2)].argmax(axis: 1))
      }
    }
    let (p, q) = (points(40, 24, 1, as: S.self), points(50, 24, 2, as: S.self))
    for axis in 0..<3 {
      #expect(
        differences(p, q).argmin(axis: axis) == differences(p, q).evaluated().argmin(axis: axis))
    }
  }

  @Test func positionsAreThoseOfStoredElements() {
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      Self.checkPositions(Float.self)
      Self.checkPositions(Double.self)
      let integers = Tensor<Int32>.randint([300, 20], in: -5..<5, key: Key(3))
      #expect((integers * 3 - 1).argmax(axis: 1) == (integers * 3 - 1).evaluated().argmax(axis: 1))
      let isLarge = integers .> 3
      #expect(
        isLarge.converted(to: Int8.self).argmax(axis: 1)
          == isLarge.converted(to: Int8.self).evaluated().argmax(axis: 1))
    }
  }

  /// Nothing but the positions, and the extremes that belong to them, is written.
  @Test func positionsOfWhatWaitsStoreNothing() throws {
    let report = try dryRun(ranks: 1) {
      let x = Tensor<Double>.rand([5000, 20], key: Key(1))
      _ = (x * 2 - 1).argmin(axis: 1)
    }
    #expect((800_000..<801_000).contains(report.reports[0].work.bytesRead))
    #expect(report.reports[0].work.bytesWritten == 800_000 + 2 * 5000 * 8)
  }

  /// Distances whose squares are no numbers stand beside ordinary ones, which stay as they are.
  @Test func normsNeitherOverflowNorVanish() {
    onOneRank(workers: 2, deferringFrom: 0) { _ in
      let p = Self.points(40, 16, 1, as: Float.self)
      let scales = Tensor<Float>([1, 0, 1e-30, 1e25], shape: [4, 1])
      for scale in [0, 1] {
        let factors = scales[scale * 2..<scale * 2 + 2].repeated(100, axis: 0)
        let q = Self.points(200, 16, 2, as: Float.self) * factors
        let found = distances(p * factors[0..<1], q * 1).scalars
        let stored = Self.differences(p * factors[0..<1], q).evaluated().norm(axes: 2).scalars
        #expect(found == stored && found.allSatisfy { $0.isFinite && $0 > 0 })
      }
      let equal = distances(p, p).scalars
      #expect((0..<40).allSatisfy { equal[$0 * 41] == 0 })
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
