import Foundation
import Machine
import MessagePassing
import Shapes
import Testing

/// Ranks on several nodes: what crosses between nodes, and how they end. What they deliver is
/// tested with that of ranks on one node.
@Suite struct ClusterTransportTests {
  static let even = [[0, 1], [2, 3], [4, 5]]
  static let uneven = [[0, 3, 4], [1], [2, 5]]

  func onRanks<R: Sendable>(
    _ nodes: [[Int]], timeout: Double = 60,
    _ body: @escaping @Sendable (Communicator) throws -> R
  ) throws -> [R] {
    try Communicator.onLoopbackRanks(
      nodes.joined().count, timeout: timeout, pieceByteCount: 64, nodes: nodes, body)
  }

  /// What each rank sends to other nodes in a collective.
  private func crossing(
    _ nodes: [[Int]], _ body: @escaping @Sendable (Communicator) throws -> Void
  ) throws -> [NodeTraffic] {
    try onRanks(nodes) { communicator in
      let before = communicator.nodeTraffic
      try body(communicator)
      return communicator.nodeTraffic - before
    }
  }

  private static let join: TermJoin = { out, first, second, count in
    for index in 0..<count {
      let sum =
        first.load(fromByteOffset: index, as: UInt8.self)
        &+ second.load(fromByteOffset: index, as: UInt8.self)
      out.storeBytes(of: sum, toByteOffset: index, as: UInt8.self)
    }
  }

  /// Each node sends its terms of the others' parts, and its own parts to the others: of n bytes on
  /// G nodes 2·n·(G − 1) together, the least there is, and as much from every rank where nodes are
  /// even.
  @Test(arguments: [even, uneven]) func allReducesCrossOnce(nodes: [[Int]]) throws {
    let (count, size) = (6 * 1000, 6)
    let crossed = try crossing(nodes) { communicator in
      let term = storage([UInt8](repeating: 1, count: count))
      let parts = [Int](repeating: count / size, count: size)
      try communicator.allReduce(
        term, into: term, parts: parts, as: CollectiveLabel("sum"), Self.join)
    }
    let others = nodes.count - 1
    #expect(crossed.reduce(0) { $0 + $1.bytesSent } == 2 * count * others)
    if nodes == Self.even {
      #expect(crossed.map(\.bytesSent) == Array(repeating: 2 * count * others / size, count: size))
    }
    // Slices of four pieces, each to one rank of each other node.
    let rounds = (count / size + 255) / 256
    #expect(crossed.reduce(0) { $0 + $1.messages } == 2 * rounds * others * size)
  }

  /// Short terms take one message between each two nodes, each way.
  @Test(arguments: [even, uneven]) func shortAllReducesTakeAMessageANode(nodes: [[Int]]) throws {
    let crossed = try crossing(nodes) { communicator in
      let term = storage([UInt8](repeating: 1, count: 40))
      try communicator.allReduce(
        term, into: term, parts: nil, as: CollectiveLabel("sum"), Self.join)
    }
    let pairs = nodes.count * (nodes.count - 1)
    #expect(crossed.reduce(0) { $0 + $1.bytesSent } == 40 * pairs)
    #expect(crossed.reduce(0) { $0 + $1.messages } == pairs)
  }

  @Test(arguments: [even, uneven]) func reduceScattersCrossOnce(nodes: [[Int]]) throws {
    let counts = [100, 0, 700, 1, 300, 64]
    let crossed = try crossing(nodes) { communicator in
      let parts = counts.map { storage([UInt8](repeating: 1, count: $0)) }
      let result = storage([UInt8](repeating: 0, count: counts[communicator.rank]))
      try communicator.reduceScatter(parts, into: result, as: CollectiveLabel("sum"), Self.join)
    }
    let total = counts.reduce(0, +)
    #expect(crossed.reduce(0) { $0 + $1.bytesSent } == total * (nodes.count - 1))
  }

