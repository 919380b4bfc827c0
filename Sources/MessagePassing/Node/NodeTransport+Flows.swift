import Machine
import Shapes

/// Messages that pass through the windows piece by piece: while a piece is copied out the next one
/// is copied in. Of long ones that lie in the sender's heap nothing but the place passes.
extension NodeTransport {
  /// Sends and receives parcels, those of each pair of ranks in their order.
  func exchange(
    sends: [Parcel], receives: [Parcel], timeout: Double
  ) throws(TransportFailure) {
    func flows(_ parcels: [Parcel]) -> [NodeFlow] {
      peers.compactMap { peer in
        let own = parcels.filter { $0.peer == peer }
        return own.isEmpty ? nil : NodeFlow(peer: peer, own.map(\.content))
      }
    }
    try pass(flows(sends), flows(receives), areCommon: false, timeout)
  }

  /// Copies bytes of the root to all.
  func broadcast(
    _ bytes: UnsafeMutableRawBufferPointer, from root: Int, timeout: Double
  ) throws(TransportFailure) {
    if size == 1 { return }
    if rank == root {
      try pass([NodeFlow(peer: rank, [.reading(bytes)])], [], areCommon: true, timeout)
    } else {
      try pass([], [NodeFlow(peer: root, [.writing(bytes)])], areCommon: true, timeout)
    }
  }

  func allGather(
    _ segments: [UnsafeMutableRawBufferPointer], timeout: Double
  ) throws(TransportFailure) {
    try allGather(segments.map { [$0] }, timeout: timeout)
  }

  /// Copies what each rank has, one block after another, to the same blocks of all others.
  ///
  /// - Parameter isStreamed: whether all that is copied is too large to be found in the caches
  ///   again; what a block's length tells without it.
  func allGather(
    _ blocks: [[UnsafeMutableRawBufferPointer]], isStreamed: Bool? = nil, timeout: Double
  ) throws(TransportFailure) {
    if size == 1 { return }
    try pass(
      [NodeFlow(peer: rank, blocks[rank].map { .reading($0) })],
      peers.map { NodeFlow(peer: $0, blocks[$0].map { .writing($0, isStreamed: isStreamed) }) },
      areCommon: true, timeout)
  }

  /// Moves all flows to their end, whichever can be moved at the time.
  ///
  /// - Parameter areCommon: whether they pass through lanes to all, or to one peer each.
  private func pass(
    _ outgoing: [NodeFlow], _ incoming: [NodeFlow], areCommon: Bool, _ timeout: Double
  ) throws(TransportFailure) {
    var outgoing = outgoing
    var incoming = incoming
    var wait = NodeWait(self, timeout)
    while true {
      var isDone = true
      var hasMoved = false
      for index in outgoing.indices where !outgoing[index].isDone {
        if send(&outgoing[index]) { hasMoved = true }
        if !outgoing[index].isDone { isDone = false }
      }
      for index in incoming.indices where !incoming[index].isDone {
        if try receive(&incoming[index], isCommon: areCommon) { hasMoved = true }
        if !incoming[index].isDone { isDone = false }
      }
      if isDone { break }
      if hasMoved {
        wait.begin()
      } else {
        try wait.rest {
          let late = outgoing.filter { !$0.isDone }.flatMap { self[outlet: $0.peer].late }
          // Who has left meanwhile may have filled a slot before.
          let empty = incoming.filter {
            !$0.isDone
              && !(areCommon ? self[commonInlet: $0.peer].isFilled : self[inlet: $0.peer].isFilled)
          }
          return Set(late + empty.map(\.peer)).sorted()
        }
      }
    }
    // A rank that is lost with the last pieces is missed here, and not in another collective.
    for flow in outgoing where flow.needsDraining(pieceByteCount) {
      try drain(flow.peer, timeout)
    }
  }

  /// Waits until the readers of a lane have emptied it.
  func drain(_ peer: Int, _ timeout: Double) throws(TransportFailure) {
    var wait = NodeWait(self, timeout)
    var pulse: UInt64 = 0
    while !self[outlet: peer].isDrained() {
      // Whoever reads something long where it lies gives signs.
      let latest = self[outlet: peer].pulse
      if latest != pulse { wait.begin() }
      pulse = latest
      try wait.rest { self[outlet: peer].late }
    }
  }

