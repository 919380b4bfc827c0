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
    for transfer in sends + receives where transfer.peer == rank || !has(rank: transfer.peer) {
      throw TensorError(
        label.name, given: "a transfer between rank \(rank) and rank \(transfer.peer)",
        expected: "another rank below \(size)")
    }
    let sends = sends.filter { $0.range.byteCount > 0 }
    let receives = receives.filter { $0.range.byteCount > 0 }
    try collective(label, "exchange") { _ throws(TransportFailure) in
      try move(sends: sends, receives: receives)
    }
    count(
      sent: sends.reduce(0) { $0 + $1.range.byteCount },
      received: receives.reduce(0) { $0 + $1.range.byteCount }, messages: sends.count)
  }

  /// Copies the bytes of `range` on rank `root` to the same number of bytes on all others.
  ///
  /// Called by all ranks, with the same root and number of bytes. Ranks that share memory all read
  /// what the root writes once, and the bytes come to each node once. Else they travel along a
  /// binomial tree, in pieces that follow each other: about log₂ P times the bytes leave the root.
  public func broadcast(
    _ range: StorageRange, from root: Int, as label: CollectiveLabel
  ) throws(TensorError) {
    guard has(rank: root) else {
      throw TensorError(
        label.name, given: "a broadcast from rank \(root)", expected: "a rank below \(size)")
    }
    let byteCount = range.byteCount
    try collective(label, "broadcast (root, bytes)", common: [root, byteCount]) {
      _ throws(TransportFailure) in
      if let memory {
        try holding([range]) { () throws(TransportFailure) in
          try memory.broadcast(range.bytes, from: root, timeout: timeout)
        }
      } else {
        try forward(range, from: root)
      }
    }
    guard byteCount > 0 else { return count(sent: 0, received: 0, messages: 0) }
    if rank == root {
      count(sent: byteCount * (size - 1), received: 0, messages: size - 1)
    } else {
      count(sent: 0, received: byteCount, messages: 0)
    }
  }

  /// Completes `range` in place: it holds the segments of all ranks one after another, of which
  /// this rank has filled in its own.
  ///
  /// Called by all ranks, with the same `byteCounts`, one a rank; they add up to the range's.
  public func allGather(
    _ range: StorageRange, byteCounts: [Int], as label: CollectiveLabel
  ) throws(TensorError) {
    guard byteCounts.count == size, byteCounts.allSatisfy({ $0 >= 0 }),
      byteCounts.reduce(0, +) == range.byteCount
    else {
      throw TensorError(
        label.name, given: "segments of \(byteCounts) bytes in \(range.byteCount) bytes",
        expected: "one segment for each of \(size) ranks, together as long as the range")
    }
    var segments: [StorageRange] = []
    var offset = 0
    for byteCount in byteCounts {
      segments.append(range.piece(at: offset, byteCount))
      offset += byteCount
    }
    let peers = (1..<max(size, 1)).map { (rank + $0) % size }
    let mine = byteCounts[rank]
    try collective(label, "all-gather (bytes)", common: byteCounts) {
      _ throws(TransportFailure) in
      if let memory {
        return try holding([range]) { () throws(TransportFailure) in
          try memory.allGather(segments.map(\.bytes), timeout: timeout)
        }
      }
      try move(
        sends: mine == 0 ? [] : peers.map { Transfer(peer: $0, range: segments[rank]) },
        receives: peers.filter { byteCounts[$0] > 0 }
          .map { Transfer(peer: $0, range: segments[$0]) })
    }
    count(
      sent: mine * (size - 1), received: range.byteCount - mine,
      messages: mine == 0 ? 0 : size - 1)
  }

  /// Waits until all ranks have called it.
  public func barrier(as label: CollectiveLabel) throws(TensorError) {
    // No rank gets past the comparison of headers before all have entered it.
    try collective(label, "barrier") { _ in }
  }

  func has(rank: Int) -> Bool { rank >= 0 && rank < size }

  func count(sent: Int, received: Int, messages: Int) {
    guard size > 1 else { return }
    state.withLock {
      $0.traffic.bytesSent += sent
      $0.traffic.bytesReceived += received
      $0.traffic.messages += messages
      $0.traffic.collectives += 1
    }
  }

  private func move(sends: [Transfer], receives: [Transfer]) throws(TransportFailure) {
    let limit = state.withLock { $0.pieceLimit }
    func messages(_ transfers: [Transfer]) -> [Message] {
      transfers.flatMap { transfer in
        transfer.range.pieces(limit).map { Message(peer: transfer.peer, bytes: $0.bytes) }
      }
    }
    try holding((sends + receives).map(\.range)) { () throws(TransportFailure) in
      try transport.exchange(
        sends: messages(sends), receives: messages(receives), timeout: timeout)
    }
  }

  /// Keeps memory alive while messages to and from it travel: for ever where they do not arrive.
  func holding(
    _ ranges: @autoclosure () -> [StorageRange], _ body: () throws(TransportFailure) -> Void
  ) throws(TransportFailure) {
    do {
      try body()
    } catch {
      let ranges = ranges()
      state.withLock { $0.abandoned.append(contentsOf: ranges) }
      throw error
    }
  }

  /// Hands the range down the binomial tree: while a piece goes to the children, the next one
  /// comes.
  private func forward(_ range: StorageRange, from root: Int) throws(TransportFailure) {
    if size == 1 { return }
    let tree = BinomialTree(rank: rank, size: size, root: root)
    let limit = min(state.withLock { $0.pieceLimit }, 1 << 20)
    var arrived: StorageRange?
    for piece in range.pieces(limit).map(Optional.some) + [nil] {
      let source = tree.parent == nil ? piece : arrived
      let sends = source.map { source in
        tree.children.map { Transfer(peer: $0, range: source) }
      }
      var receives: [Transfer] = []
      if let parent = tree.parent, let piece {
        receives = [Transfer(peer: parent, range: piece)]
      }
      try move(sends: sends ?? [], receives: receives)
      arrived = piece
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
  fileprivate func piece(at offset: Int, _ count: Int) -> StorageRange {
    StorageRange(storage: storage, byteOffset: byteOffset + offset, byteCount: count)
  }

  /// Consecutive parts of at most `limit` bytes; none of an empty range.
  fileprivate func pieces(_ limit: Int) -> [StorageRange] {
    stride(from: 0, to: byteCount, by: limit).map { offset in
      piece(at: offset, min(limit, byteCount - offset))
    }
  }
}
