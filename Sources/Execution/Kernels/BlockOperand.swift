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
  /// For each axis the position that comes first; empty where all begin at 0.
  private let turns: [Int64]

  init(_ block: StridedBlock) {
    base = block.base
    size = block.type.byteCount
    // Most blocks, without memory for axes, which nobody asks for then.
    if block.isContiguous {
      access = block.elementCount == 1 ? .single : .contiguous
      (extents, strides, turns) = ([], [], [])
      return
    }
    let (extents, strides, turns) = block.collapsed
    if strides.allSatisfy({ $0 == 0 }) {
      access = .single
    } else if strides == [1], turns.isEmpty {
      access = .contiguous
    } else {
      access = .strided
    }
    self.extents = extents.map(Int64.init)
    self.strides = strides.map(Int64.init)
    self.turns = turns.map(Int64.init)
  }

  /// Whether all elements follow each other in memory.
  var isRun: Bool { access == .contiguous }
  /// Whether it is one element, repeated.
  var isSingle: Bool { access == .single }

  /// Whether elements of a row follow each other in memory from its first to its last, or are one.
  var hasRuns: Bool {
    access != .strided || turns.isEmpty && (strides.last! == 0 || strides.last! == 1)
  }

  /// Whether neighbours of a row lie apart from each other in memory, from the first position on.
  var hasDistances: Bool { access == .strided && turns.isEmpty && abs(strides.last!) > 1 }

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
    let (row, column) = Int64(start).quotientAndRemainder(dividingBy: extents[last])
    let first = position(column, along: last)
    guard max(column, first) + Int64(count) <= extents[last] else { return nil }
    return (base + Int(offset(ofRow: row) + first * step) * size, Int(step))
  }

  /// Where the first element of a row lies, counted in elements, if the row began at 0.
  @inline(__always)
  private func offset(ofRow number: Int64) -> Int64 {
    let last = extents.count - 1
    var (row, offset) = (number, Int64(0))
    for axis in stride(from: last - 1, through: 1, by: -1) {
      let (outer, place) = row.quotientAndRemainder(dividingBy: extents[axis])
      offset += position(place, along: axis) * strides[axis]
      row = outer
    }
    if last > 0 { offset += position(row, along: 0) * strides[0] }
    return offset
  }

  /// Where an element lies.
  func address(of element: Int) -> UnsafeMutableRawPointer {
    switch access {
    case .single: return base
    case .contiguous: return base + element * size
    case .strided:
      let last = extents.count - 1
      let (row, column) = Int64(element).quotientAndRemainder(dividingBy: extents[last])
      let place = offset(ofRow: row) + position(column, along: last) * strides[last]
      return base + Int(place) * size
    }
  }

  /// Which position of an axis in memory comes in a place.
  @inline(__always)
  private func position(_ place: Int64, along axis: Int) -> Int64 {
    if turns.isEmpty { return place }
    let position = place + turns[axis]
    return position < extents[axis] ? position : position - extents[axis]
  }

  /// Copies elements `start ..< start + count` to a run.
  func pack(_ start: Int, _ count: Int, into target: UnsafeMutableRawPointer) {
    if let place = placeOfRun(start) { return tk_copy(target, place, count * size) }
    if !turns.isEmpty { return packTurned(start, count, into: target) }
    tk_pack(size, target, base, extents.count, extents, strides, Int64(start), Int64(count))
  }

  /// The same where axes begin anywhere: in pieces that end where a row does, and where its last
  /// position in memory is followed by its first.
  private func packTurned(_ start: Int, _ count: Int, into target: UnsafeMutableRawPointer) {
    let last = extents.count - 1
    var step = strides[last]
    var done = 0
    while done < count {
      let (row, column) = Int64(start + done).quotientAndRemainder(dividingBy: extents[last])
      let first = position(column, along: last)
      let length = min(Int64(count - done), extents[last] - max(column, first))
      let source = base + Int(offset(ofRow: row) + first * step) * size
      if step == 1 {
        tk_copy(target + done * size, source, Int(length) * size)
      } else {
        var extent = length
        tk_pack(size, target + done * size, source, 1, &extent, &step, 0, length)
      }
      done += Int(length)
    }
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