  /// Sends a piece if there is a place for it.
  private func send(_ flow: inout NodeFlow) -> Bool {
    guard self[outlet: flow.peer].isFree() else { return false }
    let parcel = flow.current
    let slot = self[outlet: flow.peer].slot
    if flow.offset == 0, let source = parcel.source,
      let reference = reference(to: source, parcel.byteCount)
    {
      reference.write(to: slot)
      self[outlet: flow.peer].publish(ofMessage: parcel.byteCount, isReference: true)
      flow.refer()
      return true
    }
    let count = flow.pieceByteCount(pieceByteCount)
    let offset = flow.offset
    share(count) { first, count in parcel.move(slot + first, offset + first, count) }
    self[outlet: flow.peer].publish(ofMessage: parcel.byteCount)
    flow.advance(count)
    return true
  }

  /// Receives a piece if it is there.
  private func receive(
    _ flow: inout NodeFlow, isCommon: Bool
  ) throws(TransportFailure) -> Bool {
    let peer = flow.peer
    let inlet = isCommon ? self[commonInlet: peer] : self[inlet: peer]
    guard inlet.isFilled else { return false }
    let parcel = flow.current
    let length = inlet.messageByteCount
    if length != parcel.byteCount {
      throw .local(
        .wrongLength(from: members[peer], received: length, expected: parcel.byteCount))
    }
    let offset = flow.offset
    let count: Int
    if inlet.isReference {
      count = flow.readByteCount
      let source = heaps!.source(NodeReference(in: inlet.slot), of: peer)
      take(parcel, source, offset, count)
    } else {
      count = flow.pieceByteCount(pieceByteCount)
      share(count) { first, count in parcel.move(inlet.slot + first, offset + first, count) }
    }
    let isOver = !inlet.isReference || offset + count == length
    if isCommon {
      self[commonInlet: peer].release(isOver)
    } else {
      self[inlet: peer].release(isOver)
    }
    flow.advance(count)
    return true
  }

  /// Receives some bytes of a message that is read where its sender has it.
  private func take(
    _ parcel: NodeParcel, _ source: NodeParcel.Source, _ offset: Int, _ count: Int
  ) {
    bytesReadInPlace += count
    if let take = parcel.take { return take(source, offset, count) }
    precondition(source.layout.isEmpty, "a message in one place")
    share(count) { first, count in
      parcel.move(source.address + offset + first, offset + first, count)
    }
  }

  /// What tells peers to read so many bytes where they lie; nil where these are to pass through a
  /// lane.
  func reference(to source: NodeParcel.Source, _ byteCount: Int) -> NodeReference? {
    guard byteCount > pieceByteCount, let offset = heaps?.own.offset(of: source.address) else {
      return nil
    }
    let reference = NodeReference(offset: offset, layout: source.layout)
    return reference.byteCount <= pieceByteCount ? reference : nil
  }

  /// The same for bytes that lie one after another.
  func reference(to bytes: UnsafeMutableRawBufferPointer) -> NodeReference? {
    bytes.baseAddress.flatMap { reference(to: .init(address: $0, layout: []), bytes.count) }
  }

  /// Calls `body` for parts of so many bytes, on all workers where it is worth it. Parts begin at
  /// multiples of 64.
  func share(_ count: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    guard let workers, workers.workerCount > 1, count >= 32 << 10 else { return body(0, count) }
    let parts = workers.workerCount
    let length = ((count + parts - 1) / parts + 63) & ~63
    workers.run(count: (count + length - 1) / length) { part in
      body(part * length, min(length, count - part * length))
    }
  }
}

extension TensorError {
  /// In the words that MPI has for a message that is longer than its receiver expects.
  fileprivate static func wrongLength(
    from peer: Int, received: Int, expected: Int
  ) -> TensorError {
    let given = received > expected ? "more than \(expected)" : "\(received)"
    return TensorError(
      "exchange", given: "\(given) bytes from rank \(peer)", expected: "\(expected) bytes")
  }
}
