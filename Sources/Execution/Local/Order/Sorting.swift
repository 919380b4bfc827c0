import CKernels
import Shapes

extension HostExecutor {
  /// The first elements of each line along the last axis in order, or their positions in the line.
  /// Equal values keep their order, and NaN come last.
  ///
  /// - Parameters:
  ///   - source: […, n], contiguous.
  ///   - target: […, m], contiguous, with the same outer axes: of the source's type, or Int64 for
  ///     positions. Of each line the first min(m, n) elements are written.
  public func sort(
    _ source: StridedBlock, descending: Bool, positions: Bool, into target: StridedBlock
  ) throws(TensorError) {
    let (length, stride) = (source.shape.last!, target.shape.last!)
    let count = min(length, stride)
    if source.elementCount == 0 || count == 0 { return }
    let lines = source.elementCount / length
    let type = source.type
    let (size, written) = (type.byteCount, target.type.byteCount)
    let (from, to) = (source.base, target.base)
    // A whole line is put in order even where a part of it is asked for.
    let isDirect = count == length
    let lineBytes = isDirect ? 0 : Self.alignedBytes(length * written)
    let scratchBytes =
      lineBytes + Self.alignedBytes(tk_sort_scratch(type.kernel, positions, length))
    let tasks = min(lines, pool.workerCount * 4, max(1, source.elementCount / 1024))
    let scratch = try arena.allocate(byteCount: tasks * scratchBytes)
    let base = scratch.address
    pool.run(count: tasks) { task in
      let line = base + task * scratchBytes
      for number in task * lines / tasks..<(task + 1) * lines / tasks {
        let input = from + number * length * size
        let output = to + number * stride * written
        let place = isDirect ? output : line
        if positions {
          tk_sort_positions(
            type.kernel, descending, place.assumingMemoryBound(to: Int64.self), input, length,
            line + lineBytes)
        } else {
          tk_sort(type.kernel, descending, place, input, length, line + lineBytes)
        }
        if !isDirect { tk_copy(output, line, count * written) }
      }
    }
    withExtendedLifetime(scratch) {}
  }

  private static func alignedBytes(_ count: Int) -> Int { (count + 63) & ~63 }

  /// The first of the candidates that all ranks have found, or their positions.
  ///
  /// - Parameters:
  ///   - candidates: [ranks, …, m], contiguous, each rank's in order; `positions` likewise, Int64.
  ///     Of rank r the first `counts[r]` count.
  ///   - target: […, m], contiguous, as for `sort`.
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
    let result = target.viewed(as: [lines, stride])!
    if !givingPositions {
      try sort(values, descending: descending, positions: false, into: result)
      return
    }
    let order = try allocate([lines, stride], .int64)
    try sort(values, descending: descending, positions: true, into: order)
    let places = withExtendedLifetime(order.storage) {
      order.range.bytes.bindMemory(to: Int64.self).map { Int($0) }
    }
    takeAlongLast(try packed(positions), at: places, into: result)
  }
}
