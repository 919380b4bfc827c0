import CKernels
import Machine
import Shapes

/// The grid of tiles that a product is cut into: a function of its shape and layout alone, so that
/// the result has the same bits for any number of workers, who take whole tiles.
private struct TileGrid {
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

extension HostExecutor {
  /// Matrix products of the last two axes, over all other axes, which must agree: c = a · b. Of two
  /// lines, which have one axis each, the sum of their products.
  ///
  /// Transposed operands are used where they lie; operands without an axis of neighbours are copied
  /// first.
  ///
  /// - Parameters:
  ///   - a: […, rows, depth]
  ///   - b: […, depth, columns]
  ///   - target: […, rows, columns], contiguous.
  ///   - accumulator: the type of sums, to which operands are converted first.
  public func multiply(
    _ a: StridedBlock, _ b: StridedBlock, in accumulator: ScalarType, into target: StridedBlock
  ) throws(TensorError) {
    let (a, b) = (try converted(a, to: accumulator), try converted(b, to: accumulator))
    try accumulate(in: accumulator, into: target) { (sums) throws(TensorError) in
      try collectProduct(a, b, into: sums)
    }
  }

  /// The product of operands of the target's type.
  private func collectProduct(
    _ a: StridedBlock, _ b: StridedBlock, into target: StridedBlock
  ) throws(TensorError) {
    if a.shape.count == 1, b.shape.count == 1 {
      if try sumOfProducts(a, b, into: target) { return }
      return try collectProduct(
        a.withUnitAxis(at: 0), b.withUnitAxis(at: 1),
        into: target.withUnitAxis(at: 0).withUnitAxis(at: 0))
    }
    let axes = target.shape.count
    let rows = target.shape[axes - 2]
    let columns = target.shape[axes - 1]
    let depth = a.shape[axes - 1]
    let batches = target.shape.elementCount(of: 0..<axes - 2)
    if target.elementCount == 0 { return }
    if depth == 0 || !target.type.hasLibraryProducts {
      fill(target, with: ScalarValue(0, as: target.type))
    }
    if depth == 0 { return }
    if rows == 1, columns == 1, axes == 2,
      try sumOfProducts(a.line(along: 1), b.line(along: 0), into: target)
    {
      return
    }
    let isOfLibrary = target.type.hasLibraryProducts
    if isOfLibrary, depth == 1 {
      // Libraries pack what is read once here. Their sums begin at 0, which makes −0 to 0.
      var elements = Elements()
      let product = elements.apply(.multiply, elements.operand(a), elements.operand(b))
      elements.apply(.add, product, elements.constant(ScalarValue(0, as: target.type)))
      return evaluate(elements, into: target)
    }
    if isOfLibrary, let extent = [rows, columns, depth].first(where: { $0 > blasLimit }) {
      throw TensorError(
        "matmul", given: "an extent of \(extent) on one rank",
        expected: "at most \(blasLimit), which is as far as the linear algebra library counts")
    }
    let a = isOfLibrary ? try withNeighbours(a) : a
    let b = isOfLibrary ? try withNeighbours(b) : b
    let library = isOfLibrary ? try LinearAlgebraLibrary.shared.get() : nil
    let grid = TileGrid(
      rows: rows, columns: columns, depth: depth, hasColumns: b.layout.strides[axes - 1] != 1)
    let product = TileProduct(a: a, b: b, target: target, depth: depth, library: library)
    if axes == 2, grid.count == 1 {
      return product.run(rows: 0..<rows, columns: 0..<columns, offsets: (0, 0, 0))
    }
    let batchShape = Shape(target.shape[..<(axes - 2)])
    let batchStrides = [a, b, target].map { Array($0.layout.strides[..<(axes - 2)]) }
    // Tiles beside each other share rows, so that only the order of the batches tells their place.
    let isInOrder = grid.acrossColumns == 1 || batches > 1
    // Small products are shared out many at a time.
    let tiles = batches * grid.count
    let work = rows.multipliedReportingOverflow(by: columns * depth).partialValue
    let perTask = grid.count == 1 ? max(1, Self.elementsPerTask / max(work, 1)) : 1
    pool.run(
      count: (tiles + perTask - 1) / perTask,
      at: isInOrder
        ? target.place(elementsPerTask: perTask * target.elementCount / tiles) : nil
    ) { task in
      for tile in task * perTask..<min((task + 1) * perTask, tiles) {
        let (batch, index) = tile.quotientAndRemainder(dividingBy: grid.count)
        var offsets = (a: 0, b: 0, target: 0)
        var rest = batch
        for axis in batchShape.indices.reversed() {
          let position = rest % batchShape[axis]
          rest /= batchShape[axis]
          offsets.a += position * batchStrides[0][axis]
          offsets.b += position * batchStrides[1][axis]
          offsets.target += position * batchStrides[2][axis]
        }
        let (rows, columns) = grid.tile(index)
        product.run(rows: rows, columns: columns, offsets: offsets)
      }
    }
  }

  /// The block itself where one of the last two axes has neighbours in memory (as BLAS wants), else
  /// a copy.
  private func withNeighbours(_ block: StridedBlock) throws(TensorError) -> StridedBlock {
    let axes = block.shape.count
    var block = block
    // A row or a column may have any distance between its elements.
    if block.shape[axes - 2] == 1 {
      let isRun = block.layout.strides[axes - 1] == 1
      block.layout.strides[axes - 2] = isRun ? max(1, block.shape[axes - 1]) : 1
    } else if block.shape[axes - 1] == 1 {
      let isRun = block.layout.strides[axes - 2] == 1
      block.layout.strides[axes - 1] = isRun ? block.shape[axes - 2] : 1
    }
    let rowStride = block.layout.strides[axes - 2]
    let columnStride = block.layout.strides[axes - 1]
    let (rows, columns) = (block.shape[axes - 2], block.shape[axes - 1])
    if columnStride == 1 && (columns...blasLimit).contains(rowStride)
      || rowStride == 1 && (rows...blasLimit).contains(columnStride)
    {
      return block
    }
    let copied = try allocate(block.shape, block.type)
    copy(block, into: copied)
    return copied
  }
}

/// The largest extent and the largest distance that a C int can tell the library.
private let blasLimit = Int(Int32.max)

/// The product of one tile, by the library or, for integers, by a kernel.
private struct TileProduct {
  let a: StridedBlock
  let b: StridedBlock
  let target: StridedBlock
  let depth: Int
  let library: LinearAlgebraLibrary?

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
