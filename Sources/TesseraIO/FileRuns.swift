import Distribution
import Shapes

/// The bytes of a box within an array in row-major order, as the runs of neighbours that they form.
struct FileRuns: Sequence, IteratorProtocol {
  /// Bytes of each run.
  let byteCount: Int
  private let extents: [Int]
  private let strides: [Int]
  private var position: [Int]
  private var offset: Int
  private var remaining: Int

  /// - Parameter size: bytes of an element.
  init(of box: Box, in shape: Shape, size: Int) {
    let distances = shape.rowMajorDistances
    // Whole inner axes belong to one run with the innermost axis that is cut.
    var inner = shape.count
    var count = 1
    while inner > 0 {
      inner -= 1
      count *= box.ranges[inner].count
      if box.ranges[inner].count != shape[inner] { break }
    }
    byteCount = count * size
    extents = box.ranges[..<inner].map(\.count)
    strides = distances[..<inner].map { $0 * size }
    position = [Int](repeating: 0, count: inner)
    offset = zip(box.lowerBounds, distances).reduce(0) { $0 + $1.0 * $1.1 } * size
    remaining = box.isEmpty ? 0 : extents.reduce(1, *)
  }

  /// The first byte of the next run.
  mutating func next() -> Int? {
    guard remaining > 0 else { return nil }
    remaining -= 1
    let current = offset
    for axis in extents.indices.reversed() {
      position[axis] += 1
      offset += strides[axis]
      if position[axis] < extents[axis] { break }
      offset -= position[axis] * strides[axis]
      position[axis] = 0
    }
    return current
  }
}
