import Machine
import Shapes

/// Where the elements of one rank's part of a tensor lie: an offset and a distance along each axis,
/// both in elements of the storage. Transposing, slicing and expanding are other layouts of the
/// same storage.
public struct Layout: Hashable, Sendable {
  public var offset: Int
  package var strides: AxisList
  /// For each axis the position of the storage's that comes first; those before it follow the last
  /// one. Empty where all begin at 0, as they do in all blocks but those that elements are computed
  /// from (`Elements`).
  var turns: AxisList = []

  package init(offset: Int = 0, strides: AxisList) {
    self.offset = offset
    self.strides = strides
  }

  /// Row-major order from the start of the storage.
  public init(rowMajor shape: Shape) {
    self.init(strides: shape.rowMajorDistances)
  }
}

/// Elements of a storage as an array with axes: what kernels are pointed at.
public struct StridedBlock: Sendable {
  public var storage: Storage
  public var type: ScalarType
  public var shape: Shape
  public var layout: Layout

  public init(storage: Storage, type: ScalarType, shape: Shape, layout: Layout) {
    self.storage = storage
    self.type = type
    self.shape = shape
    self.layout = layout
  }

  /// A block that fills its storage in row-major order.
  public init(storage: Storage, type: ScalarType, shape: Shape) {
    self.init(storage: storage, type: type, shape: shape, layout: Layout(rowMajor: shape))
  }

  public var elementCount: Int { shape.elementCount }

  /// Whether an axis begins at another position than the storage's first.
  var isTurned: Bool { !layout.turns.isEmpty }

  /// The part of the block in `ranges`, in its own coordinates.
  public func slice(_ ranges: [Range<Int>]) -> StridedBlock {
    precondition(!isTurned, "a block whose axes begin at their first positions")
    var result = self
    for (axis, range) in ranges.enumerated() {
      result.layout.offset += range.lowerBound * layout.strides[axis]
      result.shape[axis] = range.count
    }
    return result
  }

  public func permuted(_ axes: [Int]) -> StridedBlock {
    var result = self
    result.shape = Shape(count: axes.count) { shape[axes[$0]] }
    result.layout.strides = AxisList(count: axes.count) { layout.strides[axes[$0]] }
    if isTurned { result.layout.turns = AxisList(count: axes.count) { layout.turns[axes[$0]] } }
    return result
  }

  /// Elements moved towards higher positions along an axis; what leaves at its end comes in at its
  /// start. Only elements that are to be computed can be read from the result.
  ///
  /// - Parameter distance: at least 0, and less than the axis is long.
  package func turned(by distance: Int, along axis: Int) -> StridedBlock {
    let extent = shape[axis]
    // Elements that are repeated are the same from any position on.
    if elementCount == 0 || layout.strides[axis] == 0 { return self }
    var result = self
    if !isTurned { result.layout.turns = AxisList(count: shape.count) { _ in 0 } }
    result.layout.turns[axis] = (result.layout.turns[axis] + extent - distance) % extent
    if result.layout.turns.allSatisfy({ $0 == 0 }) { result.layout.turns = [] }
    return result
  }

  /// The block with a new axis of extent 1 before one of its axes, or behind the last.
  public func withUnitAxis(at axis: Int) -> StridedBlock {
    precondition((0...shape.count).contains(axis), "a place for an axis")
    precondition(!isTurned, "a block whose axes begin at their first positions")
    var result = self
    result.shape.insert(1, at: axis)
    result.layout.strides.insert(1, at: axis)
    return result
  }

  /// Elements in reverse order along some axes.
  public func flipped(_ axes: [Int]) -> StridedBlock {
    var result = self
    for axis in axes where shape[axis] > 0 {
      result.layout.offset += (shape[axis] - 1) * layout.strides[axis]
      result.layout.strides[axis] = -layout.strides[axis]
      if isTurned { result.layout.turns[axis] = (shape[axis] - layout.turns[axis]) % shape[axis] }
    }
    return result
  }

  /// The block repeated along new or unit axes, without copying.
  public func expanded(to target: Shape) -> StridedBlock {
    if shape == target { return self }
    var result = self
    result.shape = target
    result.layout.strides = AxisList(count: target.count) { axis in
      let own = axis + shape.count - target.count
      return own >= 0 && shape[own] == target[axis] ? layout.strides[own] : 0
    }
    if isTurned {
      let new = target.count - shape.count
      result.layout.turns = AxisList(count: target.count) {
        $0 < new ? 0 : layout.turns[$0 - new]
      }
    }
    return result
  }

