import CKernels
import Machine
import Shapes

/// Where products go: rounded to their type, or with their exponents apart, as other ranks are to
/// join them.
private enum ProductTarget {
  case values(StridedBlock)
  /// Of Doubles, with a last axis of 2: significand and exponent.
  case pairs(StridedBlock)

  var block: StridedBlock {
    switch self {
    case .values(let block), .pairs(let block): block
    }
  }

  /// Elements of the block that a product takes.
  var width: Int {
    switch self {
    case .values: 1
    case .pairs: 2
    }
  }

  /// Writes the products of some places, from the first on.
  func store(_ products: UnsafePointer<tk_product>, at first: Int, count: Int) {
    let place = block.base + first * width * block.type.byteCount
    switch self {
    case .values: tk_product_round(block.type.kernel, place, products, count)
    case .pairs: place.copyMemory(from: products, byteCount: count * Self.byteCount)
    }
  }

  static var byteCount: Int { MemoryLayout<tk_product>.stride }
}

/// How products are cut, by shapes and types alone, so that they have the same bits for any number
/// of workers.
private enum ProductChunks {
  /// Elements of a row that are evaluated in one go: a multiple of what lanes are grouped in.
  static let length = 1 << 11
  /// Columns that a task multiplies: their significands and exponents stay in the cache.
  static let columns = PreparedProgram.registerLength
  /// Rows that a task multiplies, a multiple of those seen as one.
  static func rows(columns: Int) -> Int { max(64, (1 << 16) / columns / 64 * 64) }
  /// How many rows are seen as one where columns are few, so that there is work for vectors: a
  /// power of two.
  static func rowsAsOne(columns: Int) -> Int {
    var count = 1
    while count * columns < 64 { count *= 2 }
    return count
  }
}

// Products of floating-point values: exponents are kept apart in lanes, chunks, columns and between
// ranks, so that only a product that is itself too large or too small over- or underflows; Float is
// multiplied in Double.
extension HostExecutor {
  /// Multiplies elements over some axes (ascending); 1 where there is none.
  ///
  /// - Parameters:
  ///   - shape: the shape that the blocks broadcast to.
  ///   - target: contiguous, of any floating-point type, with the remaining axes.
  func multiply(
    _ elements: Elements, shape: Shape, over axes: [Int], into target: StridedBlock
  ) throws(TensorError) {
    try multiply(elements, shape, axes, .values(target))
  }

  /// The same with exponents apart, for `joinProducts`.
  ///
  /// - Parameter pairs: contiguous Doubles, with the remaining axes and one of 2.
  public func multiplyApart(
    _ elements: Elements, shape: Shape, over axes: [Int], into pairs: StridedBlock
  ) throws(TensorError) {
    try multiply(elements, shape, axes, .pairs(pairs))
  }

  /// Multiplies products with exponents apart in the order of their rows, and rounds them.
  ///
  /// - Parameters:
  ///   - rows: contiguous Doubles [rows, …, 2].
  ///   - target: contiguous, of a floating-point type, with the axes in between.
  public func joinProducts(_ rows: StridedBlock, into target: StridedBlock) {
    let count = target.elementCount
    if count == 0 { return }
    let rowCount = rows.shape[0]
    let source = rows.base.assumingMemoryBound(to: tk_product.self)
    let length = ProductChunks.columns
    pool.run(count: (count + length - 1) / length, at: target.place(elementsPerTask: length)) {
      let first = $0 * length
      let width = min(length, count - first)
      let products = UnsafeMutablePointer<tk_product>.allocate(capacity: width)
      defer { products.deallocate() }
      products.initialize(from: source + first, count: width)
      tk_product_join(products, source + count + first, count, rowCount - 1, width)
      ProductTarget.values(target).store(products, at: first, count: width)
    }
  }

  private func multiply(
    _ elements: Elements, _ shape: Shape, _ axes: [Int], _ target: ProductTarget
  ) throws(TensorError) {
    let kept = shape.indices.filter { !axes.contains($0) }
    let rows = shape.elementCount(of: kept)
    let length = shape.elementCount(of: axes)
    if rows == 0 { return }
    if length == 0 {
      var one = tk_product(significand: 1, exponent: 0)
      for place in 0..<rows { target.store(&one, at: place, count: 1) }
      return
    }
    let elements = elements.over { $0.expanded(to: shape) }
    let innermost = shape.indices.last { shape[$0] > 1 }
    if rows == 1 || innermost.map(axes.contains) ?? true {
      let source = elements.over { $0.permuted(kept + axes) }
      try multiplyRows(source, rows: rows, length: length, target)
    } else {
      let source = elements.over { $0.permuted(axes + kept) }
      try multiplyColumns(
        source, rowAxes: axes.count, rows: length, columns: rows, target)
    }
  }

