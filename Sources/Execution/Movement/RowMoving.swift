import Distribution
import MessagePassing
import Shapes

/// Rows that travel to or from the positions that indices name. A message carries the rows of one
/// pair of ranks, [outer, rows, length], in the order of the list.
extension Runtime {
  /// Takes rows of a cut axis.
  ///
  /// - Parameters:
  ///   - source: what this rank holds, contiguous.
  ///   - target: this rank's part of what is taken, contiguous; the list is its axes `axis ..<
  ///     listEnd`.
  public func takeRows(
    _ source: StridedBlock, axis: Int, _ routes: RowRoutes, into target: StridedBlock,
    listEnd: Int, as operation: String
  ) throws(TensorError) {
    let rank = communicator.rank
    let first = routes.owners[rank]
    let start = routes.takers[rank]
    let wanted = routes.rows(takenBy: rank)
    let owned = routes.rows(ownedBy: rank)
    let outgoing = try owned.enumerated().map { (peer, rows) throws(TensorError) in
      let block = try message(rows.count, like: source, axis: axis)
      executor.takeRows(
        source, axis: axis,
        at: try executor.positions(listing: rows.map { routes.positions[$0] - first }),
        into: block, targetAxes: axis..<axis + 1)
      return block
    }
    let incoming = try wanted.enumerated().map { (peer, rows) throws(TensorError) in
      peer == rank ? outgoing[rank] : try message(rows.count, like: source, axis: axis)
    }
    try trade([outgoing], [incoming], as: operation, rows: routes.positions.count)
    let list = flat(target, axes: axis..<listEnd)
    for (block, rows) in zip(incoming, wanted) {
      try executor.putRows(
        block, sourceAxes: axis..<axis + 1,
        at: try executor.positions(listing: rows.map { $0 - start }), into: list, axis: axis,
        adding: false)
    }
  }

  /// Brings rows to the owners of their positions, who write them or add them.
  ///
  /// - Parameters:
  ///   - rows: this rank's part of the list, contiguous, along its axes `axis ..< listEnd`.
  ///   - target: what this rank holds of the cut axis, contiguous.
  public func returnRows(
    _ rows: StridedBlock, listEnd: Int, _ routes: RowRoutes, into target: StridedBlock, axis: Int,
    adding: Bool, as operation: String
  ) throws(TensorError) {
    let rank = communicator.rank
    let first = routes.owners[rank]
    let start = routes.takers[rank]
    let given = routes.rows(takenBy: rank)
    let owned = routes.rows(ownedBy: rank)
    let list = flat(rows, axes: axis..<listEnd)
    let outgoing = try given.map { (numbers) throws(TensorError) in
      let block = try message(numbers.count, like: target, axis: axis)
      executor.takeRows(
        list, axis: axis, at: try executor.positions(listing: numbers.map { $0 - start }),
        into: block, targetAxes: axis..<axis + 1)
      return block
    }
    let incoming = try owned.enumerated().map { (peer, numbers) throws(TensorError) in
      peer == rank ? outgoing[rank] : try message(numbers.count, like: target, axis: axis)
    }
    try trade([outgoing], [incoming], as: operation, rows: routes.positions.count)
    // In the order of the takers, which is that of the list.
    for (block, numbers) in zip(incoming, owned) {
      try executor.putRows(
        block, sourceAxes: axis..<axis + 1,
        at: try executor.positions(listing: numbers.map { routes.positions[$0] - first }),
        into: target, axis: axis, adding: adding)
    }
  }

  private func message(
    _ rows: Int, like block: StridedBlock, axis: Int
  ) throws(TensorError) -> StridedBlock {
    var shape = block.shape
    shape[axis] = rows
    return try allocate(shape, block.type)
  }

  /// A contiguous block with some axes joined.
  func flat(_ block: StridedBlock, axes: Range<Int>) -> StridedBlock {
    var shape = block.shape
    shape.replaceSubrange(axes, with: [block.shape.elementCount(of: axes)])
    return StridedBlock(
      storage: block.storage, type: block.type, shape: shape,
      layout: Layout(offset: block.layout.offset, strides: shape.rowMajorDistances))
  }

  /// Exchanges messages, of each kind one with each other rank.
  func trade(
    _ outgoing: [[StridedBlock]], _ incoming: [[StridedBlock]], as operation: String, rows: Int
  ) throws(TensorError) {
    if communicator.size == 1 { return }
    let others = (0..<communicator.size).filter { $0 != communicator.rank }
    func transfers(_ kinds: [[StridedBlock]]) -> [Communicator.Transfer] {
      kinds.flatMap { blocks in others.map { .init(peer: $0, range: blocks[$0].range) } }
    }
    try communicator.exchange(
      sends: transfers(outgoing), receives: transfers(incoming),
      as: CollectiveLabel(operation, rows))
  }
}
