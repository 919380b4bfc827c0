import Machine

extension ClusterTransport {
  // Parcels between ranks of a node pass through memory. Those that cross travel in slices, the
  // same on both sides whether a parcel lies in one place or is packed.
  func exchange(
    sends: [Parcel], receives: [Parcel], timeout: Double
  ) throws(TransportFailure) {
    let own = map.node(of: rank)
    func near(_ parcels: [Parcel]) -> [Parcel] {
      parcels.filter { map.node(of: $0.peer) == own }
        .map { Parcel(peer: map.position(of: $0.peer), content: $0.content) }
    }
    func far(_ parcels: [Parcel]) -> [Parcel] {
      parcels.filter { map.node(of: $0.peer) != own }
    }
    try node.exchange(sends: near(sends), receives: near(receives), timeout: timeout)
    try exchangeAcross(far(sends), far(receives), timeout)
  }

  private func exchangeAcross(
    _ sends: [Parcel], _ receives: [Parcel], _ timeout: Double
  ) throws(TransportFailure) {
    let slice = sliceByteCount
    let lengths = (sends + receives).map(\.content.byteCount)
    // Two rounds are under way at a time.
    let packedCount = (sends + receives).count { $0.content.bytes == nil }
    let places = slots(2 * packedCount, min(slice, lengths.max() ?? 0))
    var arriving: [[Message]] = []

    func messages(_ parcels: [Parcel], _ round: Int, _ free: inout Int) -> [Message] {
      parcels.map { parcel in
        if let bytes = parcel.content.bytes {
          return Message(
            peer: parcel.peer, bytes: bytes.piece(from: round * slice, atMost: slice))
        }
        let place = places[round % 2 * packedCount + free]
        free += 1
        let count = max(0, parcel.content.byteCount - round * slice)
        return Message(peer: parcel.peer, bytes: place.piece(from: 0, atMost: min(count, slice)))
      }
    }
    func move(_ parcels: [Parcel], _ messages: [Message], _ round: Int) {
      for (parcel, message) in zip(parcels, messages)
      where parcel.content.bytes == nil && !message.bytes.isEmpty {
        let window = message.bytes.baseAddress!
        node.share(message.bytes.count) { first, count in
          parcel.content.move(window + first, round * slice + first, count)
        }
      }
    }

    try inRounds(
      roundCount(lengths), timeout: timeout,
      { (round) throws(TransportFailure) in
        var free = 0
        let leaving = messages(sends, round, &free)
        arriving.append(messages(receives, round, &free))
        move(sends, leaving, round)
        return try begin(sends: leaving, receives: arriving[round])
      },
      { (round) throws(TransportFailure) in
        move(receives, arriving[round], round)
        return nil
      })
  }

  func allGather(
    _ segments: [UnsafeMutableRawBufferPointer], timeout: Double
  ) throws(TransportFailure) {
    let isStreamed = isLarge(segments)
    try inRounds(
      roundCount(segments.map(\.count)), timeout: timeout,
      { (round) throws(TransportFailure) in try sendAcross(slices(segments, round)) },
      { (round) throws(TransportFailure) in
        try shareOut(slices(segments, round), isStreamed: isStreamed, timeout)
        return nil
      })
  }

  /// Begins to send each rank's slice once to every other node, except to one that has it all.
  func sendAcross(
    _ slices: [UnsafeMutableRawBufferPointer], except source: Int? = nil
  ) throws(TransportFailure) -> Crossing? {
    if map.node(of: rank) == source { return nil }
    let others = otherNodes.filter { $0 != source }
    return try begin(
      sends: others.map {
        Message(peer: map.counterpart(of: rank, on: $0), bytes: slices[rank])
      },
      receives: others.flatMap { map.ranks(of: $0, facing: rank) }
        .map { Message(peer: $0, bytes: slices[$0]) })
  }

  /// Copies the slices that have come to some rank of the node to all of them.
  func shareOut(
    _ slices: [UnsafeMutableRawBufferPointer], isStreamed: Bool, _ timeout: Double
  ) throws(TransportFailure) {
    try node.allGather(
      node.members.map { carried(by: $0).map { slices[$0] } }, isStreamed: isStreamed,
      timeout: timeout)
  }

  /// Whether segments are too large, together, to be found in the caches again.
  func isLarge(_ segments: [UnsafeMutableRawBufferPointer]) -> Bool {
    segments.reduce(0) { $0 + $1.count } >= NodeParcel.streamedByteCount
  }
}
