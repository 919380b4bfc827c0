import MessagePassing
import Shapes
import Testing

/// Control data, agreement and the rules of calling, on loopback ranks and alone.
@Suite struct ControlTests {
  @Test(arguments: 1...8) func controlDataOfAnyLength(size: Int) throws {
    let lengths = (0..<size).map { $0 == 1 ? 0 : $0 * 300 + 2 }
    let traffic = try Communicator.onLoopbackRanks(size) { communicator in
      communicator.limitPieces(to: 100)
      let rank = communicator.rank
      for _ in 0..<2 {
        let all = try communicator.allGather(
          control: message(lengths[rank], from: rank, to: 0), as: CollectiveLabel("texts"))
        #expect(all == (0..<size).map { message(lengths[$0], from: $0, to: 0) })
      }
      return communicator.traffic
    }
    for rank in 0..<size {
      var expected = Traffic()
      expected.controlBytes = 2 * lengths[rank] * (size - 1)
      #expect(traffic[rank] == expected)
    }
  }

  @Test(arguments: 1...8) func agreement(size: Int) throws {
    _ = try Communicator.onLoopbackRanks(size) { communicator in
      let rank = communicator.rank
      let label = CollectiveLabel("open")
      #expect(try communicator.agree(.success(rank), as: label) == rank)
      // The last two fail; all throw what the lower of them met.
      let lowest = max(0, size - 2)
      let outcome: Result<Int, TensorError> =
        rank < lowest
        ? .success(1)
        : .failure(TensorError("open", given: "file \(rank)", expected: "one that exists"))
      let failure = error { _ = try communicator.agree(outcome, as: label) }
      let expected = TensorError(
        "open", given: "file \(lowest)", expected: "one that exists", rank: lowest)
      #expect(failure == expected)
      // An agreed failure is an answer; the communicator goes on.
      try communicator.barrier(as: barrierLabel)
    }
  }

  @Test func agreementKeepsTheRankThatAnErrorNames() throws {
    _ = try Communicator.onLoopbackRanks(2) { communicator in
      let own = TensorError("read", given: "", expected: "x", rank: 7)
      let outcome: Result<Int, TensorError> =
        communicator.rank == 1 ? .failure(own) : .success(0)
      #expect(error { _ = try communicator.agree(outcome, as: barrierLabel) } == own)
    }
  }

  @Test(arguments: [1, 3]) func forbiddenCollectivesThrow(size: Int) throws {
    _ = try Communicator.onLoopbackRanks(size) { communicator in
      let failure = error {
        try communicator.forbidding("onFirstRank") {
          try communicator.barrier(as: barrierLabel)
        }
      }
      #expect(failure?.operation == "barrier")
      #expect(failure?.given == "a collective inside onFirstRank")
      try communicator.barrier(as: barrierLabel)
    }
  }

  @Test(arguments: [2, 3]) func otherThreadsThrow(size: Int) throws {
    _ = try Communicator.onLoopbackRanks(size) { communicator in
      try communicator.barrier(as: barrierLabel)
      let failure = onAnotherThread { error { try communicator.barrier(as: barrierLabel) } }
      #expect(failure?.given == "a collective on another thread than the program's")
      try communicator.barrier(as: barrierLabel)
    }
  }

  @Test(arguments: [1, 3]) func nothingFollowsTheEnd(size: Int) throws {
    _ = try Communicator.onLoopbackRanks(size) { communicator in
      try communicator.finish()
      let failure = error { try communicator.barrier(as: barrierLabel) }
      #expect(failure?.given == "a collective after the end of the program")
    }
  }

  @Test func soloNeedsNobody() throws {
    let communicator = Communicator.solo()
    #expect(communicator.rank == 0 && communicator.size == 1)
    #expect(communicator.mpi == nil)
    let range = storage([1, 2, 3])
    try communicator.broadcast(range, from: 0, as: barrierLabel)
    try communicator.allGather(range, byteCounts: [3], as: barrierLabel)
    try communicator.exchange(sends: [], receives: [], as: exchangeLabel)
    try communicator.barrier(as: barrierLabel)
    #expect(try communicator.allGather(control: [9], as: barrierLabel) == [[9]])
    #expect(range.contents == [1, 2, 3])
    #expect(communicator.traffic == Traffic())
  }
}
