import CKernels
import Machine
import Shapes

/// Rows of a block that are reduced where they lie, without being evaluated first: the innermost of
/// its columns follow each other in memory.
struct ColumnSource {
  let base: UnsafeMutableRawPointer
  let type: ScalarType
  let rows: StridedRuns
  let columns: StridedRuns

  /// - Parameter rowAxes: how many axes, from the first, number the rows; the others the columns.
  init?(_ block: StridedBlock, rowAxes: Int) {
    if block.isTurned { return nil }
    let axes = Array(block.shape.indices)
    rows = StridedRuns(block.permuted(Array(axes.prefix(rowAxes))))
    columns = StridedRuns(block.permuted(Array(axes.dropFirst(rowAxes))))
    guard columns.step == 1 else { return nil }
    base = block.base
    type = block.type
  }

  /// Adds some rows of some columns to accumulators, which begin with the first of these columns,
  /// one row after the other.
  func reduce(
    _ reduction: Reduction, rows range: Range<Int>, columns selected: Range<Int>,
    into accumulators: UnsafeMutableRawPointer
  ) {
    let size = type.byteCount
    columns.forEach(in: selected) { column, columnOffset, width in
      let sums = accumulators + (column - selected.lowerBound) * size
      rows.forEach(in: range) { _, rowOffset, count in
        tk_reduce_rows(
          reduction.kernel, type.kernel, sums, base + (rowOffset + columnOffset) * size,
          Int64(rows.step), count, width)
      }
    }
  }
}

/// The elements of a block in row-major order, as runs with one distance between neighbours.
struct StridedRuns {
  /// The distance within a run.
  let step: Int
  private let length: Int
  /// The axes that number the runs, outermost first.
  private let outer: [(extent: Int, stride: Int)]

  /// The distance between neighbours, where all elements are one run.
  var onlyStep: Int? { outer.isEmpty ? step : nil }

  init(_ block: StridedBlock) {
    let (extents, strides, _) = block.collapsed
    step = strides.last ?? 1
    length = extents.last ?? 1
    outer = Array(zip(extents, strides).dropLast())
  }

  /// Calls `body` with the number of a run's first element, its offset in the block, and how many
  /// elements follow.
  func forEach(in range: Range<Int>, _ body: (_ first: Int, _ offset: Int, _ count: Int) -> Void) {
    var first = range.lowerBound
    while first < range.upperBound {
      var (rest, place) = first.quotientAndRemainder(dividingBy: length)
      let count = min(length - place, range.upperBound - first)
      var offset = place * step
      for axis in outer.reversed() {
        offset += rest % axis.extent * axis.stride
        rest /= axis.extent
      }
      body(first, offset, count)
      first += count
    }
  }
}
