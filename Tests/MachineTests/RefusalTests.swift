import Foundation
import Machine
import SystemCallFilter
import Testing

/// A container that forbids placing memory or threads costs speed, and nothing else. In processes
/// of their own, because a filter of system calls stays for good.
struct RefusalTests {
  private static let twoNodes = Topology(nodes: [
    .init(number: 0, cpus: [0]), .init(number: 0, cpus: [1]),
  ])

  private static func forbid(_ calls: refused_calls) {
    let code = refuse_system_calls(calls.rawValue)
    precondition(code == 0, "refuse_system_calls: error \(code)")
  }

  @Test func withoutAFilterThereAreNoNotes() async {
    await #expect(processExitsWith: .success) {
      let arena = Arena(topology: Self.twoNodes, limit: nil)
      let storage = try arena.allocate(byteCount: 4 << 20)
      #expect(arena.notes.isEmpty)
      guard case .counted = PageReport(of: StorageRange(storage)) else {
        Issue.record("move_pages is refused without a filter")
        return
      }
      let pool = WorkerPool(topology: .current(), workers: 2, spins: false)
      #expect(pool.places()[1].note == nil)
    }
  }

  @Test func refusedPlacementIsANote() async {
    await #expect(processExitsWith: .success) {
      Self.forbid(refused_memory_calls)
      let arena = Arena(topology: Self.twoNodes, limit: nil)
      for _ in 0..<3 {
        let storages = try (0..<2).map { _ in try arena.allocate(byteCount: 4 << 20) }
        for storage in storages {
          storage.address.initializeMemory(as: UInt8.self, repeating: 1, count: 4 << 20)
        }
      }
      #expect(
        arena.notes == ["mbind of \(2 << 20) bytes to node 0: Operation not permitted"])
      let storage = try arena.allocate(byteCount: 4 << 20)
      #expect(
        PageReport(of: StorageRange(storage))
          == .refused(note: "move_pages: Operation not permitted"))
    }
  }

  @Test func refusedPoliciesLeaveWorkersPinned() async {
    await #expect(processExitsWith: .success) {
      Self.forbid(refused_memory_calls)
      let pool = WorkerPool(topology: .current(), workers: 3, spins: false)
      for place in pool.places().dropFirst() {
        #expect(place.isPinned)
        #expect(place.note == "memory policy unchanged: the kernel does not tell the thread's")
      }
      Self.expectWork(of: pool)
    }
  }

  @Test func refusedPinningLeavesWorkersRoaming() async {
    await #expect(processExitsWith: .success) {
      let mask = Affinity.cpus()
      Self.forbid(refused_affinity_calls)
      let pool = WorkerPool(topology: .current(), workers: 3, spins: false)
      for place in pool.places().dropFirst() {
        #expect(place.mask == mask)
        #expect(place.note?.hasPrefix("not pinned: sched_setaffinity to CPUs") == true)
        #expect(place.note?.hasSuffix("Operation not permitted") == true)
      }
      Self.expectWork(of: pool)
    }
  }

  private static func expectWork(of pool: WorkerPool) {
    var values = [Int](repeating: 0, count: 100)
    values.withUnsafeMutableBufferPointer { values in
      pool.run(count: values.count) { values[$0] = $0 + 1 }
    }
    #expect(values == Array(1...100))
    pool.stop()
  }
}
