import CKernels
import Machine
import Shapes

/// One long line that all workers sort together.
struct SharedSort {
  private let pool: WorkerPool
  private var run: tk_sort_run
  private let itemSize: Int
  private let parts: Int
  private let scratch: Storage
  private let base: UnsafeMutableRawPointer

  private static let values = 1 << TK_SORT_DIGITS

  init(
    _ type: ScalarType, length: Int, descending: Bool, positions: Bool, on executor: HostExecutor
  ) throws(TensorError) {
    pool = executor.pool
    run = tk_sort_run(
      type: type.kernel, descending: descending, positions: positions, length: length)
    itemSize = tk_sort_item_size(&run)
    parts = pool.workerCount
    let bytes = 2 * Self.runBytes(length, itemSize) + parts * Self.values * (4 + 8)
    scratch = try executor.arena.allocate(byteCount: bytes)
    base = scratch.address
  }

  private static func runBytes(_ length: Int, _ itemSize: Int) -> Int {
    (length * itemSize + 63) & ~63
  }

  private func part(_ number: Int) -> Range<Int> {
    number * run.length / parts..<(number + 1) * run.length / parts
  }

  /// Sorts a line: each worker makes items of a part of it, they bring together what belongs
  /// together, and sort it.
  func sort(_ line: UnsafeMutableRawPointer, _ size: Int, into output: UnsafeMutableRawPointer) {
    withUnsafePointer(to: run) { run in
      let found = load(line, size, run)
      let shift = tk_sort_shift(found.low, found.high)
      let starts =
        shift > 0 && parts <= TK_SORT_PARTS && tk_sort_is_split(run)
        ? split(run) : spread(run, from: found.low, by: shift)
      let written = run.pointee.positions ? MemoryLayout<Int64>.size : size
      pool.run(count: starts.count) { part in
        let start = starts[part]
        let end = part + 1 < starts.count ? starts[part + 1] : run.pointee.length
        if start == end { return }
        let items = gathered + start * itemSize
        if shift > 0 { tk_sort_items(run, items, base + start * itemSize, end - start) }
        tk_sort_store(run, output + start * written, items, end - start)
      }
      if found.hasNegativeZeros { tk_sort_restore_zeros(run, output, line, run.pointee.length) }
    }
    withExtendedLifetime(scratch) {}
  }

  /// Where items that belong together come to lie, and numbers for each worker.
  private var gathered: UnsafeMutableRawPointer { base + Self.runBytes(run.length, itemSize) }
  private var tables: UnsafeMutableRawPointer { gathered + Self.runBytes(run.length, itemSize) }

  /// Spreads items by their leading digits, and tells where those of each value begin.
  private func spread(
    _ run: UnsafePointer<tk_sort_run>, from low: UInt64, by shift: UInt32
  ) -> [Int] {
    let places = tables.assumingMemoryBound(to: UInt64.self)
    let counts = (tables + parts * Self.values * 8).assumingMemoryBound(to: UInt32.self)
    pool.run(count: parts) { number in
      let (own, members) = (counts + number * Self.values, part(number))
      own.update(repeating: 0, count: Self.values)
      tk_sort_count(run, base + members.lowerBound * itemSize, members.count, low, shift, own)
    }
    let starts = starts(of: Self.values, places) { counts[$0] }
    pool.run(count: parts) { number in
      let members = part(number)
      tk_sort_spread(
        run, gathered, base + members.lowerBound * itemSize, members.count, low, shift,
        places + number * Self.values)
    }
    return starts
  }

  /// Splits items into a part for each worker, and tells where each begins.
  private func split(_ run: UnsafePointer<tk_sort_run>) -> [Int] {
    let splitters = tables.assumingMemoryBound(to: UInt64.self)
    let places = splitters + parts
    tk_sort_find_splitters(run, base, run.pointee.length, parts, splitters)
    pool.run(count: parts) { number in
      let members = part(number)
      tk_sort_count_parts(
        run, base + members.lowerBound * itemSize, members.count, splitters, parts,
        places + number * parts)
    }
    let starts = starts(of: parts, places) { places[$0] }
    pool.run(count: parts) { number in
      let members = part(number)
      tk_sort_split(
        run, gathered, base + members.lowerBound * itemSize, members.count, splitters, parts,
        places + number * parts)
    }
    return starts
  }

  /// Makes places of counts: what the workers have of one kind follows each other. Tells where each
  /// kind begins.
  private func starts(
    of kinds: Int, _ places: UnsafeMutablePointer<UInt64>, _ count: (Int) -> some BinaryInteger
  ) -> [Int] {
    var place = 0
    return (0..<kinds).map { kind in
      let start = place
      for index in stride(from: kind, to: parts * kinds, by: kinds) {
        let members = Int(count(index))
        places[index] = UInt64(place)
        place += members
      }
      return start
    }
  }

  private func load(
    _ line: UnsafeMutableRawPointer, _ size: Int, _ run: UnsafePointer<tk_sort_run>
  ) -> (low: UInt64, high: UInt64, hasNegativeZeros: Bool) {
    withUnsafeTemporaryAllocation(
      of: (low: UInt64, high: UInt64, hasNegativeZeros: Bool).self, capacity: parts
    ) { bounds in
      bounds.initialize(repeating: (UInt64.max, 0, false))
      let found = bounds.baseAddress!
      pool.run(count: parts) { number in
        let members = part(number)
        if members.isEmpty { return }
        found[number].hasNegativeZeros = tk_sort_load(
          run, base + members.lowerBound * itemSize, line + members.lowerBound * size,
          members.lowerBound, members.count, &found[number].low, &found[number].high)
      }
      return bounds.reduce((UInt64.max, 0, false)) {
        (min($0.0, $1.low), max($0.1, $1.high), $0.2 || $1.hasNegativeZeros)
      }
    }
  }
}