  @Test(arguments: [even, uneven]) func allGathersCrossOnce(nodes: [[Int]]) throws {
    let counts = [100, 0, 700, 1, 300, 64]
    let total = counts.reduce(0, +)
    let crossed = try crossing(nodes) { communicator in
      let range = storage([UInt8](repeating: 1, count: total))
      try communicator.allGather(range, byteCounts: counts, as: CollectiveLabel("gather"))
    }
    #expect(crossed.map(\.bytesSent) == counts.map { $0 * (nodes.count - 1) })
  }

  /// Each other node gets each byte once: a short message whole, a long one in slices from all
  /// ranks of the root's node.
  @Test(arguments: [even, uneven], [10, 5000]) func broadcastsCrossOnce(
    nodes: [[Int]], count: Int
  ) throws {
    for root in 0..<6 {
      let crossed = try crossing(nodes) { communicator in
        let range = storage([UInt8](repeating: 1, count: count))
        try communicator.broadcast(range, from: root, as: CollectiveLabel("broadcast"))
      }
      #expect(crossed.reduce(0) { $0 + $1.bytesSent } == count * (nodes.count - 1))
      if count == 10 {
        #expect(crossed.reduce(0) { $0 + $1.messages } == nodes.count - 1)
      } else {
        let source = nodes.first { $0.contains(root) }!
        #expect(source.reduce(0) { $0 + crossed[$1].bytesSent } == count)
      }
    }
  }

  @Test(arguments: [even, uneven]) func exchangesCrossWhereTheyMust(nodes: [[Int]]) throws {
    let crossed = try crossing(nodes) { communicator in
      let others = (0..<6).filter { $0 != communicator.rank }
      try communicator.exchange(
        sends: others.map { Transfer(peer: $0, range: storage([UInt8](repeating: 1, count: 600))) },
        receives: others.map {
          Transfer(peer: $0, range: storage([UInt8](repeating: 0, count: 600)))
        }, as: exchangeLabel)
    }
    let expected = (0..<6).map { rank in 600 * (6 - nodes.first { $0.contains(rank) }!.count) }
    #expect(crossed.map(\.bytesSent) == expected)
  }

  @Test func onOneNodeNothingCrosses() throws {
    let crossed = try crossing([[0, 1, 2]]) { communicator in
      try communicator.broadcast(storage([1, 2, 3]), from: 0, as: CollectiveLabel("broadcast"))
    }
    #expect(crossed == Array(repeating: NodeTraffic(), count: 3))
  }

  @Test func aDeadlineNamesTheRankThatIsMissing() throws {
    let isOver = DispatchSemaphore(value: 0)
    let errors = try onRanks([[0, 1], [2, 3]], timeout: 0.3) { communicator in
      error {
        try communicator.barrier(as: CollectiveLabel("first"))
        if communicator.rank == 3 {
          for _ in 0..<3 { isOver.wait() }
        } else {
          defer { isOver.signal() }
          try communicator.broadcast(storage([0]), from: 0, as: CollectiveLabel("broadcast"))
        }
      }
    }
    #expect(errors[3] == nil)
    for rank in 0..<3 {
      #expect(
        errors[rank]?.given.hasSuffix(
          "for rank 3, which has not entered it; its last was first (collective 1)") == true)
    }
  }

  @Test(arguments: [8, 3000]) func differentLengthsOfOneMessageAreNamed(longer: Int) throws {
    let errors = try onRanks([[0], [1]]) { communicator in
      error {
        let count = communicator.rank == 0 ? longer : 4
        let transfers = [
          Transfer(peer: 1 - communicator.rank, range: storage([UInt8](repeating: 0, count: count)))
        ]
        try communicator.exchange(
          sends: communicator.rank == 0 ? transfers : [],
          receives: communicator.rank == 1 ? transfers : [], as: exchangeLabel)
      }
    }
    let given = "\(min(longer, 256)) bytes from rank 0 in exchange (collective 1)"
    #expect(errors[1]?.given == given)
  }
}
