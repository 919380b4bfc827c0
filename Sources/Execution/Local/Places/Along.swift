import CKernels
import Shapes

/// Elements picked or written along the last axis by a position for each of them.
extension HostExecutor {
  /// - Parameters:
  ///   - source: […, n], contiguous.
  ///   - positions: one for each element of the target, in 0 ..< n.
  ///   - target: […, m], contiguous, with the same outer axes.
  public func takeAlongLast(
    _ source: StridedBlock, at positions: Positions, into target: StridedBlock
  ) {
    let (extent, count) = (source.shape.last!, target.shape.last!)
    let total = target.elementCount
    if total == 0 { return }
    let size = source.type.byteCount
    let (from, to, numbers) = (source.base, target.base, positions.address)
    let perTask = Self.elementsPerTask
    pool.run(count: (total + perTask - 1) / perTask, at: target.place(elementsPerTask: perTask)) {
      let end = min(($0 + 1) * perTask, total)
      var number = $0 * perTask
      while number < end {
        let row = number / count
        let length = min(end, (row + 1) * count) - number
        tk_take(size, to + number * size, from + row * extent * size, numbers + number, length)
        number += length
      }
    }
    withExtendedLifetime(positions.block.storage) {}
  }

  /// Writes values to positions along the last axis, or combines them with what is there.
  ///
  /// - Parameters:
  ///   - values: […, m], contiguous, or one element that is repeated.
  ///   - positions: one for each value, in 0 ..< n; values are handled in their order. Sums of
  ///     floating point that many values are added to are carried wider than their type.
  ///   - target: […, n], contiguous, with the same outer axes.
  ///   - reduction: nil where the last value of each position replaces what is there.
  public func putAlongLast(
    _ values: StridedBlock, at positions: Positions, into target: StridedBlock,
    combining reduction: Reduction?
  ) throws(TensorError) {
    let (extent, count) = (target.shape.last!, values.shape.last!)
    if values.elementCount == 0 { return }
    let lines = values.elementCount / count
    let size = values.type.byteCount
    let (from, to, numbers) = (values.base, target.base, positions.address)
    let step = values.isContiguous ? 1 : 0
    if let reduction {
      try scatter(
        reduction,
        ScatteredLines(
          type: values.type, count: lines, rows: count, extent: extent, widest: 1,
          sourceStride: step, targetStride: 1,
          line: { line in
            ScatteredLines.Line(
              source: from + line * count * step * size, target: to + line * extent * size,
              positions: numbers + line * count, width: 1)
          }),
        at: target.place(elementsPerTask: extent))
    } else {
      let linesPerTask = max(1, Self.elementsPerTask / count)
      let place = target.place(elementsPerTask: linesPerTask * extent)
      pool.run(count: (lines + linesPerTask - 1) / linesPerTask, at: place) { task in
        for line in task * linesPerTask..<min((task + 1) * linesPerTask, lines) {
          tk_put(
            size, to + line * extent * size, Int64(size), from + line * count * step * size,
            Int64(step * size), numbers + line * count, count)
        }
      }
    }
    withExtendedLifetime(positions.block.storage) {}
  }
}