  /// Element (row, i) of the source is number row · length + i.
  private func multiplyRows(
    _ elements: Elements, rows: Int, length: Int, _ target: ProductTarget
  ) throws(TensorError) {
    let blocks = elements.blocks
    let size = elements.program.resultType.byteCount
    let block = PreparedProgram(elements, fetches: rows * length * size >= Self.streamedBytes)
    let perTask = Self.elementsPerTask
    if length <= perTask {
      let rowsPerTask = perTask / length
      let place = blocks.place(elementsPerTask: rowsPerTask * length)
      pool.run(count: (rows + rowsPerTask - 1) / rowsPerTask, at: place) { task in
        RunMultiplier(block).multiply(
          rows: task * rowsPerTask..<min((task + 1) * rowsPerTask, rows), of: length, into: target)
      }
      return
    }
    let parts = (length + perTask - 1) / perTask
    let terms = try arena.allocate(byteCount: rows * parts * ProductTarget.byteCount)
    let partial = terms.address.assumingMemoryBound(to: tk_product.self)
    pool.run(count: rows * parts, at: blocks.place(elementsPerTask: length / parts)) { task in
      let (row, part) = task.quotientAndRemainder(dividingBy: parts)
      let start = part * perTask
      partial[task] = RunMultiplier(block).product(
        row * length + start, min(perTask, length - start))
    }
    withExtendedLifetime(terms) {
      for row in 0..<rows {
        let first = partial + row * parts
        tk_product_join(first, first + 1, 1, parts - 1, 1)
        target.store(first, at: row, count: 1)
      }
    }
  }

  /// Element (row, column) of the source is number row · columns + column; the first axes number
  /// the rows.
  private func multiplyColumns(
    _ elements: Elements, rowAxes: Int, rows: Int, columns: Int, _ target: ProductTarget
  ) throws(TensorError) {
    let blocks = elements.blocks
    let block = PreparedProgram(elements)
    let rowsAsOne = ProductChunks.rowsAsOne(columns: columns)
    let direct =
      rowsAsOne == 1 && block.isIdentity ? ColumnSource(blocks[0], rowAxes: rowAxes) : nil
    let rowsPerChunk = ProductChunks.rows(columns: columns)
    let chunks = (rows + rowsPerChunk - 1) / rowsPerChunk
    let stripLength = ProductChunks.columns
    let strips = (columns + stripLength - 1) / stripLength
    let terms =
      chunks == 1
      ? nil : try arena.allocate(byteCount: chunks * columns * ProductTarget.byteCount)
    let partial = terms?.address.assumingMemoryBound(to: tk_product.self)
    let targetPlace = target.block.place(elementsPerTask: stripLength * target.width)
    let place =
      chunks == 1
      ? targetPlace : blocks.place(elementsPerTask: max(1, rows * columns / (chunks * strips)))
    pool.run(count: chunks * strips, at: place) { task in
      let (chunk, number) = task.quotientAndRemainder(dividingBy: strips)
      let first = number * stripLength
      let strip = first..<min(first + stripLength, columns)
      let members = chunk * rowsPerChunk..<min((chunk + 1) * rowsPerChunk, rows)
      let products = ColumnProducts(count: strip.count, rowsAsOne: rowsAsOne)
      if let direct {
        direct.multiply(rows: members, columns: strip, into: products)
      } else {
        products.multiply(block, rows: members, columns: strip, of: columns)
      }
      products.finish {
        if let partial {
          (partial + chunk * columns + first).update(from: $0, count: strip.count)
        } else {
          target.store($0, at: first, count: strip.count)
        }
      }
    }
    guard let partial else { return }
    pool.run(count: strips, at: targetPlace) { strip in
      let first = strip * stripLength
      let width = min(stripLength, columns - first)
      tk_product_join(partial + first, partial + columns + first, columns, chunks - 1, width)
      target.store(partial + first, at: first, count: width)
    }
    withExtendedLifetime(terms) {}
  }
}

/// Multiplies runs of a program's values. One worker uses one.
private struct RunMultiplier: ~Copyable {
  private let runs: ValueRuns
  private let type: ScalarType

  init(_ program: PreparedProgram) {
    type = program.resultType
    runs = ValueRuns(program, byteCount: ProductChunks.length * type.byteCount)
  }

  /// The product of elements `start ..< start + count`.
  func product(_ start: Int, _ count: Int) -> tk_product {
    if count <= ProductChunks.length {
      var product = tk_product()
      tk_products_of(type.kernel, &product, runs.run(start, count), 1, count)
      return product
    }
    var state = tk_product_state()
    tk_product_begin(&state)
    for first in stride(from: 0, to: count, by: ProductChunks.length) {
      let length = min(ProductChunks.length, count - first)
      tk_product_run(type.kernel, &state, runs.run(start + first, length), length)
    }
    return tk_product_end(&state)
  }

  /// The products of some rows of `length` elements that follow each other.
  func multiply(rows: Range<Int>, of length: Int, into target: ProductTarget) {
    let rowsAtATime = max(1, min(ProductChunks.length / length, rows.count))
    withUnsafeTemporaryAllocation(of: tk_product.self, capacity: rowsAtATime) { products in
      let products = products.baseAddress!
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: rowsAtATime) {
        let count = min(rowsAtATime, rows.upperBound - first)
        if length <= ProductChunks.length {
          tk_products_of(
            type.kernel, products, runs.run(first * length, count * length), count, length)
        } else {
          products.initialize(to: product(first * length, length))
        }
        target.store(products, at: first, count: count)
      }
    }
  }
}
