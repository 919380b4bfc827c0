import CKernels
import Shapes

extension HostExecutor {
  /// Positions along an axis as numbers counted from the front; negative ones count from the end.
  /// They are the block's own where none of them does.
  ///
  /// - Parameter rank: named in the error, where not all ranks look at the same positions.
  public func positions(
    _ block: StridedBlock, extent: Int, for operation: String, rank: Int?
  ) throws(TensorError) -> Positions {
    let given = try contiguous(block)
    let found = foundPositions(given, extent: extent)
    if found.has_outside {
      _ = try given.listedPositions(extent: extent, for: operation, rank: rank)
    }
    if !found.has_negative { return Positions(given) }
    let result = try allocate(given.shape, .int64)
    withExtendedLifetime((given.storage, result.storage)) {
      let from = given.base.assumingMemoryBound(to: Int64.self)
      let to = result.base.assumingMemoryBound(to: Int64.self)
      forEachRun(of: given.elementCount) {
        tk_wrap_positions(to + $0.lowerBound, from + $0.lowerBound, $0.count, extent)
      }
    }
    return Positions(result)
  }

  private func foundPositions(_ block: StridedBlock, extent: Int) -> tk_positions_found {
    let (length, count) = (Self.elementsPerTask, block.elementCount)
    let tasks = (count + length - 1) / length
    return withExtendedLifetime(block.storage) {
      let numbers = block.base.assumingMemoryBound(to: Int64.self)
      if tasks == 1 { return tk_check_positions(numbers, count, extent) }
      let none = tk_positions_found()
      return withUnsafeTemporaryAllocation(of: tk_positions_found.self, capacity: tasks) { parts in
        parts.initialize(repeating: none)
        let found = parts.baseAddress!
        pool.run(count: tasks, at: block.place(elementsPerTask: length)) { task in
          let start = task * length
          found[task] = tk_check_positions(numbers + start, min(length, count - start), extent)
        }
        return parts.reduce(none) {
          tk_positions_found(
            has_negative: $0.has_negative || $1.has_negative,
            has_outside: $0.has_outside || $1.has_outside)
        }
      }
    }
  }
}
