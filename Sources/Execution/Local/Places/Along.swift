import CKernels
import Shapes

/// Elements picked or written along the last axis by a position for each of them.
extension HostExecutor {
  /// - Parameters:
  ///   - source: […, n], contiguous.
  ///   - positions: one for each element of the target, in 0 ..< n.
  ///   - target: […, m], contiguous, with the same outer axes.
  public func takeAlongLast(
    _ source: StridedBlock, at positions: [Int], into target: StridedBlock
  ) {
    let (extent, count) = (source.shape.last!, target.shape.last!)
    if target.elementCount == 0 { return }
    let rows = target.elementCount / count
    let size = source.type.byteCount
    let (from, to) = (source.base, target.base)
    let rowsPerTask = max(1, Self.elementsPerTask / count)
    let place = target.place(elementsPerTask: rowsPerTask * count)
    pool.run(count: (rows + rowsPerTask - 1) / rowsPerTask, at: place) { task in
      for row in task * rowsPerTask..<min((task + 1) * rowsPerTask, rows) {
        for number in row * count..<(row + 1) * count {
          moveElement(
            to + number * size, from + (row * extent + positions[number]) * size, size)
        }
      }
    }
  }

  /// - Parameters:
  ///   - values: […, m], contiguous.
  ///   - positions: one for each value, in 0 ..< n; values are handled in their order. Sums of
  ///     floating point that many values are added to are carried wider than their type.
  ///   - target: […, n], contiguous, with the same outer axes.
  public func putAlongLast(
    _ values: StridedBlock, at positions: [Int], into target: StridedBlock, adding: Bool
  ) {
    let (extent, count) = (target.shape.last!, values.shape.last!)
    if values.elementCount == 0 { return }
    let rows = values.elementCount / count
    let type = values.type
    let size = type.byteCount
    let (from, to) = (values.base, target.base)
    let rowsPerTask = max(1, Self.elementsPerTask / count)
    let taskPlace = target.place(elementsPerTask: rowsPerTask * extent)
    pool.run(count: (rows + rowsPerTask - 1) / rowsPerTask, at: taskPlace) { task in
      for row in task * rowsPerTask..<min((task + 1) * rowsPerTask, rows) {
        let (first, line) = (row * count, to + row * extent * size)
        if adding {
          positions.withUnsafeBufferPointer {
            ScatteredPlaces($0.baseAddress! + first, count: count, extent: extent, type)
              .add(type, from + first * size, stride: 1, to: line, stride: 1, width: 1)
          }
        } else {
          for number in first..<first + count {
            moveElement(line + positions[number] * size, from + number * size, size)
          }
        }
      }
    }
  }
}

/// Copies one element.
@inline(__always)
func moveElement(
  _ target: UnsafeMutableRawPointer, _ source: UnsafeMutableRawPointer, _ size: Int
) {
  switch size {
  case 1: target.storeBytes(of: source.load(as: UInt8.self), as: UInt8.self)
  case 2: target.storeBytes(of: source.loadUnaligned(as: UInt16.self), as: UInt16.self)
  case 4: target.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
  case 8: target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
  default: tk_copy(target, source, size)
  }
}
