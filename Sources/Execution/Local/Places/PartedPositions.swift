import Distribution
import Shapes

/// Positions along an axis by the parts of its cut.
extension HostExecutor {
  /// Counts how many positions each part holds.
  ///
  /// - Parameter counts: contiguous, of Int64, one number a part.
  public func count(
    _ positions: Positions, byPartOf cut: CutPoints, into counts: StridedBlock
  ) throws(TensorError) {
    let runs = try PartRuns(positions, cut, on: self)
    let totals = counts.base.assumingMemoryBound(to: Int64.self)
    for part in 0..<cut.count { totals[part] = Int64(runs.count(of: part)) }
    withExtendedLifetime(counts.storage) {}
  }

  /// Sorts positions by the part that holds them, in their order within each: a pass that counts,
  /// and one that writes each to its place.
  ///
  /// - Parameters:
  ///   - sorted: contiguous, of Int64, as long as the positions: counted from where their part
  ///     begins.
  ///   - order: the same, of what the listing says.
  public func sort(
    _ positions: Positions, byPartOf cut: CutPoints, into sorted: StridedBlock,
    _ listing: PartListing, into order: StridedBlock
  ) throws(TensorError) {
    let runs = try PartRuns(positions, cut, on: self)
    let (to, places) = (
      sorted.base.assumingMemoryBound(to: Int64.self),
      order.base.assumingMemoryBound(to: Int64.self)
    )
    runs.forEach(on: self) { position, start, number, place in
      to[place] = position - start
      switch listing {
      case .origins: places[place] = Int64(number)
      case .destinations: places[number] = Int64(place)
      }
    }
    withExtendedLifetime((sorted.storage, order.storage)) {}
  }
}

/// Positions in runs, with the number of those in each part that every run has.
private struct PartRuns {
  private let positions: Positions
  private let length: Int
  private let tasks: Int
  /// Where each part begins.
  private let starts: [Int64]
  /// Of the first run a number for each part, then of the next.
  private let counts: StridedBlock

  init(_ positions: Positions, _ cut: CutPoints, on executor: HostExecutor) throws(TensorError) {
    self.positions = positions
    // Numbers of parts are few beside positions.
    length = max(HostExecutor.elementsPerTask, 4 * cut.count)
    tasks = (positions.count + length - 1) / length
    starts = (0..<cut.count).map { Int64(cut[$0]) }
    counts = try executor.allocate([tasks, cut.count], .int64)
    forEachRun(on: executor) { run, starts, counts in
      counts.update(repeating: 0, count: starts.count)
      for position in run { counts[Self.part(of: position, starts)] += 1 }
    }
  }

  func count(of part: Int) -> Int {
    withExtendedLifetime(counts.storage) {
      let numbers = counts.base.assumingMemoryBound(to: Int64.self)
      return (0..<tasks).reduce(0) { $0 + Int(numbers[$1 * starts.count + part]) }
    }
  }

  /// Calls a function with each position, where its part begins, its number, and its place among
  /// all when these are in the order of the parts; once only, as the counts become places.
  func forEach(
    on executor: HostExecutor,
    _ body: (_ position: Int64, _ start: Int64, _ number: Int, _ place: Int) -> Void
  ) {
    let numbers = counts.base.assumingMemoryBound(to: Int64.self)
    var place: Int64 = 0
    for part in starts.indices {
      for task in 0..<tasks {
        let index = task * starts.count + part
        (numbers[index], place) = (place, place + numbers[index])
      }
    }
    let first = positions.address
    forEachRun(on: executor) { run, starts, places in
      let offset = run.baseAddress! - first
      for index in run.indices {
        let part = Self.part(of: run[index], starts)
        body(run[index], starts[part], offset + index, Int(places[part]))
        places[part] += 1
      }
    }
  }

  private func forEachRun(
    on executor: HostExecutor,
    _ body: (
      _ run: UnsafeBufferPointer<Int64>, _ starts: UnsafeBufferPointer<Int64>,
      _ counts: UnsafeMutablePointer<Int64>
    ) -> Void
  ) {
    withExtendedLifetime((positions.block.storage, counts.storage)) {
      let (first, count) = (positions.address, positions.count)
      let numbers = counts.base.assumingMemoryBound(to: Int64.self)
      starts.withUnsafeBufferPointer { starts in
        let place = positions.block.place(elementsPerTask: length)
        executor.pool.run(count: tasks, at: place) { task in
          let start = task * length
          body(
            UnsafeBufferPointer(start: first + start, count: min(length, count - start)), starts,
            numbers + task * starts.count)
        }
      }
    }
  }

  /// The last part that begins at a position or before it. Without branches, as positions are in no
  /// order.
  @inline(__always)
  private static func part(of position: Int64, _ starts: UnsafeBufferPointer<Int64>) -> Int {
    var (first, count) = (0, starts.count)
    while count > 1 {
      let half = count / 2
      first += starts[first + half] <= position ? half : 0
      count -= half
    }
    return first
  }
}
