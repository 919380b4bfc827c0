import CKernels
import Shapes

/// Products of some columns under way; of several rows that are seen as one, each has its own.
struct ColumnProducts: ~Copyable {
  private let significands: UnsafeMutablePointer<Double>
  private let exponents: UnsafeMutablePointer<Int64>
  private let count: Int
  private let rowsAsOne: Int
  private var width: Int { count * rowsAsOne }

  init(count: Int, rowsAsOne: Int) {
    self.count = count
    self.rowsAsOne = rowsAsOne
    let width = count * rowsAsOne
    significands = .allocate(capacity: width)
    significands.initialize(repeating: 1, count: width)
    exponents = .allocate(capacity: width)
    exponents.initialize(repeating: 0, count: width)
  }

  deinit {
    significands.deallocate()
    exponents.deallocate()
  }

  func multiply(
    _ type: ScalarType, _ factors: UnsafeMutableRawPointer, stride: Int, rows: Int,
    columns: Range<Int>
  ) {
    tk_product_rows(
      type.kernel, significands + columns.lowerBound, exponents + columns.lowerBound, factors,
      Int64(stride), rows, columns.count)
  }

  /// Multiplies in all columns of some rows: elements of a program that follow each other.
  func multiply(_ program: BlockProgram, _ elements: Range<Int>) {
    let type = program.resultType
    func multiply(_ factors: UnsafeMutableRawPointer, _ length: Int) {
      let (rows, rest) = length.quotientAndRemainder(dividingBy: width)
      self.multiply(type, factors, stride: width, rows: rows, columns: 0..<width)
      self.multiply(
        type, factors + rows * width * type.byteCount, stride: 0, rows: 1, columns: 0..<rest)
    }
    if program.isIdentity,
      let place = program.operands[0].place(elements.lowerBound, elements.count),
      place.step == 1
    {
      return multiply(place.pointer, elements.count)
    }
    let evaluator = BlockEvaluator(program)
    let length = min(evaluator.blockLength, BlockProgram.registerLength) / width * width
    for first in Swift.stride(from: elements.lowerBound, to: elements.upperBound, by: length) {
      let part = min(length, elements.upperBound - first)
      multiply(evaluator.spread(evaluator.evaluate(first, part), part), part)
    }
  }

  func finish(_ body: (UnsafePointer<tk_product>) -> Void) {
    withUnsafeTemporaryAllocation(of: tk_product.self, capacity: width) { products in
      for column in 0..<width {
        let significand = significands[column]
        let isNumber = significand != 0 && significand.isFinite
        products.initializeElement(
          at: column,
          to: tk_product(
            significand: significand, exponent: isNumber ? Double(exponents[column]) : 0))
      }
      let first = products.baseAddress!
      tk_product_join(first, first + count, count, rowsAsOne - 1, count)
      body(first)
    }
  }
}

/// Columns that are multiplied where they lie: the innermost of them follow each other in memory.
struct MultipliedColumns {
  private let base: UnsafeMutableRawPointer
  private let type: ScalarType
  private let rows: StridedRuns
  private let columns: StridedRuns

  init?(_ block: StridedBlock, rowAxes: Int) {
    let axes = Array(block.shape.indices)
    rows = StridedRuns(block.permuted(Array(axes.prefix(rowAxes))))
    columns = StridedRuns(block.permuted(Array(axes.dropFirst(rowAxes))))
    guard columns.step == 1 else { return nil }
    base = block.base
    type = block.type
  }

  func multiply(
    rows range: Range<Int>, columns selected: Range<Int>, into products: borrowing ColumnProducts
  ) {
    let start = selected.lowerBound
    columns.forEach(in: selected) { column, columnOffset, width in
      rows.forEach(in: range) { _, rowOffset, count in
        products.multiply(
          type, base + (rowOffset + columnOffset) * type.byteCount, stride: rows.step, rows: count,
          columns: column - start..<column - start + width)
      }
    }
  }
}
