import Foundation
import MessagePassing
import Shapes
import Testing

/// Ranks that disagree, come late, leave or fail, on loopback ranks.
@Suite struct FailureTests {
  /// Runs ranks of which some must fail, and returns what each threw.
  func errors(
    _ size: Int, timeout: Double = 60,
    _ body: @escaping @Sendable (Communicator) throws -> Void
  ) throws -> [TensorError?] {
    try Communicator.onLoopbackRanks(size, timeout: timeout) { communicator in
      error { try body(communicator) }
    }
  }

  @Test(arguments: 2...8) func differentOperationsAreNamedOnEveryRank(size: Int) throws {
    let all = try errors(size) { communicator in
      try communicator.barrier(as: barrierLabel)
      if communicator.rank == 0 {
        try communicator.exchange(
          sends: [], receives: [], as: CollectiveLabel("all-reduce (sum)", 4096))
      } else {
        try communicator.broadcast(
          storage([0]), from: 0, as: CollectiveLabel("broadcast", 64))
      }
    }
    let others =
      size == 2
      ? "rank 1" : "ranks " + (1..<size).map(String.init).joined(separator: ", ")
    let text =
      "that rank 0 is in all-reduce (sum) [4096] as its collective 2, \(others) in broadcast [64]"
    #expect(all.map { $0?.given } == Array(repeating: text, count: size))
    #expect(Set(all).count == 1)
  }

  @Test func labelsDifferInDetail() throws {
    let all = try errors(2) { communicator in
      try communicator.barrier(as: CollectiveLabel("wait", communicator.rank + 1))
    }
    #expect(
      all.map { $0?.given }
        == Array(
          repeating: "that rank 0 is in wait [1] as its collective 1, rank 1 in wait [2]", count: 2)
    )
  }

  @Test func argumentsThatMustBeCommonAreCompared() throws {
    let roots = try errors(2) { communicator in
      try communicator.broadcast(storage([0]), from: communicator.rank, as: barrierLabel)
    }
    #expect(Set(roots).count == 1)
    #expect(roots[0]?.given.contains("barrier, broadcast (root, bytes) of 1, 1") == true)
    let counts = try errors(2) { communicator in
      let counts = communicator.rank == 0 ? [1, 2] : [2, 1]
      try communicator.allGather(storage([0, 0, 0]), byteCounts: counts, as: barrierLabel)
    }
    #expect(counts[0]?.given.contains("all-gather (bytes) of 2, 1") == true)
    let kinds = try errors(2) { communicator in
      if communicator.rank == 0 {
        try communicator.barrier(as: barrierLabel)
      } else {
        _ = try communicator.agree(.success(0), as: barrierLabel)
      }
    }
    #expect(kinds[0]?.given.contains("rank 1 in barrier, agreement") == true)
  }

  @Test func aBrokenCommunicatorThrowsTheSameAtOnce() throws {
    _ = try Communicator.onLoopbackRanks(2) { communicator in
      let first = error {
        try communicator.barrier(as: CollectiveLabel("wait", communicator.rank + 1))
      }
      #expect(first != nil)
      #expect(error { try communicator.barrier(as: barrierLabel) } == first)
      #expect(error { try communicator.finish() } == first)
    }
  }

  @Test func aDeadlineNamesWhoIsMissing() throws {
    let isOver = DispatchSemaphore(value: 0)
    let all = try errors(3, timeout: 0.3) { communicator in
      let bytes = storage([0])
      try communicator.broadcast(bytes, from: 0, as: CollectiveLabel("broadcast", 64))
      if communicator.rank == 1 {
        // Stays away until both others have given up.
        isOver.wait()
        isOver.wait()
      } else {
        defer { isOver.signal() }
        try communicator.barrier(as: CollectiveLabel("all-reduce (sum)", 4096))
      }
    }
    #expect(all[1] == nil)
    // Whoever gives up first tells the other; both may do so at the same time.
    for rank in [0, 2] {
      let given = try #require(all[rank]?.given)
      let texts = [0, 2].map { waiter in
        "that rank \(waiter) waited 0.3 s in all-reduce (sum) [4096] (collective 2) for rank 1, "
          + "which has not entered it; its last was broadcast [64] (collective 1)"
      }
      #expect(texts.contains(given))
    }
  }

  @Test func aDeadlineWithinTheExchangeNamesThePeer() throws {
    let isOver = DispatchSemaphore(value: 0)
    let all = try errors(2, timeout: 0.3) { communicator in
      // Rank 0 expects what rank 1 does not send: two ranks with different plans.
      let receives = communicator.rank == 0 ? [Transfer(peer: 1, range: storage([0]))] : []
      defer { if communicator.rank == 0 { isOver.signal() } else { isOver.wait() } }
      try communicator.exchange(sends: [], receives: receives, as: exchangeLabel)
    }
    #expect(all[1] == nil)
    let given = try #require(all[0]?.given)
    #expect(
      given == "that rank 0 waited 0.3 s in exchange (collective 1) for rank 1, which has "
        + "completed it")
  }

  @Test func whoComesLateLearnsOfTheFailure() throws {
    let isOver = DispatchSemaphore(value: 0)
    let all = try errors(2, timeout: 0.2) { communicator in
      if communicator.rank == 1 { isOver.wait() }
      defer { isOver.signal() }
      try communicator.barrier(as: barrierLabel)
      try communicator.barrier(as: barrierLabel)
    }
    #expect(all[0] != nil)
    #expect(all[1] == all[0])
  }

  @Test(arguments: 2...5) func whoLeavesEarlyIsNamed(size: Int) throws {
    let all = try errors(size) { communicator in
      try communicator.barrier(as: CollectiveLabel("first"))
      if communicator.rank == size - 1 { return }
      try communicator.barrier(as: CollectiveLabel("second"))
    }
    #expect(all[size - 1] == nil)
    for failure in all.dropLast() {
      let given = try #require(failure?.given)
      #expect(given.contains("is in second (collective 2) and rank \(size - 1) has ended"))
      #expect(given.hasSuffix("its last was first (collective 1)"))
    }
  }

  @Test func theFirstErrorOfARunIsTheOneThrown() throws {
    struct Own: Error {}
    #expect(throws: Own.self) {
      _ = try Communicator.onLoopbackRanks(4) { communicator in
        if communicator.rank == 2 { throw Own() }
        try communicator.barrier(as: barrierLabel)
      }
    }
  }
}

/// Runs `body` on a thread of its own and waits for it.
func onAnotherThread(_ body: @escaping @Sendable () -> TensorError?) -> TensorError? {
  let box = Box()
  let done = DispatchSemaphore(value: 0)
  Thread.detachNewThread {
    box.error = body()
    done.signal()
  }
  done.wait()
  return box.error
}

/// Unchecked: written before a semaphore is signalled, read after it was waited for.
private final class Box: @unchecked Sendable {
  var error: TensorError?
}
