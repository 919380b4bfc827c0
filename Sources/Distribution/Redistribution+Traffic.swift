import Shapes

/// What a redistribution moves, in elements. Sums over all ranks take no time for each rank, but
/// for exchanges and all-reduces of what is cut.
extension Redistribution {
  /// Elements that a rank receives from others.
  public func elementsReceived(by rank: Int) -> Int {
    steps.lazy.map { elementsReceived(by: rank, in: $0) }.clampedSum
  }

  /// Elements that all ranks together receive.
  public var elementsMoved: Int { steps.lazy.map { elementsMoved(in: $0) }.clampedSum }

  /// Bytes that a rank receives from others.
  func bytesReceived(by rank: Int) -> Int {
    steps.lazy.map { elementsReceived(by: rank, in: $0).clampedTimes(byteCount(in: $0)) }
      .clampedSum
  }

  /// Bytes that all ranks together receive.
  var bytesMoved: Int {
    steps.lazy.map { elementsMoved(in: $0).clampedTimes(byteCount(in: $0)) }.clampedSum
  }

  /// Bytes of an element on its way: terms travel as the type that they are joined in.
  private func byteCount(in step: Step) -> Int {
    switch step.route {
    case .allReduce(let reduction), .reduceScatter(let reduction):
      reduction.accumulator(for: source.scalarType).byteCount
    case .local, .broadcast, .allGather, .exchange: source.scalarType.byteCount
    }
  }

  /// Whether any rank receives anything.
  var communicates: Bool {
    steps.contains { step in
      switch step.route {
      case .local: false
      case .exchange: step.ranks.contains { elementsReceived(by: $0, in: step) > 0 }
      default: elementsMoved(in: step) > 0
      }
    }
  }

  private func elementsReceived(by rank: Int, in step: Step) -> Int {
    let mesh = target.mesh
    let shape = source.shape
    func wanted() -> Int { step.target.localElementCount(of: rank, in: shape) }
    func held() -> Int { step.source.localElementCount(of: rank, in: shape) }
    switch step.route {
    case .local: return 0
    case .broadcast(let root):
      return mesh.position(ofRank: rank, along: step.over) == root ? 0 : wanted()
    case .allGather: return wanted() - held()
    case .exchange:
      let own = step.target.box(of: rank, in: shape)
      return own.elementCount
        - own.intersection(step.source.box(of: rank, in: shape)).elementCount
    case .allReduce:
      let ranks = mesh.extent(of: step.over)
      let all = held()
      if gathersTerms(of: all, in: step) { return all.clampedTimes(ranks - 1) }
      let part = CutPoints(evenly: all, into: ranks)
        .range(of: mesh.position(ofRank: rank, along: step.over)).count
      return part.clampedTimes(ranks - 1).clampedPlus(all - part)
    case .reduceScatter:
      return wanted().clampedTimes(mesh.extent(of: step.over) - 1)
    }
  }

  private func elementsMoved(in step: Step) -> Int {
    let all = source.shape.elementCount
    let ranks = target.mesh.extent(of: step.over)
    switch step.route {
    case .local: return 0
    case .broadcast: return all.clampedTimes(step.target.copies / ranks * (ranks - 1))
    case .allGather: return all.clampedTimes(step.target.copies - step.source.copies)
    case .reduceScatter: return all.clampedTimes(step.target.copies).clampedTimes(ranks - 1)
    case .allReduce where step.source.cuts.isEmpty:
      let received = gathersTerms(of: all, in: step) ? ranks * (ranks - 1) : 2 * (ranks - 1)
      return all.clampedTimes(received * (target.count / ranks))
    case .allReduce, .exchange:
      return step.ranks.lazy.map { elementsReceived(by: $0, in: step) }.clampedSum
    }
  }

  private func gathersTerms(of count: Int, in step: Step) -> Bool {
    CostModel.gathersAllReduce(
      bytes: count.clampedTimes(byteCount(in: step)), ranks: target.mesh.extent(of: step.over))
  }
}

extension Redistribution.Step {
  fileprivate var ranks: Range<Int> { 0..<source.count }
}

extension Sharding {
  /// How many ranks hold each element.
  fileprivate var copies: Int { count / cuts.reduce(1) { $0 * $1.points.count } }
}
