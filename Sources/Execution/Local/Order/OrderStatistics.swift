import CKernels
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
    let (kernel, parts) = (type.kernel, pool.workerCount)
    let entrySize = tk_order_entry_size(kernel, length)
    let entryBytes = (tk_order_scratch(kernel, length) + 63) & ~63
    // What each part has found, and how much comes before the bounds.
    let scratch = try arena.allocate(byteCount: entryBytes + parts * 2 * MemoryLayout<Int>.size)
    let entries = scratch.address
    let counts = (entries + entryBytes).assumingMemoryBound(to: Int.self)
    var bounds = tk_order_find_bounds(
      kernel, descending, line, length, places.lowerBound, places.count, entries)
    while true {
      withUnsafePointer(to: bounds) { bounds in
        pool.run(count: parts) { part in
          let start = part * length / parts
          let count = (part + 1) * length / parts - start
          var below = 0
          counts[2 * part] = tk_order_sift(
            kernel, descending, bounds, entries + start * entrySize,
            line + start * type.byteCount, start, count, length, &below)
          counts[2 * part + 1] = below
        }
      }
      // In the order of positions, without gaps.
      var (found, below) = (0, 0)
      for part in 0..<parts {
        let own = entries + part * length / parts * entrySize
        (entries + found * entrySize).copyMemory(
          from: own, byteCount: counts[2 * part] * entrySize)
        found += counts[2 * part]
        below += counts[2 * part + 1]
      }
      let isFound = tk_order_finish(
        kernel, target.assumingMemoryBound(to: Int64.self), entries, found, below,
        places.lowerBound, places.count, length)
      if isFound { break }
      // The sample was far from the run: all are looked at.
      bounds = tk_order_bounds()
    }
    withExtendedLifetime(scratch) {}
  }
}
