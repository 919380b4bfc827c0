import Machine
import Shapes

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
  ///
  /// - Parameter joined: done behind each tile, where tiles are whole rows.
  func collectProduct(
    _ a: StridedBlock, _ b: StridedBlock, into target: StridedBlock,
    joining joined: JoinedWork? = nil
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
    if isOfLibrary, let small = SmallProducts(a, b, target) { return small.run(on: pool) }
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
    if axes == 2, isOfLibrary,
      let parts = DepthParts(lineOf: a, b) ?? DepthParts(grid, depth: depth)
    {
      return try multiply(product, in: parts)
    }
    if axes == 2, isOfLibrary, grid.count > 1, product.isSymmetric {
      return multiplySymmetric(product, TileGrid(symmetric: rows))
    }
    if axes == 2, grid.count == 1 {
      return product.run(rows: 0..<rows, columns: 0..<columns, offsets: (0, 0, 0))
    }
    let batchShape = Shape(target.shape[..<(axes - 2)])
    let batchStrides = [a, b, target].map { Array($0.layout.strides[..<(axes - 2)]) }
    // Tiles beside each other share rows, so that only the order of the batches tells their place.
    let isInOrder = grid.acrossColumns == 1 || batches > 1
    let joined = axes == 2 && grid.acrossColumns == 1 ? joined : nil
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
        joined?.run(rows)
      }
    }
    joined?.isDone = true
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
let blasLimit = Int(Int32.max)
