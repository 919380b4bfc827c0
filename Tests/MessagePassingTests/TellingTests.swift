import Foundation
import MessagePassing
import Shapes
import Testing

/// Errors that some ranks meet between collectives, told to all.
@Suite struct TellingTests {
  /// How ranks are joined.
  enum Ground: CaseIterable { case messages, memory, nodes }

  /// What every rank threw.
  private func errors(
    _ size: Int, _ ground: Ground, timeout: Double = 60,
    _ body: @escaping @Sendable (Communicator) throws -> Void
  ) throws -> [TensorError?] {
    let told: @Sendable (Communicator) throws -> TensorError? = { communicator in
      error { try body(communicator) }
    }
    switch ground {
    case .messages: return try Communicator.onLoopbackRanks(size, timeout: timeout, told)
    case .memory:
      return try Communicator.onLoopbackRanks(size, timeout: timeout, pieceByteCount: 64, told)
    case .nodes:
      let nodes = stride(from: 0, to: size, by: 2).map { Array($0..<min($0 + 2, size)) }
      return try Communicator.onLoopbackRanks(
        size, timeout: timeout, pieceByteCount: 64, nodes: nodes, told)
    }
  }

  private static func met(_ what: String) -> TensorError {
    TensorError("allocate for add", given: what, expected: "less")
  }

  private static func met(_ what: String, by rank: Int) -> TensorError {
    var error = met(what)
    error.rank = rank
    return error
  }

  @Test(arguments: Ground.allCases, 2...4) func everyRankThrowsIt(ground: Ground, size: Int) throws
  {
    for failing in 0..<size {
      // Longer than what a message of a transport holds.
      let what = "rank \(failing) " + String(repeating: "holds much, ", count: 1000)
      let all = try errors(size, ground) { communicator in
        try communicator.barrier(as: barrierLabel)
        let first = error {
          if communicator.rank == failing { throw communicator.told(Self.met(what)) }
          _ = try communicator.allGather(control: [1], as: CollectiveLabel("all-gather"))
        }
        // Later ones throw it too, on all ranks.
        #expect(error { try communicator.barrier(as: barrierLabel) } == first)
        #expect(communicator.told(Self.met("another")) == first)
        if let first { throw first }
      }
      #expect(all == Array(repeating: Self.met(what, by: failing), count: size))
    }
  }

  @Test(arguments: Ground.allCases) func ofSeveralItIsThatOfTheLowestRank(ground: Ground) throws {
    let all = try errors(4, ground) { communicator in
      let rank = communicator.rank
      if rank == 1 || rank == 3 {
        // However late the others are on a busy machine.
        throw communicator.told(Self.met("what rank \(rank) has"), patience: 60)
      }
      try communicator.barrier(as: barrierLabel)
    }
    #expect(all == Array(repeating: Self.met("what rank 1 has", by: 1), count: 4))
  }

  @Test(arguments: Ground.allCases) func whatAllHaveMetBreaksNothing(ground: Ground) throws {
    let all = try errors(3, ground) { communicator in
      for _ in 0..<3 {
        #expect(
          communicator.told(Self.met("the same"), patience: 60) == Self.met("the same"))
        try communicator.barrier(as: barrierLabel)
      }
    }
    #expect(all == [nil, nil, nil])
    // Other words are another error.
    let others = try errors(3, ground) { communicator in
      throw communicator.told(Self.met("rank \(communicator.rank)"), patience: 60)
    }
    #expect(others == Array(repeating: Self.met("rank 0", by: 0), count: 3))
  }

  @Test(arguments: Ground.allCases) func whoComesLateHearsOfIt(ground: Ground) throws {
    let isTold = DispatchSemaphore(value: 0)
    let all = try errors(3, ground) { communicator in
      if communicator.rank == 0 {
        defer { isTold.signal() }
        throw communicator.told(Self.met("too early"))
      }
      // Rank 1 has one as well; that which it hears of counts.
      if communicator.rank == 1 {
        isTold.wait()
        isTold.signal()
        throw communicator.told(Self.met("too late"))
      }
      isTold.wait()
      isTold.signal()
      try communicator.barrier(as: barrierLabel)
    }
    #expect(all == Array(repeating: Self.met("too early", by: 0), count: 3))
  }

  @Test(arguments: Ground.allCases) func whoWaitsForBytesHearsOfIt(ground: Ground) throws {
    let all = try errors(3, ground) { communicator in
      // Rank 2 expects what rank 0 does not send.
      let receives = communicator.rank == 2 ? [Transfer(peer: 0, range: storage([0]))] : []
      try communicator.exchange(sends: [], receives: receives, as: exchangeLabel)
      if communicator.rank == 1 { throw communicator.told(Self.met("rank 1")) }
      try communicator.barrier(as: barrierLabel)
    }
    #expect(all == Array(repeating: Self.met("rank 1", by: 1), count: 3))
  }

  @Test func whereTheOthersTakeNoPartTheyDoNotHearOfIt() throws {
    let all = try errors(3, .messages) { communicator in
      try communicator.barrier(as: barrierLabel)
      if communicator.rank == 0 {
        let inside = communicator.forbidding("onFirstRank") {
          communicator.told(Self.met("alone"))
        }
        #expect(inside == Self.met("alone"))
        let outside = onAnotherThread { communicator.told(Self.met("elsewhere")) }
        #expect(outside == Self.met("elsewhere"))
      }
      try communicator.barrier(as: barrierLabel)
      try communicator.finish()
      #expect(communicator.told(Self.met("after the end")) == Self.met("after the end"))
    }
    #expect(all == [nil, nil, nil])
  }

  @Test func aRankAloneGoesOn() throws {
    let communicator = Communicator.solo()
    #expect(communicator.told(Self.met("little")) == Self.met("little"))
    try communicator.barrier(as: barrierLabel)
  }
}
