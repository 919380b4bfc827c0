import Foundation
import Machine
import MessagePassing
import Shapes
import Testing

/// Ranks that exchange bytes through memory, in short pieces: threads of this process, each of
/// which maps the segments of the others as another process would. They are on one node or on
/// several.
@Suite struct NodeTests {
  /// One node of 1 to 5 ranks; even ones; uneven ones; ranks that do not follow each other; one
  /// rank a node.
  static let jobs =
    (1...5).map { [Array(0..<$0)] } + [
      [[0, 1], [2, 3]], [[0, 1, 2], [3, 4, 5]], [[0, 1], [2]], [[0], [1, 2, 3, 4]],
      [[0, 3], [1], [2, 4, 5]], [[0], [1]], [[0], [1], [2]],
    ]
  static let pieceByteCount = 64
  /// None, one, around a piece, around what a lane holds, and odd ones.
  static let lengths = [0, 1, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1000]

  func onRanks<R: Sendable>(
    _ nodes: [[Int]], timeout: Double = 60,
    _ body: @escaping @Sendable (Communicator) throws -> R
  ) throws -> [R] {
    try Communicator.onLoopbackRanks(
      nodes.joined().count, timeout: timeout, pieceByteCount: Self.pieceByteCount, nodes: nodes,
      body)
  }

