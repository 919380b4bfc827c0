/// Where the tasks of a round lie in memory: task t begins `t * bytesPerTask` bytes after the first
/// byte.
public struct TaskPlace: Sendable {
  public var storage: Storage
  /// The first byte of task 0, counted from the storage's beginning.
  public var firstByte: Int
  public var bytesPerTask: Int

  public init(storage: Storage, firstByte: Int, bytesPerTask: Int) {
    self.storage = storage
    self.firstByte = firstByte
    self.bytesPerTask = bytesPerTask
  }
}

/// Which worker takes which tasks of a round: contiguous ones, ascending, worker by worker.
///
/// Tasks without a place in memory, or in a block that is not cut over nodes, are dealt evenly:
/// worker w of W gets `w * count / W ..< (w + 1) * count / W`. Else each node's team gets the tasks
/// whose middle lies in the node's slab, and shares them out evenly; but so that no worker has more
/// than twice its even part, since a view into one slab must not leave the other nodes idle: the
/// border between two teams moves from its even place by half the smaller team's part at most.
struct Deal {
  private let count: Int
  private let workerCount: Int
  private let teams: [NodeTeam]
  private let cuts: (slabs: SlabPlacement, blockByteCount: Int, place: TaskPlace)?

  /// `teams` are those of the pool, which has `workerCount` workers.
  init(count: Int, workerCount: Int, teams: [NodeTeam], place: TaskPlace?) {
    self.count = count
    self.workerCount = workerCount
    self.teams = teams
    if teams.count > 1, let place, place.bytesPerTask > 0, let cut = place.storage.cut,
      cut.slabs.teams == teams
    {
      cuts = (cut.slabs, cut.blockByteCount, place)
    } else {
      cuts = nil
    }
  }

  /// Calls `give` for each worker in order.
  @inline(__always)
  func forEachWorker(_ give: (_ worker: Int, _ tasks: Range<Int>) -> Void) {
    guard cuts != nil else {
      share(0..<count, 0..<workerCount, give)
      return
    }
    var first = 0
    for index in teams.indices {
      let end = index == teams.count - 1 ? count : border(after: index)
      share(first..<end, teams[index].workers, give)
      first = end
    }
  }

  @inline(__always)
  private func share(
    _ tasks: Range<Int>, _ workers: Range<Int>,
    _ give: (_ worker: Int, _ tasks: Range<Int>) -> Void
  ) {
    var first = tasks.lowerBound
    for position in 0..<workers.count {
      let end = tasks.lowerBound + (position + 1) * tasks.count / workers.count
      give(workers.lowerBound + position, first..<end)
      first = end
    }
  }

  /// The first task of the team after `teams[index]`.
  private func border(after index: Int) -> Int {
    guard let cuts else { return evenBorder(after: index) }
    let cut = cuts.slabs.cut(before: index + 1, blockByteCount: cuts.blockByteCount)
    let step = cuts.place.bytesPerTask
    // A task belongs to the node that has its middle.
    let distance = cut - cuts.place.firstByte - step / 2
    let task = distance <= 0 ? 0 : (distance + step - 1) / step
    let even = evenBorder(after: index)
    let reach =
      min(even - evenBorder(after: index - 1), evenBorder(after: index + 1) - even) / 2
    return min(max(task, even - reach), even + reach)
  }

  private func evenBorder(after index: Int) -> Int {
    index < 0 ? 0 : teams[index].workers.upperBound * count / workerCount
  }
}
