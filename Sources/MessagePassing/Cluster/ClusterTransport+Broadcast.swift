extension ClusterTransport {
  /// Shorter ones travel whole: slices would be too short to be worth a message each.
  private static let slicedByteCount = 64 << 10

  func broadcast(
    _ bytes: UnsafeMutableRawBufferPointer, from root: Int, timeout: Double
  ) throws(TransportFailure) {
    if bytes.count < min(Self.slicedByteCount, sliceByteCount) {
      try broadcastWhole(bytes, root, timeout)
    } else {
      try broadcastSliced(bytes, root, timeout)
    }
  }

  /// One message for each other node, along a binomial tree of nodes; then through memory.
  private func broadcastWhole(
    _ bytes: UnsafeMutableRawBufferPointer, _ root: Int, _ timeout: Double
  ) throws(TransportFailure) {
    // Who has the bytes first on a node.
    let heads = map.nodes.indices.map { map.node(of: root) == $0 ? root : map.nodes[$0][0] }
    let own = map.node(of: rank)
    if rank == heads[own] {
      let tree = BinomialTree(rank: own, size: heads.count, root: map.node(of: root))
      if let parent = tree.parent {
        let message = Message(peer: heads[parent], bytes: bytes)
        try complete(try begin(sends: [], receives: [message]), timeout)
      }
      let messages = tree.children.map { Message(peer: heads[$0], bytes: bytes) }
      try complete(try begin(sends: messages, receives: []), timeout)
    }
    try node.broadcast(bytes, from: map.position(of: heads[own]), timeout: timeout)
  }

  /// The root's node has all bytes first; each rank of other nodes then gets a slice of its own
  /// from its counterpart there, and these nodes gather their slices. Each byte so comes to a node
  /// once, and leaves the root's node once.
  private func broadcastSliced(
    _ bytes: UnsafeMutableRawBufferPointer, _ root: Int, _ timeout: Double
  ) throws(TransportFailure) {
    let source = map.node(of: root)
    let isAtSource = map.node(of: rank) == source
    let takers = (0..<size).filter { map.node(of: $0) != source }
    let isStreamed = isLarge([bytes])
    // As much as a round takes, or an even part of what there is.
    let even = ((bytes.count + takers.count - 1) / takers.count + 63) & ~63
    let slice = min(sliceByteCount, even)
    let chunk = slice * takers.count

    func slices(_ round: Int) -> [UnsafeMutableRawBufferPointer] {
      var slices = [UnsafeMutableRawBufferPointer](
        repeating: UnsafeMutableRawBufferPointer(start: nil, count: 0), count: size)
      for (index, taker) in takers.enumerated() {
        slices[taker] = bytes.piece(from: round * chunk + index * slice, atMost: slice)
      }
      return slices
    }

    try inRounds(
      (bytes.count + chunk - 1) / chunk, timeout: timeout,
      { (round) throws(TransportFailure) in
        if isAtSource {
          try node.broadcast(
            bytes.piece(from: round * chunk, atMost: chunk), from: map.position(of: root),
            timeout: timeout)
        }
        return try scatter(slices(round), from: source)
      },
      { (round) throws(TransportFailure) in try sendAcross(slices(round), except: source) },
      { (round) throws(TransportFailure) in
        if isAtSource { return }
        try shareOut(slices(round), isStreamed: isStreamed, timeout)
      })
  }

  /// Begins to send each rank of other nodes its slice from the node that has all.
  private func scatter(
    _ slices: [UnsafeMutableRawBufferPointer], from source: Int
  ) throws(TransportFailure) -> Crossing {
    if map.node(of: rank) != source {
      let sender = map.counterpart(of: rank, on: source)
      return try begin(
        sends: [], receives: [Message(peer: sender, bytes: slices[rank])])
    }
    let takers = otherNodes.flatMap { map.ranks(of: $0, facing: rank) }
    return try begin(
      sends: takers.map { Message(peer: $0, bytes: slices[$0]) }, receives: [])
  }
}