  @Test(arguments: jobs, Ground.allCases) func exchanges(nodes: [[Int]], ground: Ground) throws {
    _ = try onRanks(nodes) { communicator in
      let memory = MessageMemory(communicator, ground)
      let size = communicator.size
      let rank = communicator.rank
      for count in Self.lengths {
        // Two messages for each pair, of which the second depends on both.
        func counts(_ sender: Int, _ receiver: Int) -> [Int] {
          [count, (sender * 3 + receiver) % 2 * (count + sender)]
        }
        let others = (0..<size).filter { $0 != rank }
        let sends = try others.flatMap { peer in
          try counts(rank, peer).map {
            Transfer(peer: peer, range: try memory.storage(message($0, from: rank, to: peer)))
          }
        }
        let receives = try others.reversed().flatMap { peer in
          try counts(peer, rank).map {
            Transfer(peer: peer, range: try memory.storage([UInt8](repeating: 0, count: $0)))
          }
        }
        let earlier = communicator.traffic
        let earlierInPlace = communicator.bytesReadInPlace
        try communicator.exchange(sends: sends, receives: receives, as: exchangeLabel)
        let neighbours = communicator.nodes.first { $0.contains(rank) }!
        let long = receives.filter {
          neighbours.contains($0.peer) && $0.range.byteCount > Self.pieceByteCount
        }
        #expect(
          communicator.bytesReadInPlace - earlierInPlace
            == (ground == .heap && communicator.heap != nil
              ? long.reduce(0) { $0 + $1.range.byteCount } : 0))
        for transfer in receives {
          #expect(
            transfer.range.contents
              == message(transfer.range.byteCount, from: transfer.peer, to: rank))
        }
        let moved = communicator.traffic - earlier
        #expect(moved.bytesSent == sends.reduce(0) { $0 + $1.range.byteCount })
        #expect(moved.bytesReceived == receives.reduce(0) { $0 + $1.range.byteCount })
        #expect(moved.messages == sends.count { $0.range.byteCount > 0 })
      }
    }
  }

  @Test(arguments: jobs, Ground.allCases) func broadcastsAndGathers(
    nodes: [[Int]], ground: Ground
  ) throws {
    _ = try onRanks(nodes) { communicator in
      let memory = MessageMemory(communicator, ground)
      let size = communicator.size
      let rank = communicator.rank
      for count in Self.lengths {
        for root in 0..<size {
          let bytes = message(count, from: root, to: 0)
          let range = try memory.storage(rank == root ? bytes : [UInt8](repeating: 0, count: count))
          try communicator.broadcast(range, from: root, as: CollectiveLabel("broadcast", count))
          #expect(range.contents == bytes)
        }
        // Rank 1 gives nothing.
        let counts = (0..<size).map { $0 == 1 ? 0 : count + $0 }
        let segments = counts.indices.map { message(counts[$0], from: $0, to: 0) }
        var own = segments.map { [UInt8](repeating: 0, count: $0.count) }
        own[rank] = segments[rank]
        let range = try memory.storage(own.flatMap { $0 })
        try communicator.allGather(range, byteCounts: counts, as: CollectiveLabel("gather"))
        #expect(range.contents == segments.flatMap { $0 })
        let texts = try communicator.allGather(
          control: message(counts[rank], from: rank, to: 1), as: CollectiveLabel("texts"))
        #expect(texts == counts.indices.map { message(counts[$0], from: $0, to: 1) })
      }
    }
  }

  /// What joining bytes gives, in the order of the ranks on each node and then of the nodes, by a
  /// function for which the order matters.
  private static func joined(_ terms: [[UInt8]], _ nodes: [[Int]]) -> [UInt8] {
    func joined(_ terms: [[UInt8]]) -> [UInt8] {
      terms.dropFirst().reduce(terms[0]) { sum, term in zip(sum, term).map { $0 &* 3 &+ $1 } }
    }
    return joined(nodes.map { ranks in joined(ranks.map { terms[$0] }) })
  }

  private static let join: TermJoin = { out, first, second, count in
    for index in 0..<count {
      let value =
        first.load(fromByteOffset: index, as: UInt8.self) &* 3
        &+ second.load(fromByteOffset: index, as: UInt8.self)
      out.storeBytes(of: value, toByteOffset: index, as: UInt8.self)
    }
  }

  /// Where terms and results lie: the same memory, or two of which one may be in the heap.
  enum Places: CaseIterable { case inPlace, heapInPlace, apart, heapApart, fromHeap, toHeap }

  @Test(arguments: jobs, Places.allCases) func allReduces(
    nodes: [[Int]], places: Places
  ) throws {
    let isInPlace = places == .inPlace || places == .heapInPlace
    let traffic = try onRanks(nodes) { communicator in
      let sources = MessageMemory(
        communicator, [.heapInPlace, .heapApart, .fromHeap].contains(places) ? .heap : .elsewhere)
      let targets = MessageMemory(
        communicator, [.heapApart, .toHeap].contains(places) ? .heap : .elsewhere)
      let (rank, size) = (communicator.rank, communicator.size)
      #expect(communicator.sharesMemory)
      for count in Self.lengths {
        let terms = (0..<size).map { message(count, from: $0, to: 0) }
        // Uneven parts, some of which are empty.
        var parts = (0..<size).map { $0 == 1 ? 0 : count / size }
        parts[size - 1] += count - parts.reduce(0, +)
        for parts in [nil, parts] {
          let term = try sources.storage(terms[rank])
          let result =
            isInPlace ? term : try targets.storage([UInt8](repeating: 0, count: count))
          try communicator.allReduce(
            term, into: result, parts: parts, as: CollectiveLabel("sum", count), Self.join)
          #expect(result.contents == Self.joined(terms, nodes))
          #expect(isInPlace || term.contents == terms[rank])
        }
      }
      return communicator.traffic
    }
    #expect(traffic.reduce(0) { $0 + $1.bytesSent } == traffic.reduce(0) { $0 + $1.bytesReceived })
  }

  @Test(arguments: jobs, Ground.allCases) func reduceScatters(
    nodes: [[Int]], ground: Ground
  ) throws {
    _ = try onRanks(nodes) { communicator in
      let memory = MessageMemory(communicator, ground)
      let (rank, size) = (communicator.rank, communicator.size)
      for count in Self.lengths {
        let counts = (0..<size).map { $0 == 1 ? 0 : count + $0 }
        let parts = try counts.indices.map {
          try memory.storage(message(counts[$0], from: rank, to: $0))
        }
        let result = try memory.storage([UInt8](repeating: 0, count: counts[rank]))
        try communicator.reduceScatter(
          parts, into: result, as: CollectiveLabel("sum", count), Self.join)
        let terms = (0..<size).map { message(counts[rank], from: $0, to: rank) }
        #expect(result.contents == Self.joined(terms, nodes))
      }
    }
  }

  @Test(arguments: [[[0, 1, 2]], [[0, 1], [2]]]) func workersShareOutLargePieces(
    nodes: [[Int]]
  ) throws {
    let count = 1 << 20
    let sums = try Communicator.onLoopbackRanks(
      3, pieceByteCount: 256 << 10, nodes: nodes
    ) { communicator in
      let pool = WorkerPool(topology: .current(), workers: 3, spins: false)
      defer { pool.stop() }
      communicator.use(pool)
      let term = storage(message(count + 1, from: communicator.rank, to: 0))
      try communicator.allReduce(
        term, into: term, parts: [count / 2, 1, count / 2], as: CollectiveLabel("sum"), Self.join)
      return term.contents
    }
    let expected = Self.joined((0..<3).map { message(count + 1, from: $0, to: 0) }, nodes)
    #expect(sums == [expected, expected, expected])
  }

  @Test func whatOthersReadIsNotWrittenBefore() throws {
    let count = 1 << 20
    _ = try Communicator.onLoopbackRanks(3, pieceByteCount: 4096) { communicator in
      let memory = MessageMemory(communicator, .heap)
      let rank = communicator.rank
      let own = try memory.storage([UInt8](repeating: 0, count: count))
      let received = try memory.storage([UInt8](repeating: 0, count: count))
      for round in 1...20 {
        // Each rank writes anew as soon as it may, while others may still be about to read.
        own.bytes.initializeMemory(as: UInt8.self, repeating: UInt8(round * 10 + rank))
        let from = (rank + 1) % 3
        if rank == round % 3 { usleep(2000) }
        try communicator.exchange(
          sends: [Transfer(peer: (rank + 2) % 3, range: own)],
          receives: [Transfer(peer: from, range: received)], as: exchangeLabel)
        #expect(received.bytes.allSatisfy { $0 == UInt8(round * 10 + from) })
      }
    }
  }

  @Test(arguments: Ground.allCases) func longWorkIsNotSilence(ground: Ground) throws {
    // Rank 0 has all the work, for longer than the deadline.
    let count = 64 << 10
    let slowly: TermJoin = { out, first, second, count in
      usleep(count == 4096 ? 60_000 : 0)
      Self.join(out, first, second, count)
    }
    let sums = try Communicator.onLoopbackRanks(2, timeout: 0.4, pieceByteCount: 4096) {
      communicator in
      let memory = MessageMemory(communicator, ground)
      let rank = communicator.rank
      let parts = try [count, 0].enumerated().map {
        try memory.storage(message($1, from: rank, to: $0))
      }
      let result = try memory.storage([UInt8](repeating: 0, count: rank == 0 ? count : 0))
      try communicator.reduceScatter(parts, into: result, as: CollectiveLabel("sum"), slowly)
      return result.contents
    }
    #expect(sums[0] == Self.joined((0..<2).map { message(count, from: $0, to: 0) }, [[0, 1]]))
  }

  @Test func whatFailedExchangesReadStays() throws {
    let count = 2 << 20
    let isCopied = DispatchSemaphore(value: 0)
    let counts = try Communicator.onLoopbackRanks(2, timeout: 0.3, pieceByteCount: 4096) {
      communicator in
      let arena = Arena(topology: .current(), workers: 1, limit: nil, heap: communicator.heap)
      if communicator.rank == 0 {
        let failure = error {
          let storage = try arena.allocate(byteCount: count)
          storage.address.initializeMemory(as: UInt8.self, repeating: 7, count: count)
          try communicator.exchange(
            sending: [
              .init(sending: count, to: 1, in: storage, from: storage.address, layout: [1]) {
                window, first, count in
                window.copyMemory(from: storage.address + first, byteCount: count)
              }
            ], receiving: [], as: exchangeLabel)
        }
        #expect(communicator.heap == nil || failure != nil)
        // The next one that wants memory does not get that which is still read.
        let other = try arena.allocate(byteCount: count)
        other.address.initializeMemory(as: UInt8.self, repeating: 99, count: count)
        isCopied.wait()
        return 0
      }
      defer { isCopied.signal() }
      let storage = try arena.allocate(byteCount: count)
      try communicator.exchange(
        sending: [],
        receiving: [
          .init(receiving: count, from: 0, in: storage, grain: count) { address, _, first, count in
            usleep(1_000_000)
            (storage.address + first).copyMemory(from: address + first, byteCount: count)
          } move: { window, first, count in
            (storage.address + first).copyMemory(from: window, byteCount: count)
          }
        ], as: exchangeLabel)
      return UnsafeRawBufferPointer(start: storage.address, count: count).count { $0 == 7 }
    }
    #expect(counts[1] == count)
  }

  @Test func ranksThatDisagreeAreNamed() throws {
    let errors = try onRanks([[0, 1, 2]]) { communicator in
      error {
        try communicator.barrier(as: CollectiveLabel("wait", min(communicator.rank, 1) + 1))
      }
    }
    let text = "that rank 0 is in wait [1] as its collective 1, ranks 1, 2 in wait [2]"
    #expect(errors.map { $0?.given } == [text, text, text])
  }

  @Test func aDeadlineNamesWhoIsMissing() throws {
    let isOver = DispatchSemaphore(value: 0)
    let errors = try onRanks([[0, 1, 2]], timeout: 0.3) { communicator in
      error {
        try communicator.barrier(as: CollectiveLabel("first"))
        if communicator.rank == 1 {
          isOver.wait()
          isOver.wait()
        } else {
          defer { isOver.signal() }
          try communicator.broadcast(storage([0]), from: 0, as: CollectiveLabel("broadcast"))
        }
      }
    }
    #expect(errors[1] == nil)
    for rank in [0, 2] {
      #expect(
        errors[rank]?.given.hasSuffix(
          "for rank 1, which has not entered it; its last was first (collective 1)") == true)
    }
  }

  @Test func aDeadlineWithinTheExchangeNamesThePeer() throws {
    let isOver = DispatchSemaphore(value: 0)
    let errors = try onRanks([[0, 1]], timeout: 0.3) { communicator in
      error {
        let receives = communicator.rank == 0 ? [Transfer(peer: 1, range: storage([0]))] : []
        defer { if communicator.rank == 0 { isOver.signal() } else { isOver.wait() } }
        try communicator.exchange(sends: [], receives: receives, as: exchangeLabel)
      }
    }
    #expect(
      errors[0]?.given == "that rank 0 waited 0.3 s in exchange (collective 1) for rank 1, which "
        + "has completed it")
  }

  @Test func whoLeavesEarlyIsNamed() throws {
    let errors = try onRanks([[0, 1, 2]]) { communicator in
      error {
        try communicator.barrier(as: CollectiveLabel("first"))
        if communicator.rank == 2 { return }
        try communicator.barrier(as: CollectiveLabel("second"))
      }
    }
    for failure in errors.dropLast() {
      #expect(failure?.given.contains("and rank 2 has ended") == true)
    }
  }

  @Test(arguments: [8, 300], Ground.allCases) func differentLengthsOfOneMessageAreNamed(
    longer: Int, ground: Ground
  ) throws {
    let errors = try onRanks([[0, 1]]) { communicator in
      error {
        let memory = MessageMemory(communicator, ground)
        let count = communicator.rank == 0 ? longer : 4
        let range = try memory.storage([UInt8](repeating: 0, count: count))
        let transfers = [Transfer(peer: 1 - communicator.rank, range: range)]
        try communicator.exchange(
          sends: communicator.rank == 0 ? transfers : [],
          receives: communicator.rank == 1 ? transfers : [], as: exchangeLabel)
      }
    }
    #expect(errors[1]?.given == "more than 4 bytes from rank 0 in exchange (collective 1)")
  }
}
