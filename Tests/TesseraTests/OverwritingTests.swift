import Execution
import MessagePassing
import Tessera
import TestSupport
import Testing

/// Writes of values that are made of the target's own elements: the same as if the value had been
/// computed before, without a place for it.
@Suite struct OverwritingTests {
  private typealias Step = (inout Tensor<Double>) -> Void

  /// What a write allocates, and whether the elements have stayed where they are.
  private static func cost(
    _ shape: Shape, workers: Int = 2, _ step: Step
  ) -> (allocations: Int, isInPlace: Bool) {
    onOneRank(workers: workers, deferringFrom: 0) { runtime in
      var x = Tensor<Double>.randn(shape, key: Key(1))
      let place = x.storageIdentifier
      let before = runtime.arena.statistics.allocations
      step(&x)
      return (runtime.arena.statistics.allocations - before, x.storageIdentifier == place)
    }
  }

  /// Heat that spreads: as users write it.
  private static func spread(_ u: Tensor<Double>) -> Tensor<Double> {
    let n = u.shape[0]
    let m = u.shape[1]
    return u[1..<n - 1, 1..<m - 1] + 0.1
      * (u[0..<n - 2, 1..<m - 1] + u[2..<n, 1..<m - 1] + u[1..<n - 1, 0..<m - 2]
        + u[1..<n - 1, 2..<m] - 4 * u[1..<n - 1, 1..<m - 1])
  }

  @Test(arguments: [1, 2, 3]) func aStencilTakesNoMemory(workers: Int) {
    let cost = Self.cost([600, 500], workers: workers) { u in
      u[1..<599, 1..<499] = Self.spread(u)
    }
    #expect(cost.allocations == 0)
    #expect(cost.isInPlace)
  }

  @Test func partsTakeNoMemory() {
    let steps: [(name: String, step: Step)] = [
      ("a part is added to", { $0[1..<99, 1..<99] += $0[0..<98, 2..<100] * 2 }),
      ("a part is scaled", { $0[1..<99, 1..<99] *= 2 }),
      ("rows move on", { $0[1..<100] = $0[0..<99] }),
      ("rows move back", { $0[0..<99] = $0[1..<100] * 2 }),
      ("halves apart", { $0[0..<50] = $0[50..<100] * 2 }),
      ("columns", { $0[.all, 0..<99] = $0[.all, 1..<100] - $0[.all, 0..<99] }),
    ]
    for (name, step) in steps {
      let cost = Self.cost([100, 100], step)
      #expect(cost.allocations == 0 && cost.isInPlace, "\(name): \(cost)")
    }
  }

  /// What is read far away, or in another order, takes the place of the value, and no more.
  @Test func otherOrdersTakeThePlaceOfTheValue() {
    let steps: [(name: String, step: Step)] = [
      ("transposed", { $0[0..<60, 0..<60] = $0[0..<60, 0..<60].transposed() * 2 }),
      ("far", { $0[40..<100] = $0[0..<60] + 1 }),
      ("row", { $0[1..<100] = $0[1..<100] - $0[50..<51] }),
    ]
    for (name, step) in steps {
      let cost = Self.cost([100, 100], step)
      #expect(cost.allocations == 1 && cost.isInPlace, "\(name): \(cost)")
    }
  }

  /// The value's elements, computed before.
  private static func before(_ value: Tensor<Double>) -> Tensor<Double> { value.evaluated() }

