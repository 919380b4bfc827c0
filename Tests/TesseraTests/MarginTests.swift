import Execution
import Tessera
import TestSupport
import Testing

/// Slices that are shifted against each other, of tensors so large that the elements of neighbours
/// have a place beside a rank's own.
@Suite struct MarginTests {
  /// 1 MiB a rank and more.
  private static let (rows, columns) = (400, 2000)

  private static func start(_ rows: Int, _ columns: Int, _ placement: Placement) -> Tensor<Double> {
    let numbers = (0..<rows * columns).map { Double(($0 * 7919) % 10_007) }
    return Tensor(numbers, shape: [rows, columns], sharding: placement)
  }

  /// The same on several ranks as on one.
  private func check(
    _ ranks: Int, _ rows: Int = rows, _ columns: Int = columns,
    _ program: @escaping @Sendable (Tensor<Double>) -> [Tensor<Double>]
  ) throws {
    let one = try onLoopbackRanks(1) { _ in
      program(Self.start(rows, columns, .replicated)).map(\.scalars)
    }[0]
    let several = try onLoopbackRanks(ranks) { _ in
      program(Self.start(rows, columns, .sharded(axis: 0))).map(\.scalars)
    }
    for (rank, results) in several.enumerated() {
      for (number, result) in results.enumerated() {
        #expect(result == one[number], "result \(number) on rank \(rank) of \(ranks)")
      }
    }
  }

  @Test(arguments: [2, 3]) func stencilsGiveTheSame(ranks: Int) throws {
    try check(ranks) { start in
      var u = start
      for _ in 0..<3 {
        let inner = u[1 ..<- 1, 1 ..<- 1]
        let around =
          u[..<-2, 1 ..<- 1] + u[2..., 1 ..<- 1] + u[1 ..<- 1, ..<-2] + u[1 ..<- 1, 2...]
        u[1 ..<- 1, 1 ..<- 1] = inner + 0.1 * (around - 4 * inner)
      }
      return [u, start]
    }
  }

  /// Rows at several distances cannot share a margin.
  @Test(arguments: [2, 3]) func slicesWithStepsGiveTheSame(ranks: Int) throws {
    try check(ranks) { x in
      let step = x[.stride(from: 0, to: 398, by: 2)]
      let other = x[.stride(from: 2, to: 400, by: 2)]
      return [x[3...] - x[..<-3], step * other, x[1...] - x[..<-1], step - other]
    }
  }

  /// What others look at stays when a tensor is written.
  @Test(arguments: [2, 3]) func writesLeaveWhatOthersHave(ranks: Int) throws {
    try check(ranks) { start in
      var x = start
      let before = x[..<-5] + 0
      let after = x[5...]
      let moved = before * after
      let view = after.redistributed(to: .sharded(axis: 0))
      x += 1
      let again = x[..<-5] - x[5...]
      x[0..<200] = x[200..<400]
      return [moved, view, again, x, x[2...] - x[..<-2]]
    }
  }

  /// A parameter keeps its address, and those who look at its old elements get a copy of them, with
  /// what lies in the margins.
  @Test(arguments: [2, 3]) func parametersLeaveWhatOthersHave(ranks: Int) throws {
    try check(ranks) { start in
      let parameter = Parameter(start)
      let view = parameter.value[5...].redistributed(to: .sharded(axis: 0))
      let sum = parameter.value[1...] + parameter.value[..<-1]
      try! parameter.assign(start * 2)
      return [view, sum, parameter.value]
    }
  }

  /// Vectors, and blocks in another order than that of their axes.
  @Test(arguments: [2, 3]) func otherLayoutsGiveTheSame(ranks: Int) throws {
    try check(ranks) { x in
      let line = x.flattened()
      let turned = x.transposed().evaluated()
      let back = turned.transposed()
      let diagonal = x.diagonal()
      return [
        line[9...] * line[..<-9], back[3...] - back[..<-3], back[..<-2] + back[2...],
        diagonal[2...] - diagonal[..<-2], x[2..., 7] - x[..<-2, 7], x[1..., 3] + x[..<-1, 3],
      ]
    }
  }

  /// No rank has a second copy of what it holds: the results, a term each, and the margins.
  @Test func shiftedSlicesTakeNoMemory() throws {
    let peaks = try onLoopbackRanks(2) { runtime in
      let x = Self.start(Self.rows, Self.columns, .sharded(axis: 0))
      let held = runtime.arena.statistics.inUse
      runtime.arena.resetPeak()
      let sum = dot(x[3...].flattened(), x[..<-3].flattened())
      _ = sum.storageIdentifier
      return runtime.arena.statistics.peak - held
    }
    #expect(peaks.allSatisfy { $0 < Self.rows * Self.columns * 8 / 2 / 8 })
  }
}
