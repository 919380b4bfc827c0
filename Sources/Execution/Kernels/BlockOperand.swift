import CKernels
import Shapes

/// A block, ready to be read or written in runs of elements in row-major order.
struct BlockOperand {
  private enum Access {
    case contiguous
    /// One element, repeated.
    case single
    case strided
  }

  let base: UnsafeMutableRawPointer
  let size: Int
  private let access: Access
  private let extents: [Int64]
  private let strides: [Int64]

  init(_ block: StridedBlock) {
    base = block.base
    size = block.type.byteCount
    // Most blocks, without memory for axes, which nobody asks for then.
    if block.isContiguous {
      access = block.elementCount == 1 ? .single : .contiguous
      (extents, strides) = ([], [])
      return
    }
    let (extents, strides) = block.collapsed
    if strides.allSatisfy({ $0 == 0 }) {
      access = .single
    } else if strides == [1] {
      access = .contiguous
    } else {
      access = .strided
    }
    self.extents = extents.map(Int64.init)
    self.strides = strides.map(Int64.init)
  }

  /// Whether all elements follow each other in memory.
  var isRun: Bool { access == .contiguous }
  /// Whether it is one element, repeated.
  var isSingle: Bool { access == .single }

  /// Whether elements of a row follow each other in memory, or are one.
  var hasRuns: Bool { access != .strided || strides.last! == 0 || strides.last! == 1 }

  /// Elements that runs should not straddle multiples of, because they lie evenly spaced in
  /// between; nil where all do.
  var rowLength: Int? {
    access == .strided ? Int(extents[extents.count - 1]) : nil
  }

  /// Where elements `start ..< start + count` lie, if they lie one after another (step 1) or are
  /// one element repeated (step 0).
  @inline(__always)
  func place(_ start: Int, _ count: Int) -> (pointer: UnsafeMutableRawPointer, step: Int)? {
    switch access {
    case .single: (base, 0)
    case .contiguous: (base + start * size, 1)
    case .strided: placeInRow(start, count)
    }
  }

  private func placeInRow(
    _ start: Int, _ count: Int
  ) -> (pointer: UnsafeMutableRawPointer, step: Int)? {
    let last = extents.count - 1
    let step = strides[last]
    guard step == 0 || step == 1 else { return nil }
    var (row, column) = Int64(start).quotientAndRemainder(dividingBy: extents[last])
    guard column + Int64(count) <= extents[last] else { return nil }
    var offset = column * step
    for axis in stride(from: last - 1, through: 1, by: -1) {
      let (outer, position) = row.quotientAndRemainder(dividingBy: extents[axis])
      offset += position * strides[axis]
      row = outer
    }
    if last > 0 { offset += row * strides[0] }
    return (base + Int(offset) * size, Int(step))
  }

  /// Copies elements `start ..< start + count` to a run.
  func pack(_ start: Int, _ count: Int, into target: UnsafeMutableRawPointer) {
    if let place = placeOfRun(start) { return tk_copy(target, place, count * size) }
    tk_pack(size, target, base, extents.count, extents, strides, Int64(start), Int64(count))
  }

  /// Copies a run to elements `start ..< start + count`.
  func unpack(_ start: Int, _ count: Int, from source: UnsafeMutableRawPointer) {
    if let place = placeOfRun(start) { return tk_copy(place, source, count * size) }
    tk_unpack(size, base, extents.count, extents, strides, Int64(start), Int64(count), source)
  }

  /// Where an element lies of those that follow each other, and only of these.
  private func placeOfRun(_ start: Int) -> UnsafeMutableRawPointer? {
    extents.isEmpty ? base + start * size : nil
  }
}
