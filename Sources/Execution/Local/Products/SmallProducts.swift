import CKernels
import Machine
import Shapes

/// Products of small matrices of floating-point values: a library's call would take longer than the
/// arithmetic.
struct SmallProducts {
  private let a: StridedBlock
  private let b: StridedBlock
  private let target: StridedBlock
  private let rows: Int
  private let columns: Int
  private let depth: Int

  /// Nil where a library is as fast. Extents and strides alone decide.
  ///
  /// - Parameters:
  ///   - a: […, rows, depth], none of them empty, with any strides; `b` and `target` likewise.
  ///   - target: contiguous.
  init?(_ a: StridedBlock, _ b: StridedBlock, _ target: StridedBlock) {
    let last = target.shape.count - 1
    (rows, columns, depth) = (target.shape[last - 1], target.shape[last], a.shape[last])
    guard
      tk_is_small_product(
        Int64(rows), Int64(columns), Int64(depth), Int64(a.layout.strides[last - 1]),
        Int64(b.layout.strides[last]))
    else { return nil }
    (self.a, self.b, self.target) = (a, b, target)
  }

  func run(on pool: WorkerPool) {
    let (size, count) = (rows * columns, target.elementCount / (rows * columns))
    let perTask = max(1, HostExecutor.elementsPerTask / (size * depth))
    if count <= perTask { return multiply(0..<count) }
    pool.run(
      count: (count + perTask - 1) / perTask, at: target.place(elementsPerTask: perTask * size)
    ) { task in
      multiply(task * perTask..<min((task + 1) * perTask, count))
    }
  }

  /// Some of the products, by their numbers: as many at a time as follow each other along the last
  /// axis of the batch.
  private func multiply(_ numbers: Range<Int>) {
    let last = target.shape.count - 1
    let (x, y) = (a.layout.strides, b.layout.strides)
    let size = target.type.byteCount
    let length = last > 1 ? target.shape[last - 2] : 1
    let (aStep, bStep) = last > 1 ? (x[last - 2], y[last - 2]) : (0, 0)
    var number = numbers.lowerBound
    while number < numbers.upperBound {
      var (rest, position) = number.quotientAndRemainder(dividingBy: length)
      let count = min(length - position, numbers.upperBound - number)
      var (aOffset, bOffset) = (position * aStep, position * bStep)
      for axis in stride(from: last - 3, through: 0, by: -1) {
        (rest, position) = rest.quotientAndRemainder(dividingBy: target.shape[axis])
        aOffset += position * x[axis]
        bOffset += position * y[axis]
      }
      tk_small_products(
        target.type.kernel, count, Int64(rows), Int64(columns), Int64(depth),
        a.base + aOffset * size, Int64(aStep), Int64(x[last - 1]), Int64(x[last]),
        b.base + bOffset * size, Int64(bStep), Int64(y[last - 1]), Int64(y[last]),
        target.base + number * rows * columns * size)
      number += count
    }
  }
}
