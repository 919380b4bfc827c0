import CKernels
import Distribution
import Shapes

/// Elements where a mask is true.
extension HostExecutor {
  /// The rows of a contiguous block, one for each element of a contiguous mask, where that is true.
  ///
  /// - Parameter target: contiguous, of as many rows as elements are true.
  public func takeRows(
    _ source: StridedBlock, where mask: StridedBlock, into target: StridedBlock
  ) {
    if target.elementCount == 0 { return }
    let rowBytes = source.elementCount / mask.elementCount * source.type.byteCount
    let (from, to) = (source.base, target.base)
    forEachTrueRun(of: mask) { start, bytes, first, count in
      tk_take_true(rowBytes, to + first * rowBytes, count, from + start * rowBytes, bytes)
    }
  }

  /// The positions of true elements of a contiguous mask, in row-major order.
  public func truePositions(_ mask: StridedBlock) throws(TensorError) -> Positions {
    let found = forEachTrueRun(of: mask) { _, _, _, _ in }
    let result = try allocate([found], .int64)
    if found > 0 {
      let numbers = result.base.assumingMemoryBound(to: Int64.self)
      forEachTrueRun(of: mask) { start, bytes, first, count in
        tk_true_positions(numbers + first, count, bytes, start)
      }
    }
    return Positions(result)
  }

  /// Calls a function with runs of a mask, on all workers: the number of a run's first element, its
  /// bytes, how many elements are true before it, and how many in it.
  ///
  /// - Returns: how many are true in all.
  @discardableResult
  private func forEachTrueRun(
    of mask: StridedBlock,
    _ body: (_ start: Int, _ bytes: UnsafeMutableRawPointer, _ first: Int, _ count: Int) -> Void
  ) -> Int {
    precondition(mask.type == .bool && mask.isContiguous, "a contiguous mask")
    let (length, total) = (Self.elementsPerTask, mask.elementCount)
    let tasks = (total + length - 1) / length
    return withExtendedLifetime(mask.storage) {
      let bytes = mask.base
      return withUnsafeTemporaryAllocation(of: Int.self, capacity: max(tasks, 1)) { counts in
        let count = counts.baseAddress!
        let place = mask.place(elementsPerTask: length)
        pool.run(count: tasks, at: place) { task in
          let start = task * length
          count[task] = tk_count_true(bytes + start, min(length, total - start))
        }
        // From the number of each run to the number before it.
        var found = 0
        for task in 0..<tasks { (count[task], found) = (found, found + count[task]) }
        pool.run(count: tasks, at: place) { task in
          let next = task + 1 < tasks ? count[task + 1] : found
          body(task * length, bytes + task * length, count[task], next - count[task])
        }
        return found
      }
    }
  }

  /// Writes positions within a box, given in its row-major order, as one number for every axis of
  /// the whole.
  ///
  /// - Parameter target: [positions, axes], contiguous, of Int64.
  public func unravel(_ positions: Positions, in box: Box, into target: StridedBlock) {
    if positions.count == 0 { return }
    withExtendedLifetime((positions.block.storage, target.storage)) {
      let (given, numbers) = (positions.address, target.base.assumingMemoryBound(to: Int64.self))
      let axes = box.ranges.count
      forEachRun(of: positions.count) { rows in
        for row in rows {
          var rest = Int(given[row])
          for axis in stride(from: axes - 1, through: 0, by: -1) {
            let range = box.ranges[axis]
            numbers[row * axes + axis] = Int64(range.lowerBound + rest % range.count)
            rest /= range.count
          }
        }
      }
    }
  }

  /// Whether the only element of a block of Booleans is true.
  public func isTrue(_ block: StridedBlock) -> Bool {
    precondition(block.type == .bool && block.elementCount == 1, "a single Boolean")
    return withExtendedLifetime(block.storage) { block.base.load(as: UInt8.self) != 0 }
  }
}
