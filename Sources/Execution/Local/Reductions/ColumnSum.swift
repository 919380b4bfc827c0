import CKernels
import Machine
import Shapes

/// Sums of columns of floating point, as accurate as pairwise ones: 64 rows are added one after the
/// other, and such blocks, then chunks of them, joined as the leaves of binary trees. The order is
/// a function of the shape alone, whoever computes what and whether values lie in memory or are
/// computed on the way.
extension HostExecutor {
  /// Element (row, column) of the source is number row · columns + column; rows, which the first
  /// axes number, are added up.
  func sumColumns(
    _ elements: Elements, rowAxes: Int, rows: Int, columns: Int, into target: StridedBlock
  ) throws(TensorError) {
    let blocks = elements.blocks
    let type = target.type
    let size = type.byteCount
    let rowsPerChunk = Chunks.summedRows(columns: columns)
    let chunks = (rows + rowsPerChunk - 1) / rowsPerChunk
    let direct = elements.isBlock ? ColumnSource(blocks[0], rowAxes: rowAxes) : nil
    // Which columns a task takes changes nothing in their sums.
    let stripLength =
      direct == nil
      ? PreparedProgram.registerLength
      : min(
        Chunks.columns,
        max(PreparedProgram.registerLength, columns * chunks / (4 * pool.workerCount)))
    let strips = (columns + stripLength - 1) / stripLength
    let terms =
      chunks == 1 ? target.storage : try arena.allocate(byteCount: chunks * columns * size)
    let partial = chunks == 1 ? target.base : terms.address
    let targetPlace = target.place(elementsPerTask: stripLength)
    let program = PreparedProgram(elements)
    let place =
      chunks == 1
      ? targetPlace : blocks.place(elementsPerTask: max(1, rows * columns / (chunks * strips)))
    pool.run(count: chunks * strips, at: place) { task in
      let (chunk, strip) = task.quotientAndRemainder(dividingBy: strips)
      let first = strip * stripLength
      let selected = first..<min(first + stripLength, columns)
      let members = chunk * rowsPerChunk..<min((chunk + 1) * rowsPerChunk, rows)
      let sums = partial + (chunk * columns + first) * size
      if let direct {
        direct.sum(rows: members, columns: selected, into: sums)
      } else {
        ComputedColumns(program, columns: columns, selected)
          .sum(rows: members, into: sums)
      }
    }
    if chunks == 1 { return }
    let output = target.base
    pool.run(count: strips, at: targetPlace) { strip in
      let first = strip * stripLength
      let width = min(stripLength, columns - first)
      let scratch = Scratch(byteCount: tk_sum_columns_scratch(type.kernel, chunks, width))
      tk_sum_columns(
        type.kernel, output + first * size, scratch.address, partial + first * size,
        Int64(columns), chunks, width)
    }
  }
}

/// Memory of one task.
struct Scratch: ~Copyable {
  let address: UnsafeMutableRawPointer

  init(byteCount: Int) { address = .allocate(byteCount: max(byteCount, 1), alignment: 64) }

  deinit { address.deallocate() }
}

extension ColumnSource {
  /// Adds up some rows of some columns; the sums begin with the first of these columns.
  func sum(
    rows range: Range<Int>, columns selected: Range<Int>, into sums: UnsafeMutableRawPointer
  ) {
    let size = type.byteCount
    if let stride = rows.onlyStep {
      let scratch = Scratch(
        byteCount: tk_sum_columns_scratch(type.kernel, range.count, selected.count))
      let start = base + range.lowerBound * stride * size
      columns.forEach(in: selected) { column, offset, width in
        tk_sum_columns(
          type.kernel, sums + (column - selected.lowerBound) * size, scratch.address,
          start + offset * size, Int64(stride), range.count, width)
      }
      return
    }
    // Blocks may break where rows do.
    let width = selected.count
    let blocks = (range.count + Chunks.blockRows - 1) / Chunks.blockRows
    let scratch = Scratch(byteCount: blocks * width * size)
    var zero: UInt64 = 0
    tk_fill(size, scratch.address, &zero, blocks * width)
    for block in 0..<blocks {
      let first = range.lowerBound + block * Chunks.blockRows
      reduce(
        .sum, rows: first..<min(first + Chunks.blockRows, range.upperBound), columns: selected,
        into: scratch.address + block * width * size)
    }
    type.joinSums(scratch.address, blocks, width: width)
    tk_copy(sums, scratch.address, width * size)
  }
}

extension ScalarType {
  /// Adds up rows of sums as the leaves of a tree, into the first.
  fileprivate func joinSums(_ sums: UnsafeMutableRawPointer, _ count: Int, width: Int) {
    let distance = width * byteCount
    joinPairwise(count) { left, right in
      let sum = sums + left * distance
      tk_binary(TK_ADD, kernel, sum, sum, 1, sums + right * distance, 1, width)
    }
  }
}

/// Some columns of a program's values. One worker uses one.
private struct ComputedColumns: ~Copyable {
  private let runs: ValueRuns
  private let type: ScalarType
  private let columns: Int
  private let selected: Range<Int>
  /// Rows that are computed before they are added up.
  private let rowsAtATime: Int

  init(_ program: PreparedProgram, columns: Int, _ selected: Range<Int>) {
    type = program.resultType
    self.columns = columns
    self.selected = selected
    let rowByteCount = selected.count * type.byteCount
    // Blocks of rows, a power of two of them, so that their sums are joins of the tree; or else a
    // part of a block.
    var rows = 1
    while rows * 2 * rowByteCount <= Chunks.byteCount { rows *= 2 }
    rowsAtATime = rows
    runs = ValueRuns(program, byteCount: rows * rowByteCount)
  }

  func sum(rows range: Range<Int>, into sums: UnsafeMutableRawPointer) {
    let width = selected.count
    let length = max(rowsAtATime, Chunks.blockRows)
    let parts = (range.count + length - 1) / length
    let scratch = Scratch(byteCount: parts * width * type.byteCount)
    let levels = Scratch(byteCount: tk_sum_columns_scratch(type.kernel, length, width))
    for part in 0..<parts {
      let first = range.lowerBound + part * length
      let members = first..<min(first + length, range.upperBound)
      let sum = parts == 1 ? sums : scratch.address + part * width * type.byteCount
      if rowsAtATime < Chunks.blockRows {
        sumBlock(members, into: sum)
      } else {
        tk_sum_columns(
          type.kernel, sum, levels.address, values(of: members), Int64(width), members.count,
          width)
      }
    }
    if parts == 1 { return }
    type.joinSums(scratch.address, parts, width: width)
    tk_copy(sums, scratch.address, width * type.byteCount)
  }

  /// A block of rows, a few at a time.
  private func sumBlock(_ members: Range<Int>, into sum: UnsafeMutableRawPointer) {
    let width = selected.count
    runs.load(
      members.lowerBound * columns + selected.lowerBound, members.count, width: width,
      distance: columns)
    var zero: UInt64 = 0
    tk_fill(type.byteCount, sum, &zero, width)
    for first in stride(from: members.lowerBound, to: members.upperBound, by: rowsAtATime) {
      let rows = first..<min(first + rowsAtATime, members.upperBound)
      tk_reduce_rows(
        TK_SUM, type.kernel, sum, values(of: rows), Int64(width), rows.count, width)
    }
  }

  private func values(of rows: Range<Int>) -> UnsafeMutableRawPointer {
    runs.rows(
      rows.lowerBound * columns + selected.lowerBound, rows.count, width: selected.count,
      distance: columns)
  }
}
