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
