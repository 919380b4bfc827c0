import Dispatch
import Execution
import Tessera
import TestSupport
import Testing

/// What profiles tell of operations, passes and stored results.
@Suite struct ProfileTests {
  /// Large enough to wait.
  private static let count = 1 << 16

  private func operation(_ name: String, of profile: Profile) -> Profile.Operation? {
    profile.operations.first { $0.name == name }
  }

  @Test func aPassIsToldWithItsFunctions() {
    onOneRank { _ in
      let x = Tensor<Float>.ones([Self.count])
      let profile = profile { _ = (x * 2 + 1).sum().item() }
      let sum = operation("sum", of: profile)
      #expect(sum?.count == 1)
      let pass = sum?.work.first { $0.name.hasPrefix("sum of") }
      #expect(pass?.name == "sum of multiply, add", "\(profile)")
      #expect(pass?.count == 1 && pass?.bytesRead == 4 * Self.count && pass?.bytesWritten == 4)
      #expect(profile.stored.isEmpty)
      #expect(profile.copiedBytesPerSecond ?? 0 > 0)
      #expect(profile.description.contains("sum of multiply, add"))
    }
  }

  @Test func storedResultsHaveReasons() {
    onOneRank { _ in
      let x = Tensor<Float>.ones([Self.count])
      let shared = profile {
        let y = x * 2
        _ = (y + 1).sum().item()
        _ = (y + 2).sum().item()
      }
      #expect(shared.stored.map(\.count).reduce(0, +) == 1, "\(shared)")
      #expect(shared.stored.first?.reason.contains("more than one") == true, "\(shared)")
      #expect(shared.stored.first?.byteCount == 4 * Self.count)
      let repeated = profile {
        let row = x * 2
        _ = (row + Tensor<Float>.ones([2, Self.count])).sum().item()
      }
      #expect(repeated.stored.first?.reason.contains("repeats") == true, "\(repeated)")
    }
  }

  @Test func smallOperationsAreCounted() {
    onOneRank { _ in
      let x = Tensor<Float>([1, 2, 3])
      let profile = profile { for _ in 0..<5 { _ = x + x } }
      #expect(operation("add", of: profile)?.count == 5, "\(profile)")
    }
  }

  /// Operations of several threads, each with work within it, are counted for what they are.
  @Test func threadsAreToldApart() {
    onOneRank { _ in
      let x = Tensor<Float>.ones([40, 40])
      let profile = profile {
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
          for _ in 0..<50 { if thread < 2 { _ = x.sum(axes: 0) } else { _ = matmul(x, x) } }
        }
      }
      for name in ["sum", "matmul"] {
        let own = operation(name, of: profile)
        #expect(own?.count == 100, "\(profile)")
        #expect(own?.work.map(\.count).reduce(0, +) == 100, "\(profile)")
      }
    }
  }

  /// What a rank does by itself with what it holds belongs to its profile, and to none afterwards.
  @Test(arguments: [1, 2]) func workOfARankAloneIsCounted(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let x = Tensor<Float>.ones([6, 4], sharding: .sharded(axis: 0))
      var shard: Tensor<Float>?
      let profile = profile {
        shard = x.shard
        _ = shard!.sum(axes: 0)
      }
      findings.check(operation("sum", of: profile)?.count == 1, "\(profile)")
      let before = "\(profile)"
      _ = shard!.sum(axes: 0)
      findings.check("\(profile)" == before && Runtime.current.profiler == nil, "still noted")
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  @Test(arguments: [1, 2]) func itEndsWithItsProgram(ranks: Int) throws {
    struct Stop: Error {}
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let x = Tensor<Float>.ones([4, Self.count], sharding: .sharded(axis: 0))
      do {
        _ = try profile { throw Stop() }
        findings.check(false, "nothing was thrown")
      } catch {
        findings.check(error is Stop, "\(error)")
      }
      findings.check(Runtime.current.profiler == nil, "still profiled")
      // One within another keeps its operations to itself.
      var inner: Profile?
      let outer = profile { inner = profile { _ = x.sum().item() } }
      findings.check(operation("sum", of: inner!)?.count == 1, "\(inner!)")
      findings.check(operation("sum", of: outer) == nil, "\(outer)")
      findings.check((inner!.traffic.collectives > 0) == (ranks > 1), "\(inner!.traffic)")
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }
}
