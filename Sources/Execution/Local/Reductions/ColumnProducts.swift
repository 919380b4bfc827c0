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

  /// Multiplies in some rows of a program's values; `selected` are these columns of the `columns`
  /// it has.
  func multiply(
    _ program: PreparedProgram, rows: Range<Int>, columns selected: Range<Int>, of columns: Int
  ) {
    let type = program.resultType
    let rowsAtATime = Self.rowsAtATime * rowsAsOne
    let runs = ValueRuns(program, byteCount: rowsAtATime * count * type.byteCount)
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: rowsAtATime) {
      let some = min(rowsAtATime, rows.upperBound - first)
      let factors = runs.rows(
        first * columns + selected.lowerBound, some, width: count, distance: columns)
      let (whole, rest) = some.quotientAndRemainder(dividingBy: rowsAsOne)
      multiply(type, factors, stride: width, rows: whole, columns: 0..<width)
      if rest > 0 {
        multiply(
          type, factors + whole * width * type.byteCount, stride: 0, rows: 1,
          columns: 0..<rest * count)
      }
    }
  }

  /// Rows that are computed before they are multiplied: a multiple of the kernel's groups.
  private static let rowsAtATime = 8

  func finish(_ body: (UnsafePointer<tk_product>) -> Void) {
    withUnsafeTemporaryAllocation(of: tk_product.self, capacity: width) { products in
      let first = products.baseAddress!
      tk_products_of_columns(first, significands, exponents, width)
      tk_product_join(first, first + count, count, rowsAsOne - 1, count)
      body(first)
    }
  }
}

extension ColumnSource {
  /// Multiplies in some rows of some columns; the products begin with the first of these columns.
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
