import CKernels
import Machine
import Shapes

/// Joins terms, the first of them to the second, bytewise contiguous: `out` may be the first.
///
/// **Called concurrently** for parts, which hold whole elements: sizes of elements divide 64.
public typealias TermJoin =
  @Sendable (
    _ out: UnsafeMutableRawPointer, _ first: UnsafeRawPointer, _ second: UnsafeRawPointer,
    _ byteCount: Int
  ) -> Void

/// Reductions piece by piece: terms pass through the windows, and results too where all ranks get
/// them, so that nothing is in memory longer than it is in the caches; those that lie in a heap are
/// read there. Terms are joined in the order of the ranks.
extension NodeTransport {
  func reduceGathered(
    _ term: UnsafeMutableRawBufferPointer, into result: UnsafeMutableRawBufferPointer,
    _ join: TermJoin, timeout: Double
  ) throws(TransportFailure) {
    if size == 1 { return copy(term, to: result) }
    var wait = NodeWait(self, timeout)
    for first in stride(from: 0, to: term.count, by: pieceByteCount) {
      let count = min(pieceByteCount, term.count - first)
      while !self[outlet: rank].isFree() { try wait.rest { self[outlet: rank].late } }
      let own = self[outlet: rank].slot
      own.copyMemory(from: term.baseAddress! + first, byteCount: count)
      self[outlet: rank].publish(ofMessage: term.count)
      try awaitCommon(&wait)
      let target = result.baseAddress! + first
      joinInOrder(
        size, { $0 == rank ? own : self[commonInlet: $0].slot }, count, join,
        { tk_copy(target + $1, $0, $2) })
      for peer in peers { self[commonInlet: peer].release() }
      wait.begin()
    }
  }

  func reduce(
    _ parts: [UnsafeMutableRawBufferPointer], into results: [UnsafeMutableRawBufferPointer],
    _ join: TermJoin, timeout: Double
  ) throws(TransportFailure) {
    try reduce(parts, into: results, join, isStreamed: true, timeout: timeout)
  }

  /// The same; results are left in the caches for a use that follows, if not streamed.
  func reduce(
    _ parts: [UnsafeMutableRawBufferPointer], into results: [UnsafeMutableRawBufferPointer],
    _ join: TermJoin, isStreamed: Bool, timeout: Double
  ) throws(TransportFailure) {
    if size == 1 { return copy(parts[0], to: results[0]) }
    let isForAll = results.count == size
    let terms = parts.map { reference(to: $0) }
    let isRead = (peers.map { terms[$0] } + [isForAll ? reference(to: results[rank]) : nil])
      .contains { $0 != nil }
    let longest = parts.map(\.count).max() ?? 0
    let rounds = (longest + pieceByteCount - 1) / pieceByteCount
    var wait = NodeWait(self, timeout)
    if rounds > 0 { try sendTerms(parts, terms, round: 0, &wait) }
    for round in 0..<rounds {
      if round + 1 < rounds { try sendTerms(parts, terms, round: round + 1, &wait) }
      try joinTerms(
        parts[rank], into: isForAll ? results[rank] : results[0], isForAll: isForAll,
        isStreamed: isStreamed, round: round, join, &wait)
      if isForAll, round > 0 { try takeResults(results, round: round - 1, &wait) }
    }
    if isForAll, rounds > 0 { try takeResults(results, round: rounds - 1, &wait) }
    // Nobody reads any longer what lies here. Besides, a rank that is lost with the last pieces is
    // missed here, and not in another collective.
    guard isRead || rounds > NodeLayout.slotCount else { return }
    for peer in isForAll ? [rank] : peers { try drain(peer, timeout) }
  }

  /// The bytes of a part that belong to a round.
  private func piece(_ part: UnsafeMutableRawBufferPointer, _ round: Int) -> Range<Int> {
    let first = min(round * pieceByteCount, part.count)
    return first..<min(first + pieceByteCount, part.count)
  }

  /// Sends each peer what this rank holds of its part, or once where that lies.
  private func sendTerms(
    _ parts: [UnsafeMutableRawBufferPointer], _ references: [NodeReference?], round: Int,
    _ wait: inout NodeWait
  ) throws(TransportFailure) {
    for peer in peers {
      let range = piece(parts[peer], round)
      if range.isEmpty || (references[peer] != nil && round > 0) { continue }
      while !self[outlet: peer].isFree() {
        try wait.rest { self[outlet: peer].isFree() ? [] : [peer] }
      }
      wait.begin()
      let slot = self[outlet: peer].slot
      if let reference = references[peer] {
        reference.write(to: slot)
        self[outlet: peer].publish(ofMessage: parts[peer].count, isReference: true)
        continue
      }
      let term = parts[peer].baseAddress! + range.lowerBound
      share(range.count) { first, count in
        NodeParcel.fill(slot + first, term + first, count, of: range.count)
      }
      self[outlet: peer].publish(ofMessage: parts[peer].count)
    }
  }

