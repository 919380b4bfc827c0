import CKernels
import Shapes

extension HostExecutor {
  /// How many elements of a line come before each value: smaller ones or, with `afterEqual`, those
  /// that are not larger. Zeros of both signs are equal, and so are NaN, which come last.
  ///
  /// Takes time in proportion to values times the logarithm of the line. In a line that is not in
  /// order each value has some place in it.
  ///
  /// - Parameters:
  ///   - values: contiguous, of the line's type.
  ///   - sorted: one axis in ascending order, contiguous.
  ///   - target: Int64, contiguous, of the values' shape.
  public func search(
    _ values: StridedBlock, in sorted: StridedBlock, afterEqual: Bool, into target: StridedBlock
  ) {
    let (total, length) = (values.elementCount, sorted.elementCount)
    if total == 0 { return }
    let type = values.type
    let (from, line) = (values.base, sorted.base)
    let to = target.base.assumingMemoryBound(to: Int64.self)
    // As many looks at the line as other work has elements.
    let depth = Int.bitWidth - length.leadingZeroBitCount
    let perTask = Self.elementsPerTask / max(depth, 1)
    pool.run(
      count: (total + perTask - 1) / perTask, at: target.place(elementsPerTask: perTask)
    ) { task in
      let start = task * perTask
      tk_search(
        type.kernel, afterEqual, to + start, line, length, from + start * type.byteCount,
        min(perTask, total - start))
    }
  }
}
