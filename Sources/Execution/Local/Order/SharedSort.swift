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

  /// Sorts a line: each worker makes items of a part of it and counts their leading digits, spreads
  /// them, and all sort what has come together.
  func sort(_ line: UnsafeMutableRawPointer, _ size: Int, into output: UnsafeMutableRawPointer) {
    let spread = base + Self.runBytes(run.length, itemSize)
    let tables = spread + Self.runBytes(run.length, itemSize)
    let places = tables.assumingMemoryBound(to: UInt64.self)
    let counts = (tables + parts * Self.values * 8).assumingMemoryBound(to: UInt32.self)
    withUnsafePointer(to: run) { run in
      let found = load(line, size, run)
      let shift = tk_sort_shift(found.low, found.high)
      pool.run(count: parts) { number in
        let (own, members) = (counts + number * Self.values, part(number))
        own.update(repeating: 0, count: Self.values)
        tk_sort_count(
          run, base + members.lowerBound * itemSize, members.count, found.low, shift, own)
      }
      // The parts' items of one value follow each other.
      var place = 0
      let starts = (0..<Self.values).map { value in
        let start = place
        for number in 0..<parts {
          places[number * Self.values + value] = UInt64(place)
          place += Int(counts[number * Self.values + value])
        }
        return start
      }
      pool.run(count: parts) { number in
        let members = part(number)
        tk_sort_spread(
          run, spread, base + members.lowerBound * itemSize, members.count, found.low, shift,
          places + number * Self.values)
      }
      let written = run.pointee.positions ? MemoryLayout<Int64>.size : size
      pool.run(count: Self.values) { value in
        let start = starts[value]
        let count = (value + 1 < Self.values ? starts[value + 1] : run.pointee.length) - start
        if count == 0 { return }
        let items = spread + start * itemSize
        if shift > 0 { tk_sort_items(run, items, base + start * itemSize, count) }
        tk_sort_store(run, output + start * written, items, count)
      }
      if found.hasNegativeZeros { tk_sort_restore_zeros(run, output, line, run.pointee.length) }
    }
    withExtendedLifetime(scratch) {}
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