  /// The same elements with axes of extent 1 left out and axes joined where their elements follow
  /// each other.
  var collapsed: (extents: AxisList, strides: AxisList, turns: AxisList) {
    var (extents, strides, turns) = (AxisList(), AxisList(), AxisList())
    for axis in shape.indices where shape[axis] != 1 {
      let (extent, stride) = (shape[axis], layout.strides[axis])
      let turn = isTurned ? layout.turns[axis] : 0
      // The outer of two axes may begin anywhere.
      if let last = strides.last, last == stride * extent, turn == 0 {
        extents[extents.count - 1] *= extent
        strides[strides.count - 1] = stride
        if isTurned { turns[turns.count - 1] *= extent }
      } else {
        extents.append(extent)
        strides.append(stride)
        if isTurned { turns.append(turn) }
      }
    }
    return (extents, strides, turns)
  }

  /// Whether elements lie one after another in long rows, which a pass reads well wherever axes
  /// begin.
  package var hasLongRows: Bool {
    let (extents, strides, _) = collapsed
    return strides.last == 1 && extents.last! >= PreparedProgram.leastRowLength
  }

  /// Blocks of one shape with axes of extent 1 left out and axes joined where elements follow each
  /// other in all of them: the extents, and each block's strides.
  static func collapsed(_ blocks: [StridedBlock]) -> (extents: AxisList, strides: [AxisList]) {
    var extents = AxisList()
    precondition(!blocks.contains(where: { $0.isTurned }), "axes that begin at first positions")
    var strides = [AxisList](repeating: [], count: blocks.count)
    let shape = blocks[0].shape
    for axis in shape.indices where shape[axis] != 1 {
      let extent = shape[axis]
      let isJoined =
        !extents.isEmpty
        && blocks.indices.allSatisfy {
          strides[$0].last == blocks[$0].layout.strides[axis] * extent
        }
      if isJoined { extents[extents.count - 1] *= extent } else { extents.append(extent) }
      for (number, block) in blocks.enumerated() {
        let stride = block.layout.strides[axis]
        if isJoined {
          strides[number][extents.count - 1] = stride
        } else {
          strides[number].append(stride)
        }
      }
    }
    return (extents, strides)
  }

  /// The axes from the widest stride to the narrowest, where neighbours along another axis than the
  /// last lie one after another; nil where they do along the last, or along none.
  var orderInMemory: [Int]? {
    let long = shape.indices.filter { shape[$0] > 1 }
    guard let last = long.last, abs(layout.strides[last]) > 1,
      long.contains(where: { abs(layout.strides[$0]) == 1 })
    else { return nil }
    // In their order where strides are equal.
    return shape.indices.sorted {
      let (a, b) = (abs(layout.strides[$0]), abs(layout.strides[$1]))
      return a > b || a == b && $0 < $1
    }
  }

  /// Whether the elements lie one after another in row-major order.
  public var isContiguous: Bool {
    if isTurned { return false }
    var distance = 1
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      if shape[axis] == 0 { return true }
      if layout.strides[axis] != distance { return false }
      distance *= shape[axis]
    }
    return true
  }

  /// Whether several elements have one place, as those have that broadcasting repeats.
  public var isRepeated: Bool { zip(shape, layout.strides).contains { $0 > 1 && $1 == 0 } }

  /// The bytes of a contiguous block.
  public var range: StorageRange {
    // An empty block may begin where its storage ends.
    let count = elementCount
    return StorageRange(
      storage: storage, byteOffset: count == 0 ? 0 : layout.offset * type.byteCount,
      byteCount: count * type.byteCount)
  }

  /// The address of the first element; valid while the storage lives.
  var base: UnsafeMutableRawPointer { storage.address + layout.offset * type.byteCount }

  /// The block in another shape without copying, if the layout allows it.
  public func viewed(as target: Shape) -> StridedBlock? {
    if isContiguous {
      var result = self
      result.shape = target
      result.layout.strides = target.rowMajorDistances
      return result
    }
    precondition(!isTurned, "a block whose axes begin at their first positions")
    // Every group of joined or split axes must be evenly spaced.
    var strides = AxisList(count: target.count) { _ in 0 }
    guard elementCount > 0 else { return nil }
    for group in Shape.matchedGroups(shape, target) {
      var joined = self
      joined.shape = Shape(shape[group.source])
      joined.layout.strides = AxisList(layout.strides[group.source])
      let (extents, spacing, _) = joined.collapsed
      guard extents.count <= 1 else { return nil }
      var distance = spacing.first ?? 0
      for axis in group.target.reversed() {
        strides[axis] = distance
        distance *= target[axis]
      }
    }
    var result = self
    result.shape = target
    result.layout.strides = strides
    return result
  }
}
