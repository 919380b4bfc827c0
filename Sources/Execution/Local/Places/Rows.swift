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
  /// Positions along an axis as numbers counted from the front; negative ones count from the end.
  ///
  /// - Parameter rank: named in the error, where not all ranks look at the same positions.
  public func positions(
    _ block: StridedBlock, extent: Int, for operation: String, rank: Int?
  ) throws(TensorError) -> [Int] {
    try contiguous(block).checkedPositions(extent: extent, for: operation, rank: rank)
  }

  /// Copies rows: row j of the target is row `positions[j]` of the source.
  ///
  /// - Parameters:
  ///   - source: contiguous, with rows along `axis`.
  ///   - target: contiguous, with its rows along `targetAxes` (several axes count as one).
  public func takeRows(
    _ source: StridedBlock, axis: Int, at positions: [Int], into target: StridedBlock,
    targetAxes: Range<Int>
  ) {
    let (from, to) = (RowView(source, axes: axis..<axis + 1), RowView(target, axes: targetAxes))
    precondition(to.rows == positions.count, "a row for each position")
    let size = source.type.byteCount
    let total = to.outer * to.rows
    if total * to.length == 0 { return }
    let rowsPerTask = max(1, Self.elementsPerTask / to.length)
    let place = target.place(elementsPerTask: rowsPerTask * to.length)
    pool.run(count: (total + rowsPerTask - 1) / rowsPerTask, at: place) { task in
      for number in task * rowsPerTask..<min((task + 1) * rowsPerTask, total) {
        let (outer, row) = number.quotientAndRemainder(dividingBy: to.rows)
        let value = from.base + (outer * from.rows + positions[row]) * from.length * size
        moveElement(to.base + number * to.length * size, value, to.length * size)
      }
    }
  }

  /// Writes rows: row j of the source goes to row `positions[j]` of the target, or is added to it.
  /// Rows are handled in their order: of several at one position the last stays. Sums of floating
  /// point that many rows are added to are carried wider than their type.
  ///
  /// - Parameters:
  ///   - source: contiguous, with its rows along `sourceAxes`.
  ///   - target: contiguous, with rows along `axis`.
  public func putRows(
    _ source: StridedBlock, sourceAxes: Range<Int>, at positions: [Int],
    into target: StridedBlock, axis: Int, adding: Bool
  ) {
    let (from, to) = (RowView(source, axes: sourceAxes), RowView(target, axes: axis..<axis + 1))
    precondition(from.rows == positions.count, "a position for each row")
    let type = source.type
    let size = type.byteCount
    if from.outer * from.rows * from.length == 0 { return }
    // Strips of rows, so that two rows for one position are handled by one task.
    let width = min(from.length, 1 << 12)
    let strips = (from.length + width - 1) / width
    // Strips of the same rows lie beside each other all over the target.
    let place =
      from.outer > 1
      ? target.place(elementsPerTask: max(1, target.elementCount / (from.outer * strips))) : nil
    positions.withUnsafeBufferPointer { numbers in
      let places = ScatteredPlaces(
        numbers.baseAddress!, count: adding ? from.rows : 0, extent: to.rows, type)
      pool.run(count: from.outer * strips, at: place) { task in
        let (outer, strip) = task.quotientAndRemainder(dividingBy: strips)
        let start = strip * width
        let count = min(width, from.length - start)
        let source = from.base + (outer * from.rows * from.length + start) * size
        let rows = to.base + (outer * to.rows * to.length + start) * size
        if adding {
          places.add(
            type, source, stride: from.length, to: rows, stride: to.length, width: count)
          return
        }
        for row in 0..<from.rows {
          moveElement(
            rows + positions[row] * to.length * size, source + row * from.length * size,
            count * size)
        }
      }
    }
  }

  /// The positions of true elements of a contiguous mask, in row-major order.
  public func truePositions(_ mask: StridedBlock) -> [Int] {
    precondition(mask.type == .bool && mask.isContiguous, "a contiguous mask")
    return withExtendedLifetime(mask.storage) {
      let bytes = mask.range.bytes
      return bytes.indices.filter { bytes[$0] != 0 }
    }
  }

  /// Whether the only element of a block of Booleans is true.
  public func isTrue(_ block: StridedBlock) -> Bool {
    precondition(block.type == .bool && block.elementCount == 1, "a single Boolean")
    return withExtendedLifetime(block.storage) { block.base.load(as: UInt8.self) != 0 }
  }
}

extension HostExecutor {
  /// Writes positions within a box, given in its row-major order, as one number for every axis of
  /// the whole.
  ///
  /// - Parameter target: [positions, axes], contiguous, of Int64.
  public func unravel(_ positions: [Int], in box: Box, into target: StridedBlock) {
    if positions.isEmpty { return }
    withExtendedLifetime(target.storage) {
      let numbers = target.range.bytes.bindMemory(to: Int64.self)
      let axes = box.ranges.count
      for (row, position) in positions.enumerated() {
        var rest = position
        for axis in stride(from: axes - 1, through: 0, by: -1) {
          let range = box.ranges[axis]
          numbers[row * axes + axis] = Int64(range.lowerBound + rest % range.count)
          rest /= range.count
        }
      }
    }
  }
}
