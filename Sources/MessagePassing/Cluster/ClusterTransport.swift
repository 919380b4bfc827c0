import Machine
import Synchronization

/// Ranks on several nodes: inside a node they exchange bytes through memory, across nodes by
/// messages of the transport over which they met.
///
/// What belongs to a rank crosses to another node once, by way of the rank's counterpart there;
/// each node shares out in memory what its ranks have got. Waits, questions and ends are those of
/// the transport below, and headers are compared there.
///
/// Unchecked: `Communicator` lets one collective in at a time, on one thread; the count
/// that other threads may read is behind a lock.
final class ClusterTransport: MemoryTransport, @unchecked Sendable {
  let base: any MessageTransport
  let map: NodeMap
  /// The ranks of this one's node.
  let node: NodeTransport
  let rank: Int
  let size: Int
  let isCrowded: Bool
  /// The most bytes of each rank's part that are in one round: what a lane holds.
  let sliceByteCount: Int

  private let counted = Mutex(NodeTraffic())
  private var scratch = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  /// Exchanges that have begun and not come to their end, to which scratch memory may belong.
  private var underway = 0

  /// `node` is that of this rank according to the map; pieces are as long on all nodes.
  init(_ map: NodeMap, node: NodeTransport) {
    self.map = map
    self.node = node
    base = node.base
    rank = base.rank
    size = base.size
    isCrowded = base.isCrowded
    sliceByteCount = NodeLayout.slotCount * node.pieceByteCount
  }

  deinit {
    if underway == 0 { scratch.deallocate() }
  }

  var description: String {
    let isShared = map.nodes.count < size
    return "\(isShared ? node.description : base.description) on \(map.nodes.count) nodes"
  }

  var workers: WorkerPool? {
    get { node.workers }
    set { node.workers = newValue }
  }

  var heap: SharedHeap? { node.heap }

  var bytesReadInPlace: Int { node.bytesReadInPlace }

  /// What this rank has sent to other nodes.
  var traffic: NodeTraffic { counted.withLock { $0 } }

  func minimum(_ values: [Int64], timeout: Double) throws(TransportFailure) -> [Int64] {
    try base.minimum(values, timeout: timeout)
  }

  func gather(_ bytes: [UInt8], timeout: Double) throws(TransportFailure) -> [[UInt8]] {
    try base.gather(bytes, timeout: timeout)
  }
}

// For the collectives.
extension ClusterTransport {
  /// The numbers of the other nodes, ascending.
  var otherNodes: [Int] { map.nodes.indices.filter { $0 != map.node(of: rank) } }

  /// The ranks whose parts a rank of this node has before they are shared: its own, and those of
  /// others that it deals with.
  func carried(by member: Int) -> [Int] {
    [member] + otherNodes.flatMap { map.ranks(of: $0, facing: member) }
  }

  /// So many places for slices, in memory that stays from one use to the next.
  func slots(_ count: Int, _ byteCount: Int) -> [UnsafeMutableRawBufferPointer] {
    let length = (byteCount + 63) & ~63
    if scratch.count < count * length {
      precondition(underway == 0, "scratch memory that is not in use")
      scratch.deallocate()
      scratch = .allocate(byteCount: count * length, alignment: 64)
    }
    return (0..<count).map { scratch.piece(from: $0 * length, atMost: byteCount) }
  }

  /// Begins messages to and from other nodes; empty ones are none.
  func begin(sends: [Message], receives: [Message]) throws(TransportFailure) -> Crossing {
    let sends = sends.flatMap(\.pieces)
    counted.withLock { counted in
      counted.messages += sends.count
      for message in sends { counted.bytesSent += message.bytes.count }
    }
    underway += 1
    return Crossing(
      exchange: try base.begin(sends: sends, receives: receives.flatMap(\.pieces)))
  }

  /// Waits until messages have crossed.
  func complete(_ crossing: Crossing?, _ timeout: Double) throws(TransportFailure) {
    guard let crossing else { return }
    try crossing.exchange.complete(timeout: timeout)
    underway -= 1
  }

  /// Does something in rounds, each in three steps with messages in between: those of a round are
  /// under way while the steps of its neighbours are done.
  func inRounds(
    _ count: Int, timeout: Double,
    _ first: (Int) throws(TransportFailure) -> Crossing?,
    _ second: (Int) throws(TransportFailure) -> Crossing?,
    _ third: (Int) throws(TransportFailure) -> Void = { _ in }
  ) throws(TransportFailure) {
    guard count > 0 else { return }
    var afterFirst: Crossing?
    var afterSecond: Crossing?
    for step in 0..<count + 2 {
      let begun = step < count ? try first(step) : nil
      var next: Crossing?
      if step >= 1, step <= count {
        try complete(afterFirst, timeout)
        next = try second(step - 1)
      }
      if step >= 2 {
        try complete(afterSecond, timeout)
        try third(step - 2)
      }
      afterFirst = begun
      afterSecond = next
    }
  }

  /// How many rounds parts of these lengths take.
  func roundCount(_ lengths: [Int]) -> Int {
    ((lengths.max() ?? 0) + sliceByteCount - 1) / sliceByteCount
  }

  /// The slice of each part that belongs to a round.
  func slices(
    _ parts: [UnsafeMutableRawBufferPointer], _ round: Int
  ) -> [UnsafeMutableRawBufferPointer] {
    parts.map { $0.piece(from: round * sliceByteCount, atMost: sliceByteCount) }
  }
}

/// Messages between nodes that are under way.
struct Crossing {
  fileprivate let exchange: any PendingExchange
}

extension Message {
  /// MPI counts in C ints, and each piece that arrives shows a wait that there is progress.
  private static let limit = 64 << 20

  fileprivate var pieces: [Message] {
    stride(from: 0, to: bytes.count, by: Self.limit).map {
      Message(peer: peer, bytes: bytes.piece(from: $0, atMost: Self.limit))
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// So many bytes from an offset on, less where there are not as many, none beyond the end.
  func piece(from offset: Int, atMost limit: Int) -> UnsafeMutableRawBufferPointer {
    let first = Swift.min(offset, count)
    let end = Swift.min(first + limit, count)
    return UnsafeMutableRawBufferPointer(rebasing: self[first..<end])
  }
}
