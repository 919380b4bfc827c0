import Machine
import MessagePassing
import Shapes
import Testing

typealias Transfer = Communicator.Transfer

/// What payload collectives deliver and count, on loopback ranks.
@Suite struct PayloadTests {
  /// Lengths of the messages between each two ranks: none, one or several, some empty.
  static let patterns: [@Sendable (_ sender: Int, _ receiver: Int) -> [Int]] = [
    { _, _ in [] },
    { _, _ in [0] },
    { _, _ in [5] },
    { sender, receiver in [sender * 3 + receiver] },
    { sender, receiver in [7, 0, sender, 12 * receiver] },
    { sender, receiver in (sender + receiver) % 2 == 0 ? [] : [1, 2, 3] },
    { sender, receiver in receiver == sender + 1 ? [3000] : [] },
  ]

  @Test(arguments: 1...8, [64 << 20, 16]) func exchange(size: Int, pieceLimit: Int) throws {
    for pattern in Self.patterns {
      let traffic = try Communicator.onLoopbackRanks(size) { communicator in
        communicator.limitPieces(to: pieceLimit)
        let rank = communicator.rank
        let others = (0..<size).filter { $0 != rank }
        var sends: [Transfer] = []
        var receives: [Transfer] = []
        var expected: [[UInt8]] = []
        for peer in others {
          for count in pattern(rank, peer) {
            let bytes = message(count, from: rank, to: peer)
            sends.append(Transfer(peer: peer, range: storage(bytes)))
          }
        }
        // In another order of peers than the sends, as plans may give them.
        for peer in others.reversed() {
          for count in pattern(peer, rank) {
            let empty = [UInt8](repeating: 0, count: count)
            receives.append(Transfer(peer: peer, range: storage(empty)))
            expected.append(message(count, from: peer, to: rank))
          }
        }
        try communicator.exchange(sends: sends, receives: receives, as: exchangeLabel)
        #expect(receives.map(\.range.contents) == expected)
        return communicator.traffic
      }
      for rank in 0..<size {
        let others = (0..<size).filter { $0 != rank }
        var expected = Traffic()
        let sent = others.flatMap { pattern(rank, $0) }
        expected.bytesSent = sent.reduce(0, +)
        expected.bytesReceived = others.flatMap { pattern($0, rank) }.reduce(0, +)
        expected.messages = sent.count { $0 > 0 }
        expected.collectives = size == 1 ? 0 : 1
        #expect(traffic[rank] == expected)
      }
    }
  }

  @Test(arguments: 1...8, [0, 1, 33]) func broadcast(size: Int, count: Int) throws {
    for pieceLimit in [64 << 20, 8] {
      let traffic = try Communicator.onLoopbackRanks(size) { communicator in
        communicator.limitPieces(to: pieceLimit)
        for root in 0..<size {
          let bytes = message(count, from: root, to: 0)
          let isRoot = communicator.rank == root
          let range = storage(isRoot ? bytes : [UInt8](repeating: 0, count: count))
          try communicator.broadcast(range, from: root, as: CollectiveLabel("broadcast", count))
          #expect(range.contents == bytes)
        }
        return communicator.traffic
      }
      var expected = Traffic()
      if size > 1 {
        expected.bytesSent = count * (size - 1)
        expected.bytesReceived = count * (size - 1)
        expected.messages = count > 0 ? size - 1 : 0
        expected.collectives = size
      }
      #expect(traffic == Array(repeating: expected, count: size))
    }
  }

  @Test(arguments: 1...8, [0, 1, 5]) func allGather(size: Int, unit: Int) throws {
    // Rank 1 gives nothing, the others more and more.
    let counts = (0..<size).map { $0 == 1 ? 0 : unit * ($0 + 1) }
    let whole = counts.indices.flatMap { message(counts[$0], from: $0, to: 0) }
    let traffic = try Communicator.onLoopbackRanks(size) { communicator in
      communicator.limitPieces(to: 4)
      let rank = communicator.rank
      var bytes = [UInt8](repeating: 0, count: whole.count)
      let start = counts[..<rank].reduce(0, +)
      let mine = message(counts[rank], from: rank, to: 0)
      bytes.replaceSubrange(start..<(start + mine.count), with: mine)
      let range = storage(bytes)
      try communicator.allGather(
        range, byteCounts: counts, as: CollectiveLabel("all-gather", whole.count))
      #expect(range.contents == whole)
      return communicator.traffic
    }
    for rank in 0..<size where size > 1 {
      #expect(traffic[rank].bytesSent == counts[rank] * (size - 1))
      #expect(traffic[rank].bytesReceived == whole.count - counts[rank])
      #expect(traffic[rank].messages == (counts[rank] > 0 ? size - 1 : 0))
      #expect(traffic[rank].collectives == 1)
    }
    if size == 1 { #expect(traffic == [Traffic()]) }
  }

  @Test func manyInARow() throws {
    let sums = try Communicator.onLoopbackRanks(8) { communicator in
      let next = (communicator.rank + 1) % 8
      let previous = (communicator.rank + 7) % 8
      var value = UInt8(communicator.rank)
      for _ in 0..<100 {
        let outbox = storage([value])
        let inbox = storage([0])
        try communicator.exchange(
          sends: [Transfer(peer: next, range: outbox)],
          receives: [Transfer(peer: previous, range: inbox)], as: exchangeLabel)
        value = inbox.contents[0]
      }
      return Int(value)
    }
    #expect(sums == (0..<8).map { ($0 + 8 - 100 % 8) % 8 })
  }

  @Test func reducedBytesAreTold() {
    let communicator = Communicator.solo()
    let before = communicator.traffic
    communicator.noteReduced(bytes: 40)
    communicator.noteReduced(bytes: 2)
    var expected = Traffic()
    expected.reducedBytes = 42
    #expect(communicator.traffic - before == expected)
  }

  @Test func wrongPeersAndLengthsAreRefused() throws {
    _ = try Communicator.onLoopbackRanks(2) { communicator in
      for peer in [communicator.rank, -1, 2] {
        let failure = error {
          let transfer = Transfer(peer: peer, range: storage([1]))
          try communicator.exchange(sends: [transfer], receives: [], as: exchangeLabel)
        }
        #expect(failure?.given == "a transfer between rank \(communicator.rank) and rank \(peer)")
      }
      #expect(
        error { try communicator.broadcast(storage([1]), from: 2, as: barrierLabel) } != nil)
      for counts in [[1], [1, 1], [-1, 3], [1, 0, 1]] {
        #expect(
          error {
            try communicator.allGather(storage([1, 2, 3]), byteCounts: counts, as: barrierLabel)
          } != nil)
      }
      // None of these broke anything.
      try communicator.barrier(as: barrierLabel)
    }
  }

  @Test func differentLengthsOfOneMessageAreNamed() throws {
    let errors = try Communicator.onLoopbackRanks(2) { communicator in
      error {
        let count = communicator.rank == 0 ? 8 : 4
        let range = storage([UInt8](repeating: 0, count: count))
        let transfers = [Transfer(peer: 1 - communicator.rank, range: range)]
        try communicator.exchange(
          sends: communicator.rank == 0 ? transfers : [],
          receives: communicator.rank == 1 ? transfers : [], as: exchangeLabel)
      }
    }
    #expect(errors[1]?.given == "8 bytes from rank 0 in exchange (collective 1)")
    #expect(errors[1]?.rank == 1)
    #expect(errors[1]?.expected == "4 bytes")
  }
}
