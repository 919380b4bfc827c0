import CKernels
import Shapes

/// Parts of the sums of a small product of long rows and columns: a function of its shape alone, as
/// the tiles are.
struct DepthParts {
  let count: Int
  let length: Int

  /// Multiplications that are worth sharing out.
  private static let leastWork = 1 << 22
  /// The same of a row or column times a matrix, which takes memory rather than arithmetic.
  private static let leastLineWork = 1 << 16
  private static let most = 16
  /// As far as the sums of a row, which are added to for each line of the matrix, stay in the
  /// first-level cache.
  private static let mostSums = 1024

  /// Nil where there are tiles enough to be shared out, or sums are short.
  init?(_ grid: TileGrid, depth: Int) {
    let size = grid.rows * grid.columns
    guard grid.count < 4, grid.rows > 1, grid.columns > 1 else { return nil }
    // What is added up in the end is little beside it.
    self.init(depth: depth, atLeast: max(Self.leastWork / size, 512))
  }

  /// Of a row times a matrix that lies row by row, or the same transposed: parts are lines of the
  /// matrix, which a worker finds where the elementwise work on them has left them.
  init?(lineOf a: StridedBlock, _ b: StridedBlock) {
    let (rows, columns, depth) = (a.shape[0], b.shape[1], b.shape[0])
    let isLine =
      rows == 1 && b.layout.strides[1] == 1 || columns == 1 && a.layout.strides[0] == 1
    let size = rows * columns
    guard isLine, 2...Self.mostSums ~= size, size * depth >= Self.leastLineWork else { return nil }
    self.init(depth: depth, atLeast: max(Self.leastLineWork / 2 / size, 128))
  }

  private init?(depth: Int, atLeast least: Int) {
    let count = min(depth / least, Self.most)
    guard count > 1 else { return nil }
    length = (depth + count - 1) / count
    self.count = (depth + length - 1) / length
  }
}

extension HostExecutor {
  /// A product whose sums are taken in parts, which are added in their order.
  func multiply(_ product: TileProduct, in parts: DepthParts) throws(TensorError) {
    let target = product.target
    let (rows, columns) = (target.shape[0], target.shape[1])
    let terms = try allocate([parts.count, rows, columns], target.type)
    pool.run(count: parts.count) { part in
      let first = part * parts.length
      product.part(first..<min(first + parts.length, product.depth), number: part, of: terms)
        .run(rows: 0..<rows, columns: 0..<columns, offsets: (0, 0, 0))
    }
    fill(target, with: ScalarValue(0, as: target.type))
    tk_reduce_rows(
      TK_SUM, target.type.kernel, target.base, terms.base, Int64(rows * columns), parts.count,
      rows * columns)
    if product.isSymmetric { mirror(target) }
  }

  /// A matrix times itself transposed: what is left of the diagonal, which is then mirrored.
  func multiplySymmetric(_ product: TileProduct, _ grid: TileGrid) {
    // The longest strips first.
    pool.run(count: grid.count) { task in
      let (rows, columns) = grid.tile(grid.count - 1 - task)
      let end = min(columns.upperBound, rows.upperBound)
      if columns.lowerBound >= end { return }
      product.run(rows: rows, columns: columns.lowerBound..<end, offsets: (0, 0, 0))
    }
    mirror(product.target)
  }

  /// Copies what lies left of the diagonal to the right of it.
  private func mirror(_ target: StridedBlock) {
    let extent = target.shape[0]
    let size = target.type.byteCount
    let strip = 64
    pool.run(count: (extent + strip - 1) / strip) { number in
      let first = number * strip
      let width = min(strip, extent - first)
      tk_transpose(
        size, target.base + first * size, Int64(extent), target.base + first * extent * size,
        Int64(extent), Int64(width), Int64(first), false)
      let corner = target.base + (first * extent + first) * size
      for row in 1..<max(width, 1) {
        tk_transpose(
          size, corner + row * size, Int64(extent), corner + row * extent * size, Int64(extent), 1,
          Int64(row), false)
      }
    }
  }
}
