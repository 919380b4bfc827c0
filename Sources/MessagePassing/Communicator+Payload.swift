import Machine
import Shapes

extension Communicator {
  /// Bytes that go to or come from one peer.
  public struct Transfer: Sendable {
    /// The other rank.
    public var peer: Int
    /// Where the bytes are read or written.
    public var range: StorageRange

    public init(peer: Int, range: StorageRange) {
      self.peer = peer
      self.range = range
    }
  }

  /// Sends and receives messages between pairs of ranks; called by all ranks.
  ///
  /// Several transfers between two ranks are matched in their order, and both sides must give the
  /// same lengths. Empty transfers are skipped on both sides. Ranges that are received must not
  /// overlap others; ranges that are sent are only read.
  ///
  /// - Throws: a `TensorError` if a peer is this rank or none, and what every collective throws.
  public func exchange(
    sends: [Transfer], receives: [Transfer], as label: CollectiveLabel
  ) throws(TensorError) {
    try carryOut(.exchange(sends: sends, receives: receives), as: label)
  }

  /// Copies the bytes of `range` on rank `root` to the same number of bytes on all others.
  ///
  /// Called by all ranks, with the same root and number of bytes. Ranks that share memory all read
  /// what the root writes once, and the bytes come to each node once. Else they travel along a
  /// binomial tree, in pieces that follow each other: about log₂ P times the bytes leave the root.
  public func broadcast(
    _ range: StorageRange, from root: Int, as label: CollectiveLabel
  ) throws(TensorError) {
    try carryOut(.broadcast(range, root: root), as: label)
  }

  /// Completes `range` in place: it holds the segments of all ranks one after another, of which
  /// this rank has filled in its own.
  ///
  /// Called by all ranks, with the same `byteCounts`, one a rank; they add up to the range's.
  public func allGather(
    _ range: StorageRange, byteCounts: [Int], as label: CollectiveLabel
  ) throws(TensorError) {
    try carryOut(.allGather(range, byteCounts: byteCounts), as: label)
  }

  /// Waits until all ranks have called it.
  public func barrier(as label: CollectiveLabel) throws(TensorError) {
    // No rank gets past the comparison of headers before all have entered it.
    try collective(label, "barrier") { _ in }
  }

  func has(rank: Int) -> Bool { rank >= 0 && rank < size }

  /// Moves bytes, and waits for them; called by all ranks.
  package func carryOut(
    _ delivery: Delivery, as label: CollectiveLabel
  ) throws(TensorError) {
    try check(delivery, label)
    try collective(label, delivery.kind, common: delivery.common) {
      _ throws(TransportFailure) in try move(delivery)
    }
    count(delivery)
  }

  func count(sent: Int, received: Int, messages: Int) {
    guard size > 1 else { return }
    state.withLock {
      $0.traffic.bytesSent += sent
      $0.traffic.bytesReceived += received
      $0.traffic.messages += messages
      $0.traffic.collectives += 1
    }
  }
}

/// Who hands on to whom in a broadcast, so that all are reached in ⌈log₂ P⌉ steps.
struct BinomialTree {
  var parent: Int?
  var children: [Int] = []

  init(rank: Int, size: Int, root: Int) {
    // Counted from the root, the parent has the lowest set bit cleared.
    let position = (rank - root + size) % size
    var step = 1
    while step < size && position & step == 0 { step <<= 1 }
    if position != 0 { parent = (position - step + root) % size }
    while step > 1 {
      step >>= 1
      if position + step < size { children.append((position + step + root) % size) }
    }
  }
}

extension StorageRange {
  func piece(at offset: Int, _ count: Int) -> StorageRange {
    StorageRange(storage: storage, byteOffset: byteOffset + offset, byteCount: count)
  }

  /// Consecutive parts of at most `limit` bytes; none of an empty range.
  func pieces(_ limit: Int) -> [StorageRange] {
    stride(from: 0, to: byteCount, by: limit).map { offset in
      piece(at: offset, min(limit, byteCount - offset))
    }
  }
}