  @Test(arguments: [1, 2, 3]) func isAsIfTheValueHadBeenComputedBefore(workers: Int) {
    let waits: (Tensor<Double>) -> Tensor<Double> = { $0 }
    typealias Form = (inout Tensor<Double>, (Tensor<Double>) -> Tensor<Double>) -> Void
    let forms: [(name: String, shape: Shape, form: Form)] = [
      ("stencil", [700, 300], { $0[1..<699, 1..<299] = $1(Self.spread($0)) }),
      ("on by one", [200_000], { $0[1..<200_000] = $1($0[0..<199_999] * 2) }),
      ("back by one", [200_000], { $0[0..<199_999] = $1($0[1..<200_000] * 2) }),
      ("both ways", [200_001], { $0[1..<200_000] = $1($0[2..<200_001] - $0[0..<199_999]) }),
      ("far", [60_000], { $0[25_000..<60_000] = $1($0[0..<35_000] + 1) }),
      ("near", [60_000], { $0[5000..<60_000] = $1($0[0..<55_000] + $0[1..<55_001]) }),
      (
        "steps", [60_000],
        {
          $0[.stride(from: 2, to: 60_000, by: 2)] = $1($0[.stride(from: 0, to: 59_998, by: 2)] + 1)
        }
      ),
      (
        "into steps", [60_000], { $0[.stride(from: 0, to: 60_000, by: 2)] = $1($0[0..<30_000] + 1) }
      ),
      ("reversed", [60_000], { $0[0..<60_000] = $1($0.flipped(axes: 0) - $0) }),
      ("transposed", [300, 300], { $0[.all, .all] = $1($0.transposed() - $0) }),
      ("row", [300, 300], { $0[.all, .all] = $1($0 - $0[7..<8]) }),
      ("column", [300, 300], { $0[.all, 5..<300] = $1($0[.all, 5..<300] - $0[.all, 9..<10]) }),
      ("view", [200_000], { $0[1..<200_000] = $1($0[0..<199_999]) }),
      ("added", [700, 300], { $0[1..<699, 1..<299] += $1(Self.spread($0)) }),
      ("all", [300, 300], { $0 += $1($0.transposed() * 2) }),
    ]
    onOneRank(workers: workers, deferringFrom: 0) { _ in
      for (name, shape, form) in forms {
        let x = Tensor<Double>.randn(shape, key: Key(1))
        var (own, expected) = (x + 0, x + 0)
        form(&own, waits)
        form(&expected, Self.before)
        #expect(own.scalars == expected.scalars, "\(name)")
      }
    }
  }

  @Test func valuesThatAreHeldStay() {
    onOneRank(deferringFrom: 0) { _ in
      var x = Tensor<Double>.randn([5000], key: Key(1))
      let scalars = x.scalars
      let (doubled, part) = (x[0..<4999] * 2, x[0..<4999])
      x[1..<5000] = doubled
      x[0..<4999] = part
      #expect(doubled.scalars == scalars.dropLast().map { $0 * 2 })
      #expect(part.scalars == Array(scalars.dropLast()))
      #expect(x.scalars.dropLast() == scalars.dropLast())
      let copy = x
      x[1..<5000] = x[0..<4999] + 1
      #expect(copy.scalars.dropLast() == scalars.dropLast())
    }
  }

  /// What waits for elements that are written over is computed in one pass.
  @Test func readersAreComputedTogether() {
    onOneRank(deferringFrom: 0) { runtime in
      var u = Tensor<Double>.randn([100, 100], key: Key(1))
      let expected = Self.spread(u).scalars
      let next = Self.spread(u)
      let before = runtime.arena.statistics.allocations
      u += 1
      #expect(runtime.arena.statistics.allocations == before + 1)
      #expect(next.scalars == expected)
    }
  }

  /// Where ranks hold rows or columns: the same values.
  @Test(arguments: [2, 3], [0, 1]) func cutAxes(ranks: Int, axis: Int) throws {
    let expected = onOneRank { _ in
      var u = Tensor<Double>.randn([60, 50], key: Key(1))
      for _ in 0..<3 { u[1..<59, 1..<49] = Self.spread(u).evaluated() }
      u[1..<60] += (u[0..<59] * 0.5).evaluated()
      return u.scalars
    }
    let outcomes = try onLoopbackRanks(ranks, deferringFrom: 0) { _ in
      var findings = Findings()
      var u = Tensor<Double>.randn([60, 50], key: Key(1)).redistributed(to: .sharded(axis: axis))
      for _ in 0..<3 { u[1..<59, 1..<49] = Self.spread(u) }
      u[1..<60] += u[0..<59] * 0.5
      findings.check(try u.gatheredScalars() == expected, "\(u.scalars)")
      return findings
    }
    for findings in outcomes { #expect(findings.all.isEmpty, "\(findings.all)") }
  }
}
