import CKernels
import Distribution
import Shapes

/// A contiguous block seen as [outer, rows, length]: the axis of rows with what is outside and
/// inside of it.
private struct RowView {
  let outer: Int
  let rows: Int
  let length: Int
  let base: UnsafeMutableRawPointer

  /// - Parameter axes: the axes that number the rows.
  init(_ block: StridedBlock, axes: Range<Int>) {
    precondition(block.isContiguous, "a contiguous block")
    outer = block.shape.elementCount(of: 0..<axes.lowerBound)
    rows = block.shape.elementCount(of: axes)
    length = block.shape.elementCount(of: axes.upperBound..<block.shape.count)
    base = block.base
  }
}

extension HostExecutor {
  /// Copies rows: row j of the target is row `positions[j]` of the source.
  ///
  /// - Parameters:
  ///   - source: contiguous, with rows along `axis`.
  ///   - target: contiguous, with its rows along `targetAxes` (several axes count as one).
  public func takeRows(
    _ source: StridedBlock, axis: Int, at positions: Positions, into target: StridedBlock,
    targetAxes: Range<Int>
  ) {
    let (from, to) = (RowView(source, axes: axis..<axis + 1), RowView(target, axes: targetAxes))
    precondition(to.rows == positions.count, "a row for each position")
    let total = to.outer * to.rows
    if total * to.length == 0 { return }
    let (bytes, numbers) = (to.length * source.type.byteCount, positions.address)
    let perTask = max(1, Self.elementsPerTask / to.length)
    let place = target.place(elementsPerTask: perTask * to.length)
    pool.run(count: (total + perTask - 1) / perTask, at: place) { task in
      let end = min((task + 1) * perTask, total)
      var number = task * perTask
      while number < end {
        let outer = number / to.rows
        let count = min(end, (outer + 1) * to.rows) - number
        tk_take(
          bytes, to.base + number * bytes, from.base + outer * from.rows * bytes,
          numbers + (number - outer * to.rows), count)
        number += count
      }
    }
    withExtendedLifetime(positions.block.storage) {}
  }

  /// Writes rows: row j of the source goes to row `positions[j]` of the target, or is added to it.
  /// Rows are handled in their order: of several at one position the last stays. Sums of floating
  /// point that many rows are added to are carried wider than their type.
  ///
  /// - Parameters:
  ///   - source: contiguous, with its rows along `sourceAxes`.
  ///   - target: contiguous, with rows along `axis`.
  public func putRows(
    _ source: StridedBlock, sourceAxes: Range<Int>, at positions: Positions,
    into target: StridedBlock, axis: Int, adding: Bool
  ) throws(TensorError) {
    let (from, to) = (RowView(source, axes: sourceAxes), RowView(target, axes: axis..<axis + 1))
    precondition(from.rows == positions.count, "a position for each row")
    let size = source.type.byteCount
    if from.outer * from.rows * from.length == 0 { return }
    // Strips of rows, so that two rows for one position are handled by one task.
    let widest = min(from.length, 1 << 12)
    let strips = (from.length + widest - 1) / widest
    // Strips of the same rows lie beside each other all over the target.
    let place =
      from.outer > 1
      ? target.place(elementsPerTask: max(1, target.elementCount / (from.outer * strips))) : nil
    let lines = ScatteredLines(
      type: source.type, count: from.outer * strips, rows: from.rows, extent: to.rows,
      widest: widest, sourceStride: from.length, targetStride: to.length,
      line: { [numbers = positions.address] in
        let (outer, strip) = $0.quotientAndRemainder(dividingBy: strips)
        let start = strip * widest
        return ScatteredLines.Line(
          source: from.base + (outer * from.rows * from.length + start) * size,
          target: to.base + (outer * to.rows * to.length + start) * size,
          positions: numbers, width: min(widest, from.length - start))
      })
    if adding {
      try scatter(.sum, lines, at: place)
    } else {
      pool.run(count: lines.count, at: place) { number in
        let line = lines.line(number)
        tk_put(
          line.width * size, line.target, Int64(to.length * size), line.source,
          Int64(from.length * size), line.positions, from.rows)
      }
    }
    withExtendedLifetime(positions.block.storage) {}
  }
}
