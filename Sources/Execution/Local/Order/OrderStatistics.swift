import CKernels
import Machine
import Shapes

extension HostExecutor {
  /// The positions in their line of those elements along the last axis that come to some places of
  /// it when it is put in order, as `sort` does.
  ///
  /// Takes time linear in the elements, unless a good part of each line is wanted: then all is
  /// sorted.
  ///
  /// - Parameters:
  ///   - source: […, n], contiguous.
  ///   - places: within 0..<n.
  ///   - target: […, places.count], Int64, contiguous, with the same outer axes.
  public func sortedPositions(
    _ source: StridedBlock, places: Range<Int>, descending: Bool, into target: StridedBlock
  ) throws(TensorError) {
    if target.elementCount == 0 { return }
    let type = source.type.kernel
    let (length, count) = (source.shape.last!, places.count)
    if count > length / 8 {
      return try sortForPositions(source, places: places, descending: descending, into: target)
    }
    let lines = source.elementCount / length
    let (from, to, size) = (source.base, target.base, source.type.byteCount)
    if lines < pool.workerCount, length >= 2 * Self.elementsPerTask {
      for line in 0..<lines {
        try searchTogether(
          from + line * length * size, source.type, length: length,
          places: places, descending: descending,
          into: to + line * count * MemoryLayout<Int64>.size)
      }
      return
    }
    try forEachLine(of: source, scratch: tk_order_scratch(type, length)) { line, scratch in
      let output = (to + line * count * MemoryLayout<Int64>.size)
        .assumingMemoryBound(to: Int64.self)
      tk_order_positions(
        type, descending, output, from + line * length * size, length, places.lowerBound, count,
        scratch)
    }
  }

  private func sortForPositions(
    _ source: StridedBlock, places: Range<Int>, descending: Bool, into target: StridedBlock
  ) throws(TensorError) {
    let (type, length) = (source.type.kernel, source.shape.last!)
    let (from, to, size) = (source.base, target.base, source.type.byteCount)
    let number = MemoryLayout<Int64>.size
    let lineBytes = (length * number + 63) & ~63
    try forEachLine(
      of: source, scratch: lineBytes + tk_sort_scratch(type, true, length)
    ) { line, scratch in
      tk_sort_positions(
        type, descending, scratch.assumingMemoryBound(to: Int64.self),
        from + line * length * size, length, scratch + lineBytes)
      (to + line * places.count * number).copyMemory(
        from: scratch + places.lowerBound * number, byteCount: places.count * number)
    }
  }

  /// One long line, sifted by all workers.
  private func searchTogether(
    _ line: UnsafeMutableRawPointer, _ type: ScalarType, length: Int, places: Range<Int>,
    descending: Bool, into target: UnsafeMutableRawPointer
  ) throws(TensorError) {
    let entries = try OrderEntries(of: length, from: length, type, on: self)
    var bounds = tk_order_find_bounds(
      type.kernel, descending, line, length, places.lowerBound, places.count, entries.address)
    while true {
      let below = entries.sift(line, from: 0, within: bounds, descending: descending, on: self)
      let isFound = tk_order_finish(
        type.kernel, target.assumingMemoryBound(to: Int64.self), entries.address, entries.found,
        below, places.lowerBound, places.count, length)
      if isFound { break }
      // The sample was far from the run: all are looked at.
      bounds = tk_order_bounds()
    }
    withExtendedLifetime(entries) {}
  }
}

/// Elements of a part of a run that lie between bounds, with their positions in the run.
final class OrderEntries {
  private let storage: Storage
  private let type: ScalarType
  private let count: Int
  private let length: Int
  private let entrySize: Int
  /// How many there are.
  private(set) var found = 0

  /// Room for all elements of the part.
  init(
    of count: Int, from length: Int, _ type: ScalarType, on executor: HostExecutor
  ) throws(TensorError) {
    self.type = type
    self.count = count
    self.length = length
    entrySize = tk_order_entry_size(type.kernel, length)
    storage = try executor.arena.allocate(
      byteCount: max(tk_order_scratch(type.kernel, count), count * entrySize))
  }

  /// Where they lie; of a sample before the first sifting.
  var address: UnsafeMutableRawPointer { storage.address }

  /// Keeps what lies between the bounds, in the order of positions; how many elements come before.
  ///
  /// - Parameter start: the position of the part's first element.
  func sift(
    _ part: UnsafeMutableRawPointer, from start: Int, within bounds: tk_order_bounds,
    descending: Bool, on executor: HostExecutor
  ) -> Int {
    let (kernel, size, entries) = (type.kernel, type.byteCount, storage.address)
    let (count, length, entrySize) = (count, length, entrySize)
    let pieces = executor.pool.workerCount
    // What each piece has found, and how much comes before the bounds.
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: 2 * pieces) { counts in
      counts.initialize(repeating: 0)
      let counts = counts.baseAddress!
      withUnsafePointer(to: bounds) { bounds in
        executor.pool.run(count: pieces) { piece in
          let first = piece * count / pieces
          var below = 0
          counts[2 * piece] = tk_order_sift(
            kernel, descending, bounds, entries + first * entrySize, part + first * size,
            start + first, (piece + 1) * count / pieces - first, length, &below)
          counts[2 * piece + 1] = below
        }
      }
      // Without gaps.
      var below = 0
      found = 0
      for piece in 0..<pieces {
        let own = entries + piece * count / pieces * entrySize
        if found != piece * count / pieces {
          (entries + found * entrySize).copyMemory(
            from: own, byteCount: counts[2 * piece] * entrySize)
        }
        found += counts[2 * piece]
        below += counts[2 * piece + 1]
      }
      return below
    }
  }

  /// Adds those in a range to counts, as `tk_order_count` does.
  func count(within range: tk_order_range, shift: UInt32, into counts: UnsafeMutablePointer<Int64>)
  {
    withUnsafePointer(to: range) {
      tk_order_count(type.kernel, storage.address, found, length, $0, shift, counts)
    }
  }

  /// Keys and positions of those in a range, and their number.
  func pick(
    _ range: tk_order_range, into keys: UnsafeMutablePointer<Int64>,
    positions: UnsafeMutablePointer<Int64>
  ) -> Int {
    keys.withMemoryRebound(to: UInt64.self, capacity: found) { keys in
      withUnsafePointer(to: range) {
        tk_order_pick(type.kernel, storage.address, found, length, $0, keys, positions)
      }
    }
  }
}
