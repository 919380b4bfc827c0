import Distribution
import MessagePassing
import Shapes

/// Rows that travel to or from positions of which each rank knows its own. Positions go to the
/// owners of the rows, in the order of the list, counted from where the owner's part begins; rows
/// travel in the same order, in messages as those of `RowMoving.swift`.
extension Runtime {
  /// Takes rows of a cut axis.
  ///
  /// - Parameters:
  ///   - source: what this rank holds, contiguous.
  ///   - positions: this rank's part of the list.
  ///   - target: what is taken at them, contiguous; the list is its axes `axis ..< listEnd`.
  public func takeRows(
    _ source: StridedBlock, _ requests: RowRequests, at positions: Positions,
    into target: StridedBlock, listEnd: Int, as operation: String
  ) throws(TensorError) {
    let (rank, axis) = (communicator.rank, requests.axis)
    let (named, owned) = (requests.counts(namedBy: rank), requests.counts(ownedBy: rank))
    // All memory comes before the first exchange.
    let sent = try NumberMessages(named, on: self)
    let asked = try NumberMessages(owned, on: self)
    let places = try allocate([positions.count], .int64)
    let incoming = try RowMessages(named, like: source, axis: axis, joined: true, on: self)
    let outgoing = try RowMessages(
      owned.others(than: rank), like: source, axis: axis, joined: false, on: self)
    try executor.sort(
      positions, byPartOf: requests.owners, into: sent.whole, .destinations, into: places)
    try trade(
      [sent.messages], [asked.messages], as: operation, rows: requests.counts.clampedSum)
    for taker in owned.indices where owned[taker] > 0 {
      let isOwn = taker == rank
      executor.takeRows(
        source, axis: axis, at: Positions((isOwn ? sent : asked).messages[taker]),
        into: (isOwn ? incoming : outgoing).messages[taker], targetAxes: axis..<axis + 1)
    }
    try trade(
      [outgoing.messages], [incoming.messages], as: operation, rows: requests.counts.clampedSum)
    executor.takeRows(
      incoming.join(by: executor), axis: axis, at: Positions(places), into: target,
      targetAxes: axis..<listEnd)
  }

  /// Brings rows to the owners of their positions, who write them or add them.
  ///
  /// - Parameters:
  ///   - rows: this rank's part of the list, contiguous, along its axes `axis ..< listEnd`.
  ///   - positions: where each of them belongs.
  ///   - target: what this rank holds of the cut axis, contiguous.
  public func returnRows(
    _ rows: StridedBlock, listEnd: Int, _ requests: RowRequests, at positions: Positions,
    into target: StridedBlock, adding: Bool, as operation: String
  ) throws(TensorError) {
    let (rank, axis) = (communicator.rank, requests.axis)
    let (named, owned) = (requests.counts(namedBy: rank), requests.counts(ownedBy: rank))
    let sent = try NumberMessages(named, on: self)
    let asked = try NumberMessages(owned, on: self)
    let origins = try NumberMessages(named, on: self)
    let incoming = try RowMessages(owned, like: target, axis: axis, joined: true, on: self)
    let outgoing = try RowMessages(
      named.others(than: rank), like: target, axis: axis, joined: false, on: self)
    try executor.sort(
      positions, byPartOf: requests.owners, into: sent.whole, .origins, into: origins.whole)
    let list = flat(rows, axes: axis..<listEnd)
    for owner in named.indices where named[owner] > 0 {
      executor.takeRows(
        list, axis: axis, at: Positions(origins.messages[owner]),
        into: (owner == rank ? incoming : outgoing).messages[owner], targetAxes: axis..<axis + 1)
    }
    executor.copy(sent.messages[rank], into: asked.messages[rank])
    try trade(
      [sent.messages, outgoing.messages], [asked.messages, incoming.messages], as: operation,
      rows: requests.counts.clampedSum)
    // In the order of the takers, which is that of the list.
    try executor.putRows(
      incoming.join(by: executor), sourceAxes: axis..<axis + 1, at: Positions(asked.whole),
      into: target, axis: axis, adding: adding)
  }
}

/// Numbers for or from each rank, one message after another.
private struct NumberMessages {
  let whole: StridedBlock
  let messages: [StridedBlock]

  init(_ counts: [Int], on runtime: Runtime) throws(TensorError) {
    let whole = try runtime.allocate([counts.clampedSum], .int64)
    self.whole = whole
    messages = counts.ranges.map { whole.slice([$0]) }
  }
}

/// Rows for or from each rank, each message contiguous.
private struct RowMessages {
  let messages: [StridedBlock]
  /// All of them along the axis, where they are to be joined or lie so.
  private let whole: StridedBlock?
  /// Where each message lies in it, where it is another block.
  private let places: [StridedBlock]

  init(
    _ counts: [Int], like block: StridedBlock, axis: Int, joined: Bool, on runtime: Runtime
  ) throws(TensorError) {
    func rows(_ count: Int) throws(TensorError) -> StridedBlock {
      var shape = block.shape
      shape[axis] = count
      return try runtime.allocate(shape, block.type)
    }
    // With nothing outside of the axis, rows of one message follow those of another.
    let isOne = block.shape[..<axis].allSatisfy { $0 == 1 }
    let whole = joined || isOne ? try rows(counts.clampedSum) : nil
    let parts =
      whole.map { whole in
        counts.ranges.map { range in
          whole.slice(whole.shape.indices.map { $0 == axis ? range : 0..<whole.shape[$0] })
        }
      } ?? []
    self.whole = whole
    places = isOne ? [] : parts
    messages = isOne ? parts : try counts.map { (count) throws(TensorError) in try rows(count) }
  }

  /// All rows in one block, once they have come.
  func join(by executor: any Executor) -> StridedBlock {
    for (message, place) in zip(messages, places) { executor.copy(message, into: place) }
    return whole!
  }
}

extension [Int] {
  /// The range of each, one after another, as they are counts.
  fileprivate var ranges: [Range<Int>] {
    var end = 0
    return map { count in
      defer { end += count }
      return end..<end + count
    }
  }

  /// The same without that of one part.
  fileprivate func others(than part: Int) -> [Int] {
    enumerated().map { $0.offset == part ? 0 : $0.element }
  }
}