  /// Joins the terms of this rank's own part, and publishes the result where it is for all.
  private func joinTerms(
    _ term: UnsafeMutableRawBufferPointer, into result: UnsafeMutableRawBufferPointer,
    isForAll: Bool, isStreamed: Bool, round: Int, _ join: TermJoin, _ wait: inout NodeWait
  ) throws(TransportFailure) {
    let range = piece(term, round)
    if range.isEmpty { return }
    for peer in peers {
      while !self[inlet: peer].isFilled {
        try wait.rest { peers.filter { !self[inlet: $0].isFilled } }
      }
      let length = self[inlet: peer].messageByteCount
      if length != term.count {
        throw .local(
          TensorError(
            "reduction", given: "a term of \(length) bytes from rank \(members[peer])",
            expected: "\(term.count) bytes"))
      }
    }
    wait.begin()
    let own = term.baseAddress! + range.lowerBound
    let target = result.baseAddress! + range.lowerBound
    var terms = [UnsafeMutableRawPointer](repeating: own, count: size)
    for peer in peers {
      let inlet = self[inlet: peer]
      terms[peer] = inlet.isReference ? address(in: inlet) + range.lowerBound : inlet.slot
      if inlet.isReference { bytesReadInPlace += range.count }
    }
    func release() {
      for peer in peers {
        let isOver = !self[inlet: peer].isReference || range.upperBound == term.count
        self[inlet: peer].release(isOver)
      }
    }
    guard isForAll else {
      joinInOrder(
        size, { terms[$0] }, range.count, join,
        { (isStreamed ? tk_stream : tk_copy)(target + $1, $0, $2) })
      return release()
    }
    while !self[outlet: rank].isFree() { try wait.rest { self[outlet: rank].late } }
    wait.begin()
    let slot = self[outlet: rank].slot
    if var reference = reference(to: result) {
      joinInOrder(
        size, { terms[$0] }, range.count, join, { tk_stream(target + $1, $0, $2) })
      reference.offset += range.lowerBound
      reference.write(to: slot)
      self[outlet: rank].publish(ofMessage: term.count, isReference: true)
    } else {
      joinInOrder(
        size, { terms[$0] }, range.count, join,
        {
          tk_stream(slot + $1, $0, $2)
          tk_stream(target + $1, $0, $2)
        })
      self[outlet: rank].publish(ofMessage: term.count)
    }
    release()
  }

  /// What the reference in a filled slot refers to.
  private func address(in inlet: NodeInlet) -> UnsafeMutableRawPointer {
    heaps!.source(NodeReference(in: inlet.slot), of: inlet.owner).address
  }

  /// Takes the results of the others.
  private func takeResults(
    _ results: [UnsafeMutableRawBufferPointer], round: Int, _ wait: inout NodeWait
  ) throws(TransportFailure) {
    for peer in peers {
      let range = piece(results[peer], round)
      if range.isEmpty { continue }
      while !self[commonInlet: peer].isFilled {
        // Who has left meanwhile may have filled it before.
        try wait.rest { self[commonInlet: peer].isFilled ? [] : [peer] }
      }
      wait.begin()
      let inlet = self[commonInlet: peer]
      let target = results[peer].baseAddress! + range.lowerBound
      take(
        inlet.isReference ? address(in: inlet) : inlet.slot, into: target, range.count,
        of: results[peer].count)
      self[commonInlet: peer].release()
    }
  }

  /// Copies a piece of a part of the result from the window to where it is to lie.
  private func take(
    _ slot: UnsafeMutableRawPointer, into target: UnsafeMutableRawPointer, _ count: Int,
    of partByteCount: Int
  ) {
    let isStreamed = partByteCount * size >= NodeParcel.streamedByteCount
    share(count) { first, count in
      if isStreamed {
        tk_stream_from_memory(target + first, slot + first, count)
        tk_finish_streaming()
      } else {
        tk_copy(target + first, slot + first, count)
      }
    }
  }

  /// What the reduction of a single term comes to.
  private func copy(
    _ term: UnsafeMutableRawBufferPointer, to result: UnsafeMutableRawBufferPointer
  ) {
    guard let source = term.baseAddress, let target = result.baseAddress, source != target,
      term.count > 0
    else { return }
    share(term.count) { first, count in tk_copy(target + first, source + first, count) }
  }

  /// Waits until a piece of every other rank is in its lane to all.
  private func awaitCommon(_ wait: inout NodeWait) throws(TransportFailure) {
    for peer in peers {
      while !self[commonInlet: peer].isFilled {
        try wait.rest { peers.filter { !self[commonInlet: $0].isFilled } }
      }
    }
  }

  /// Joins two terms or more in their order, and hands them on while they are in the first-level
  /// cache.
  func joinInOrder(
    _ termCount: Int, _ term: (Int) -> UnsafeMutableRawPointer, _ count: Int, _ join: TermJoin,
    _ put: (_ joined: UnsafeMutableRawPointer, _ first: Int, _ count: Int) -> Void
  ) {
    let length = min(8 << 10, count)
    share(count) { start, partCount in
      withUnsafeTemporaryAllocation(byteCount: length, alignment: 64) { scratch in
        let joined = scratch.baseAddress!
        for first in stride(from: start, to: start + partCount, by: length) {
          let count = min(length, start + partCount - first)
          join(joined, term(0) + first, term(1) + first, count)
          for next in 2..<max(termCount, 2) { join(joined, joined, term(next) + first, count) }
          // While this piece is put, the next ones come from memory.
          let ahead = min(length, start + partCount - first - count)
          if ahead > 0 {
            for index in 0..<termCount { tk_prefetch(term(index) + first + count, ahead) }
          }
          put(joined, first, count)
        }
      }
      tk_finish_streaming()
    }
  }
}
