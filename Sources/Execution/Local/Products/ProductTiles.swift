import CKernels
import Shapes

/// The grid of tiles that a product is cut into: a function of its shape and layout alone, so that
/// the result has the same bits for any number of workers, who take whole tiles.
struct TileGrid {
  let rows: Int
  let columns: Int
  let tileRows: Int
  let tileColumns: Int

  /// How many rows are worth having the right operand packed for them anew.
  private static let leastTileRows = 128

  /// - Parameter hasColumns: whether the right operand lies column by column, which libraries pack
  ///   fast for some columns at a time; else tiles of whole rows are as fast or faster, by up to a
  ///   sixth.
  init(rows: Int, columns: Int, depth: Int, hasColumns: Bool) {
    self.rows = rows
    self.columns = columns
    // A product of fewer than two million multiplications takes less time than sharing it out twice
    // over.
    if rows.multipliedReportingOverflow(by: columns * max(depth, 1)).partialValue < 1 << 20 {
      tileRows = max(rows, 1)
      tileColumns = max(columns, 1)
    } else if rows >= columns || (rows >= 4 * Self.leastTileRows && !hasColumns) {
      tileRows = min(max((rows + 3) / 4, 64), 1024)
      tileColumns = min(columns, 2048)
    } else {
      tileRows = min(rows, 2048)
      tileColumns = min(max((columns + 3) / 4, 64), 1024)
    }
  }

  /// Of a matrix times itself transposed: of strips of rows, as what is left of the diagonal
  /// differs in length.
  init(symmetric extent: Int) {
    (rows, columns) = (extent, extent)
    tileRows = min(max((extent + 7) / 8, Self.leastTileRows), 1024)
    tileColumns = min(extent, 2048)
  }

  var acrossRows: Int { (rows + tileRows - 1) / tileRows }
  var acrossColumns: Int { (columns + tileColumns - 1) / tileColumns }
  var count: Int { acrossRows * acrossColumns }

  func tile(_ index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    let (row, column) = index.quotientAndRemainder(dividingBy: acrossColumns)
    return (
      row * tileRows..<min((row + 1) * tileRows, rows),
      column * tileColumns..<min((column + 1) * tileColumns, columns)
    )
  }
}

/// The product of one tile, by the library or, for integers, by a kernel.
struct TileProduct {
  let a: StridedBlock
  let b: StridedBlock
  let target: StridedBlock
  let depth: Int
  let library: LinearAlgebraLibrary?

  /// Whether the operands are a matrix and itself transposed.
  var isSymmetric: Bool {
    a.storage === b.storage && a.layout.offset == b.layout.offset
      && a.shape.elementsEqual(b.shape.reversed())
      && a.layout.strides.elementsEqual(b.layout.strides.reversed())
  }

  /// The same over a part of the depth, into one of several blocks of terms. Of two axes.
  func part(_ depth: Range<Int>, number: Int, of terms: StridedBlock) -> TileProduct {
    var target = self.target
    target.storage = terms.storage
    target.layout = Layout(rowMajor: target.shape)
    target.layout.offset = terms.layout.offset + number * target.elementCount
    return TileProduct(
      a: a.slice([0..<a.shape[0], depth]), b: b.slice([depth, 0..<b.shape[1]]), target: target,
      depth: depth.count, library: library)
  }

  func run(
    rows: Range<Int>, columns: Range<Int>, offsets: (a: Int, b: Int, target: Int)
  ) {
    let size = target.type.byteCount
    let last = target.shape.count - 1
    let (aRow, aColumn) = (a.layout.strides[last - 1], a.layout.strides[last])
    let (bRow, bColumn) = (b.layout.strides[last - 1], b.layout.strides[last])
    let cRow = target.shape[last]
    let x = a.base + (offsets.a + rows.lowerBound * aRow) * size
    let y = b.base + (offsets.b + columns.lowerBound * bColumn) * size
    let z = target.base + (offsets.target + rows.lowerBound * cRow + columns.lowerBound) * size
    guard let library else {
      tk_integer_product(
        target.type.kernel, Int64(rows.count), Int64(columns.count), Int64(depth), x, Int64(aRow),
        Int64(aColumn), y, Int64(bRow), Int64(bColumn), z, Int64(cRow))
      return
    }
    // CblasRowMajor 101, CblasNoTrans 111, CblasTrans 112.
    let (aOrder, aStride) = order(aRow, aColumn, extents: (a.shape[last - 1], depth))
    let (bOrder, bStride) = order(bRow, bColumn, extents: (depth, b.shape[last]))
    let (m, n, k) = (Int32(rows.count), Int32(columns.count), Int32(depth))
    if n == 1 {
      return multiply(
        library, x, aOrder, aStride, stored: aOrder == 111 ? (m, k) : (k, m), by: y, Int32(bRow),
        into: z, Int32(cRow))
    }
    if m == 1 {
      return multiply(
        library, y, 223 - bOrder, bStride, stored: bOrder == 111 ? (k, n) : (n, k), by: x,
        Int32(aColumn), into: z, 1)
    }
    if target.type == .float32 {
      library.single(
        101, aOrder, bOrder, m, n, k, 1, x, aStride, y, bStride, 0, z, Int32(cRow))
    } else {
      library.double(
        101, aOrder, bOrder, m, n, k, 1, x, aStride, y, bStride, 0, z, Int32(cRow))
    }
  }

  /// A matrix, as it lies, times a row or column with any distance between elements.
  private func multiply(
    _ library: LinearAlgebraLibrary, _ matrix: UnsafeMutableRawPointer, _ order: Int32,
    _ stride: Int32, stored: (rows: Int32, columns: Int32), by row: UnsafeMutableRawPointer,
    _ distance: Int32, into result: UnsafeMutableRawPointer, _ resultDistance: Int32
  ) {
    // Not every version leaves what lies there, which may be NaN, out of account.
    let size = target.type.byteCount
    let count = Int(order == 111 ? stored.rows : stored.columns)
    if resultDistance == 1 {
      result.initializeMemory(as: UInt8.self, repeating: 0, count: count * size)
    } else {
      for i in 0..<count {
        (result + i * Int(resultDistance) * size)
          .initializeMemory(as: UInt8.self, repeating: 0, count: size)
      }
    }
    if target.type == .float32 {
      library.singleRow(
        101, order, stored.rows, stored.columns, 1, matrix, stride, row, distance, 0, result,
        resultDistance)
    } else {
      library.doubleRow(
        101, order, stored.rows, stored.columns, 1, matrix, stride, row, distance, 0, result,
        resultDistance)
    }
  }

  /// Whether BLAS must transpose, and the distance between rows (or columns).
  private func order(
    _ row: Int, _ column: Int, extents: (rows: Int, columns: Int)
  ) -> (Int32, Int32) {
    column == 1 && row >= extents.columns
      ? (111, Int32(max(row, 1))) : (112, Int32(max(column, 1)))
  }
}
