import Execution
import Machine
import Tessera
import TestSupport
import Testing

/// Dry runs count what a program would do, on ranks that are not there. That they count what
/// operations move is tried for each row of the table of operations.
@Suite struct DryRunTests {
  /// The same program for real and dry: what each rank moves, and the most memory that it takes.
  @Test(arguments: [1, 2, 3, 5]) func countsAreThoseOfRealRanks(ranks: Int) throws {
    @Sendable func program() {
      var x = Tensor<Float>.rand([60, 50], key: Key(1), sharding: .sharded(axis: 0))
      let w = Tensor<Float>.rand([50, 70], key: Key(2), sharding: .sharded(axis: 1))
      x += 1
      let y = matmul(x, w).tanh()
      let z = concatenate([y, y], axis: 0).redistributed(to: .sharded(axis: 1))
      x[2..<30] = z[2..<30, 0..<50] * 2
      _ = (z.variance(axes: 0) + z.max(axes: 0)).sum().item(assuming: 3)
      _ = x.sorted(axis: 0).cumulativeSum(axis: 0).argmax()
    }
    let real = try onLoopbackRanks(ranks) { runtime in
      program()
      return (runtime.communicator.traffic, runtime.arena.statistics.peak)
    }
    let dry = try dryRun(ranks: ranks, reporting: Array(0..<ranks), program)
    #expect(dry.reports.map(\.rank) == Array(0..<ranks))
    for (report, (traffic, peak)) in zip(dry.reports, real) {
      #expect(report.traffic == traffic)
      // What sorts and reductions take for themselves meanwhile is not known.
      #expect(report.peakMemory <= peak && peak - report.peakMemory <= peak / 20)
      #expect(report.work.multiplications > 0 && report.work.bytesWritten > 0)
    }
  }

  @Test func tensorsTakeNoMemory() throws {
    // 16 TiB in all, 4 GiB a rank.
    let report = try dryRun(ranks: 4096) {
      let x = Tensor<Double>.rand([1 << 21, 1 << 20], key: Key(1), sharding: .sharded(axis: 0))
      _ = (x * 2 + 1).sum(axes: 1).redistributed(to: .replicated)
    }
    #expect(report.reports.count == 1 && report.reports[0].peakMemory > 1 << 32)
    // Each rank has 512 sums of 2²¹ and receives the others.
    #expect(report.reports[0].traffic.bytesReceived == ((1 << 21) - 512) * 8)
    #expect(report.description.contains("dry run on 4096 ranks"))
    #expect(report.description.contains("all-gather"))
  }

  @Test func theBusiestRankIsReportedToo() throws {
    // Two of three rows lie on rank 0, one on rank 1: those after them lack most.
    let report = try dryRun(ranks: 5) {
      let x = Tensor<Float>.ones([10, 8], sharding: .sharded(axis: 0))
      _ = x[..<3].redistributed(to: .replicated)
    }
    try #require(report.reports.map(\.rank) == [0, 2])
    let received = report.plans.map { plan in (0..<5).map { plan.bytesReceived(by: $0) } }
      .reduce([Int](repeating: 0, count: 5)) { zip($0, $1).map { $0 + $1 } }
    #expect(received[report.reports[1].rank] == received.max())
    for reported in report.reports {
      #expect(reported.traffic.bytesReceived == received[reported.rank])
    }
  }

  @Test func valuesAreErrorsOrAssumed() throws {
    func message(_ body: () throws -> Void) -> String {
      do {
        _ = try dryRun(ranks: 3, body)
        return "nothing"
      } catch { return "\(error)" }
    }
    let x = { Tensor<Float>.rand([6, 4], key: Key(1), sharding: .sharded(axis: 0)) }
    for (name, body) in [
      ("item", { _ = try x().sum().checkedItem() }),
      ("scalars", { _ = try x().gatheredScalars() }),
      ("localPart", { _ = try x().localScalars() }),
      ("mask", { _ = try x().index([.mask(x() .> 0)]) }),
      ("taking", { _ = try x().taken(at: x().argmax(axis: 1), axis: 0) }),
      ("description", { _ = try x().rendered() }),
    ] as [(String, () throws -> Void)] {
      let text = message(body)
      #expect(text.hasPrefix("\(name): ") && text.contains("only planned"), "\(text)")
    }
    let report = try dryRun(ranks: 3) {
      #expect(x().sum().item(assuming: 7) == 7)
      #expect(x().masked(by: x() .> 0, assuming: 5).shape == [5])
      #expect((x() .> 0).nonZero(assuming: 4).shape == [4, 2])
      #expect(x().unique(assuming: 24).shape == [24])
      // What the program gives itself is known.
      #expect(Tensor<Float>([1, 2, 3], shape: [3]).scalars == [1, 2, 3])
      #expect(x().taking([5, 0]).shape == [2, 4])
    }
    #expect(report.plans.count > 10)
    let tooMany = message { _ = x().masked(by: x() .> 0, assuming: 0) }
    #expect(tooMany == "nothing")
    // Elsewhere the values themselves count.
    #expect(Tensor<Float>([3]).item(assuming: 7) == 3)
    #expect(Tensor<Float>([3, 0, 5]).nonZero(assuming: 9).shape == [2, 1])
  }

  @Test func whatIsOutsideStaysAsItIs() throws {
    let outcomes = try onLoopbackRanks(2, deferringFrom: 0) { runtime in
      var x = Tensor<Float>.ones([4, 4], sharding: .sharded(axis: 0))
      let pending = x + 1
      let parameter = Parameter(x)
      let allocations = runtime.arena.statistics.allocations
      let plans = explain {
        let tape = GradientTape()
        let loss = tape.record { (pending * parameter.value).sum() }
        _ = tape.gradients(of: loss, at: [parameter])
        try? parameter.assign(pending)
      }
      let unchanged = runtime.arena.statistics.allocations == allocations
      let isPending = pending.body.isPending
      x[0] = Tensor<Float>([9, 9, 9, 9])
      return (
        plans.count, unchanged, isPending, parameter.value.scalars, parameter.gradient.scalars,
        pending.scalars
      )
    }
    for (count, unchanged, isPending, value, gradient, sum) in outcomes {
      #expect(count > 2 && unchanged && isPending)
      #expect(value == [Float](repeating: 1, count: 16))
      #expect(gradient == [Float](repeating: 0, count: 16))
      #expect(sum == [Float](repeating: 2, count: 16))
    }
  }

  @Test func mistakesAreTold() throws {
    func message(_ ranks: Int, reporting: [Int]? = nil, _ body: () throws -> Void = {}) -> String {
      do {
        _ = try dryRun(ranks: ranks, reporting: reporting, body)
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(message(0).contains("0 ranks") && message(0).contains("1...1048576"))
    #expect(message(4, reporting: [4]).contains("0..<4"))
    #expect(message(4, reporting: []).contains("0..<4"))
    let outside = Tensor<Float>.ones([3])
    let text = message(4) { _ = try Unary(.exp).apply([outside.body]) }
    #expect(text.contains("a tensor from outside, of 1 ranks, in a dry run of 4"), "\(text)")
  }

  /// A cap holds for what would be taken.
  @Test func capsHoldInDryRuns() throws {
    let outcome = try onLoopbackRanks(1) { runtime in
      runtime.arena.limit = 1 << 24
      do {
        _ = try runtime.dryRun(of: 2, reporting: nil) {
          let x = Tensor<Float>.zeros([3 << 20])
          _ = try Operation.concatenate(axis: 0).apply(to: [x, x])
        }
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(outcome[0].contains("cap"), "\(outcome)")
  }
}
