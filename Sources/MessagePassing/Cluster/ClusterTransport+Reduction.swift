import CKernels

/// Terms are joined inside the nodes first, in the order of the ranks, then across, in the order of
/// the nodes: one tree for all ranks, whoever comes first.
extension ClusterTransport {
  func reduceGathered(
    _ term: UnsafeMutableRawBufferPointer, into result: UnsafeMutableRawBufferPointer,
    _ join: TermJoin, timeout: Double
  ) throws(TransportFailure) {
    try node.reduceGathered(term, into: result, join, timeout: timeout)
    if node.rank == 0 {
      let others = otherNodes
      let places = slots(others.count, result.count)
      try complete(
        try begin(
          sends: others.map { Message(peer: map.nodes[$0][0], bytes: result) },
          receives: zip(others, places).map { Message(peer: map.nodes[$0][0], bytes: $1) }),
        timeout)
      joinNodes(places, result, into: result, join)
    }
    try node.broadcast(result, from: 0, timeout: timeout)
  }

  func reduce(
    _ parts: [UnsafeMutableRawBufferPointer], into results: [UnsafeMutableRawBufferPointer],
    _ join: TermJoin, timeout: Double
  ) throws(TransportFailure) {
    let isForAll = results.count == size
    let isStreamed = isLarge(parts)
    let own = isForAll ? results[rank] : results[0]
    let served = otherNodes.map { map.ranks(of: $0, facing: rank).count }.reduce(0, +)
    // Two rounds are under way at a time.
    let places = slots(2 * (served + otherNodes.count), sliceByteCount)
    var sums: [NodeSums] = []

    try inRounds(
      roundCount(parts.map(\.count)), timeout: timeout,
      { (round) throws(TransportFailure) in
        let half = places.count / 2
        let (sum, crossing) = try sumInNode(
          slices(parts, round), into: slices([own], round)[0],
          places[(round % 2 * half)..<(round % 2 * half + half)], join, timeout)
        sums.append(sum)
        return crossing
      },
      { (round) throws(TransportFailure) in
        joinNodes(
          sums[round].others, sums[round].own, into: slices([own], round)[0], join,
          isStreamed: isStreamed && !isForAll)
        return isForAll ? try sendAcross(slices(results, round)) : nil
      },
      { (round) throws(TransportFailure) in
        guard isForAll else { return }
        try shareOut(slices(results, round), isStreamed: isStreamed, timeout)
      })
  }

  /// What the nodes hold of this rank's own slice.
  private struct NodeSums {
    var own: UnsafeMutableRawBufferPointer
    /// In the order of the other nodes.
    var others: [UnsafeMutableRawBufferPointer]
  }

  /// Joins what this node holds of each rank's slice, the slices of other nodes' ranks by those who
  /// deal with them; then begins to send these sums to where they belong.
  private func sumInNode(
    _ terms: [UnsafeMutableRawBufferPointer], into own: UnsafeMutableRawBufferPointer,
    _ places: ArraySlice<UnsafeMutableRawBufferPointer>, _ join: TermJoin, _ timeout: Double
  ) throws(TransportFailure) -> (NodeSums, Crossing) {
    var places = places
    func place(_ count: Int) -> UnsafeMutableRawBufferPointer {
      places.removeFirst().piece(from: 0, atMost: count)
    }
    let isAlone = node.size == 1
    let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    var sends: [Message] = []
    for other in otherNodes {
      let ranks = map.nodes[other]
      // As many of its ranks at a time as this node has.
      for first in stride(from: 0, to: ranks.count, by: node.size) {
        let parts = (first..<first + node.size).map {
          $0 < ranks.count ? terms[ranks[$0]] : nothing
        }
        let mine = parts[node.rank]
        let isServed = first + node.rank < ranks.count
        // A single term is sent as it lies.
        let sum = isAlone ? mine : isServed ? place(mine.count) : nothing
        if !isAlone {
          try node.reduce(parts, into: [sum], join, isStreamed: false, timeout: timeout)
        }
        if isServed { sends.append(Message(peer: ranks[first + node.rank], bytes: sum)) }
      }
    }
    if !isAlone {
      try node.reduce(
        node.members.map { terms[$0] }, into: [own], join, isStreamed: false, timeout: timeout)
    }
    let sums = NodeSums(
      own: isAlone ? terms[rank] : own, others: otherNodes.map { _ in place(own.count) })
    let receives = zip(otherNodes, sums.others).map {
      Message(peer: map.counterpart(of: rank, on: $0), bytes: $1)
    }
    return (sums, try begin(sends: sends, receives: receives))
  }

  /// Joins the sums of all nodes in their order; `result` may be this node's own.
  private func joinNodes(
    _ others: [UnsafeMutableRawBufferPointer], _ own: UnsafeMutableRawBufferPointer,
    into result: UnsafeMutableRawBufferPointer, _ join: TermJoin, isStreamed: Bool = false
  ) {
    if result.isEmpty { return }
    var terms = others.map { $0.baseAddress! }
    terms.insert(own.baseAddress!, at: map.node(of: rank))
    let target = result.baseAddress!
    node.joinInOrder(terms.count, { terms[$0] }, result.count, join) { joined, first, count in
      (isStreamed ? tk_stream : tk_copy)(target + first, joined, count)
    }
  }
}
