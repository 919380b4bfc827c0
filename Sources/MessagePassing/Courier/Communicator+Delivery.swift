import Machine
import Shapes

// What collectives of bytes have to do: the same for those that are waited for at once and those
// that are begun.
extension Communicator {
  /// Refuses what this rank cannot take part in.
  func check(_ delivery: Delivery, _ label: CollectiveLabel) throws(TensorError) {
    switch delivery {
    case .exchange(let sends, let receives):
      try check(peers: (sends + receives).map(\.peer), label)
    case .parcels(let sends, let receives):
      precondition(memory != nil, "ranks that share memory")
      try check(peers: (sends + receives).map(\.peer), label)
    case .broadcast(_, let root):
      guard has(rank: root) else {
        throw TensorError(
          label.name, given: "a broadcast from rank \(root)", expected: "a rank below \(size)")
      }
    case .allGather(let range, let byteCounts):
      guard byteCounts.count == size, byteCounts.allSatisfy({ $0 >= 0 }),
        byteCounts.reduce(0, +) == range.byteCount
      else {
        throw TensorError(
          label.name, given: "segments of \(byteCounts) bytes in \(range.byteCount) bytes",
          expected: "one segment for each of \(size) ranks, together as long as the range")
      }
    case .allReduce(let term, let result, let parts, _):
      precondition(memory != nil, "ranks that share memory")
      precondition(result.byteCount == term.byteCount, "a result as long as a term")
      if let parts {
        precondition(
          parts.count == size && parts.reduce(0, +) == term.byteCount, "a part for each rank")
      }
    case .reduceScatter(let parts, let result, _):
      precondition(memory != nil, "ranks that share memory")
      precondition(parts.count == size && result.byteCount == parts[rank].byteCount)
    }
  }

  private func check(peers: [Int], _ label: CollectiveLabel) throws(TensorError) {
    for peer in peers where peer == rank || !has(rank: peer) {
      throw TensorError(
        label.name, given: "a transfer between rank \(rank) and rank \(peer)",
        expected: "another rank below \(size)")
    }
  }

  /// Sends and receives the bytes, when headers have been compared.
  func move(_ delivery: Delivery) throws(TransportFailure) {
    switch delivery {
    case .exchange(let sends, let receives):
      try move(sends: sends, receives: receives)
    case .parcels(let sends, let receives):
      func contents(_ parcels: [Parcel]) -> [MessagePassing.Parcel] {
        parcels.map { .init(peer: $0.peer, content: $0.content) }
      }
      try holding(delivery.ranges) { () throws(TransportFailure) in
        try sharedMemory.exchange(
          sends: contents(sends), receives: contents(receives), timeout: timeout)
      }
    case .broadcast(let range, let root):
      guard let memory else { return try forward(range, from: root) }
      try holding([range]) { () throws(TransportFailure) in
        try memory.broadcast(range.bytes, from: root, timeout: timeout)
      }
    case .allGather(let range, let byteCounts):
      try gather(range, byteCounts)
    case .allReduce(let term, let result, let parts, let join):
      try holding([term, result]) { () throws(TransportFailure) in
        guard let parts else {
          return try sharedMemory.reduceGathered(
            term.bytes, into: result.bytes, join, timeout: timeout)
        }
        try sharedMemory.reduce(
          cut(term.bytes, parts), into: cut(result.bytes, parts), join, timeout: timeout)
      }
    case .reduceScatter(let parts, let result, let join):
      try holding(parts + [result]) { () throws(TransportFailure) in
        try sharedMemory.reduce(parts.map(\.bytes), into: [result.bytes], join, timeout: timeout)
      }
    }
  }

  /// Adds what a collective has moved to the traffic.
  func count(_ delivery: Delivery) {
    switch delivery {
    case .exchange(let sends, let receives):
      count(
        sent: sends.reduce(0) { $0 + $1.range.byteCount },
        received: receives.reduce(0) { $0 + $1.range.byteCount },
        messages: sends.count { $0.range.byteCount > 0 })
    case .parcels(let sends, let receives):
      count(
        sent: sends.reduce(0) { $0 + $1.byteCount },
        received: receives.reduce(0) { $0 + $1.byteCount },
        messages: sends.count { $0.byteCount > 0 })
    case .broadcast(let range, let root):
      let byteCount = range.byteCount
      guard byteCount > 0 else { return count(sent: 0, received: 0, messages: 0) }
      if rank == root {
        count(sent: byteCount * (size - 1), received: 0, messages: size - 1)
      } else {
        count(sent: 0, received: byteCount, messages: 0)
      }
    case .allGather(let range, let byteCounts):
      countGathered(mine: byteCounts[rank], of: range.byteCount)
    case .allReduce(let term, _, nil, _):
      let bytes = term.byteCount * (size - 1)
      count(sent: bytes, received: bytes, messages: bytes == 0 ? 0 : size - 1)
    case .allReduce(_, _, let parts?, _):
      countScattered(parts)
      countGathered(mine: parts[rank], of: parts.reduce(0, +))
    case .reduceScatter(let parts, _, _):
      countScattered(parts.map(\.byteCount))
    }
  }

  private func countGathered(mine: Int, of all: Int) {
    count(
      sent: mine * (size - 1), received: all - mine, messages: mine == 0 ? 0 : size - 1)
  }

  /// As an exchange of parts, one for each rank.
  private func countScattered(_ parts: [Int]) {
    count(
      sent: parts.reduce(0, +) - parts[rank], received: parts[rank] * (size - 1),
      messages: parts.indices.count { $0 != rank && parts[$0] > 0 })
  }

  private func gather(
    _ range: StorageRange, _ byteCounts: [Int]
  ) throws(TransportFailure) {
    var segments: [StorageRange] = []
    var offset = 0
    for byteCount in byteCounts {
      segments.append(range.piece(at: offset, byteCount))
      offset += byteCount
    }
    if let memory {
      return try holding([range]) { () throws(TransportFailure) in
        try memory.allGather(segments.map(\.bytes), timeout: timeout)
      }
    }
    let peers = (1..<max(size, 1)).map { (rank + $0) % size }
    try move(
      sends: byteCounts[rank] == 0
        ? [] : peers.map { Transfer(peer: $0, range: segments[rank]) },
      receives: peers.filter { byteCounts[$0] > 0 }
        .map { Transfer(peer: $0, range: segments[$0]) })
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

  private func cut(
    _ bytes: UnsafeMutableRawBufferPointer, _ byteCounts: [Int]
  ) -> [UnsafeMutableRawBufferPointer] {
    var offset = 0
    return byteCounts.map { count in
      defer { offset += count }
      return UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
  }
}
