import CKernels
import Shapes

extension HostExecutor {
  /// Each line along the last axis in order, or the positions of its elements in that order. Equal
  /// values keep their order, and NaN come last.
  ///
  /// - Parameters:
  ///   - source: contiguous.
  ///   - target: contiguous, of the same shape: of the source's type, or Int64 for positions.
  public func sort(
    _ source: StridedBlock, descending: Bool, positions: Bool, into target: StridedBlock
  ) throws(TensorError) {
    let type = source.type
    let (length, size, written) = (source.shape.last!, type.byteCount, target.type.byteCount)
    if source.elementCount == 0 { return }
    let (from, to) = (source.base, target.base)
    let lines = source.elementCount / length
    if lines < pool.workerCount, length >= 2 * Self.elementsPerTask, length <= Int(UInt32.max) {
      let shared = try SharedSort(
        type, length: length, descending: descending, positions: positions, on: self)
      for line in 0..<lines {
        shared.sort(from + line * length * size, size, into: to + line * length * written)
      }
      return
    }
    try forEachLine(
      of: source, scratch: tk_sort_scratch(type.kernel, positions, length)
    ) { line, scratch in
      let (input, output) = (from + line * length * size, to + line * length * written)
      if positions {
        tk_sort_positions(
          type.kernel, descending, output.assumingMemoryBound(to: Int64.self), input, length,
          scratch)
      } else {
        tk_sort(type.kernel, descending, output, input, length, scratch)
      }
    }
  }

  /// Calls a function with each line along the last axis, on all workers.
  ///
  /// - Parameter scratch: bytes that each call has for itself, aligned to 64.
  func forEachLine(
    of source: StridedBlock, scratch byteCount: Int,
    _ body: (_ line: Int, _ scratch: UnsafeMutableRawPointer) -> Void
  ) throws(TensorError) {
    let lines = source.elementCount / source.shape.last!
    let tasks = min(lines, pool.workerCount * 4, max(1, source.elementCount / 1024))
    let bytes = (byteCount + 63) & ~63
    let scratch = try arena.allocate(byteCount: tasks * bytes)
    let base = scratch.address
    pool.run(count: tasks) { task in
      for line in task * lines / tasks..<(task + 1) * lines / tasks {
        body(line, base + task * bytes)
      }
    }
    withExtendedLifetime(scratch) {}
  }

  /// The first of the candidates that all ranks have found, or their positions.
  ///
  /// - Parameters:
  ///   - candidates: [ranks, …, m], contiguous, each rank's in order; `positions` likewise, Int64.
  ///     Of rank r the first `counts[r]` count.
  ///   - target: […, m], contiguous, of the candidates' type, or Int64 for positions.
  public func joinSorted(
    _ candidates: StridedBlock, _ positions: StridedBlock, counts: [Int], descending: Bool,
    givingPositions: Bool, into target: StridedBlock
  ) throws(TensorError) {
    let stride = target.shape.last!
    if target.elementCount == 0 { return }
    let lines = target.elementCount / stride
    let total = counts.reduce(0, +)
    // In the order of the ranks, which is that of positions, so that equal ones stay in order.
    func packed(_ block: StridedBlock) throws(TensorError) -> StridedBlock {
      let result = try allocate([1, lines, total], block.type)
      let flat = block.viewed(as: [counts.count, lines, stride])!
      var start = 0
      for (rank, count) in counts.enumerated() {
        copy(
          flat.slice([rank..<rank + 1, 0..<lines, 0..<count]),
          into: result.slice([0..<1, 0..<lines, start..<start + count]))
        start += count
      }
      return result.viewed(as: [lines, total])!
    }
    let values = try packed(candidates)
    let order = try allocate([lines, stride], .int64)
    try sortedPositions(values, places: 0..<stride, descending: descending, into: order)
    takeAlongLast(
      givingPositions ? try packed(positions) : values, at: Positions(order),
      into: target.viewed(as: [lines, stride])!)
  }
}
