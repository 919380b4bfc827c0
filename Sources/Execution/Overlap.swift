import Shapes

/// How what elements are computed from lies in the storage that they are written to.
enum Overlap: Equatable {
  /// No element is read after another one has been written in its place, whatever comes first.
  case harmless
  /// In the order of the target elements are read so many places behind, at most, and ahead of
  /// where they are written.
  case shifted(behind: Int, ahead: Int)
  /// Elements may be read where any other is written.
  case tangled

  /// - Parameter blocks: they broadcast to the target's shape.
  init(of blocks: [StridedBlock], with target: StridedBlock) {
    self = .harmless
    for block in blocks where block.storage === target.storage {
      switch (self, Self.of(block.expanded(to: target.shape), target)) {
      case (_, .harmless): break
      case (.shifted(let behind, let ahead), .shifted(let otherBehind, let otherAhead)):
        self = .shifted(behind: max(behind, otherBehind), ahead: max(ahead, otherAhead))
      case (.tangled, _): break
      case (_, let other): self = other
      }
    }
  }

  private static func of(_ block: StridedBlock, _ target: StridedBlock) -> Overlap {
    let (read, written) = (block.byteRange, target.byteRange)
    if !read.overlaps(written) { return .harmless }
    let axes = target.shape.indices.filter { target.shape[$0] > 1 }
    let isAlike = axes.allSatisfy { block.layout.strides[$0] == target.layout.strides[$0] }
    guard isAlike, !block.isTurned, block.type.byteCount == target.type.byteCount else {
      return .tangled
    }
    let distance = block.layout.offset - target.layout.offset
    if distance == 0 { return .harmless }
    guard target.isAscending else { return .tangled }
    return .shifted(behind: max(0, -distance), ahead: max(0, distance))
  }
}

extension StridedBlock {
  /// The bytes of the storage between the first and the last that it has.
  fileprivate var byteRange: Range<Int> {
    if elementCount == 0 { return 0..<0 }
    var (first, last) = (layout.offset, layout.offset)
    for (extent, stride) in zip(shape, layout.strides) {
      if stride < 0 { first += (extent - 1) * stride } else { last += (extent - 1) * stride }
    }
    return first * type.byteCount..<(last + 1) * type.byteCount
  }

  /// Whether elements lie in row-major order, with or without gaps between them.
  fileprivate var isAscending: Bool {
    var reach = 0
    for (extent, stride) in zip(shape, layout.strides).reversed() where extent > 1 {
      if stride <= reach { return false }
      reach += (extent - 1) * stride
    }
    return true
  }

  /// The elements that have a place of their own, once each.
  var distinct: StridedBlock {
    var result = self
    for axis in shape.indices where layout.strides[axis] == 0 {
      result.shape[axis] = min(1, shape[axis])
    }
    return result
  }
}

extension Executor {
  /// Computes elements into a target that some of their blocks may overlap, as if all had been read
  /// before the first is written.
  ///
  /// What is read a little beside where it is written needs no copy.
  /// - Parameter agree: called when nothing can fail any more, before the first element is written.
  public func overwrite(
    _ target: StridedBlock, with elements: Elements,
    _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) {
    var elements = elements
    for (index, block) in elements.blocks.enumerated() {
      // What is repeated is little.
      let distinct = block.expanded(to: target.shape).distinct
      guard distinct.elementCount <= target.elementCount / 4,
        Overlap(of: [block], with: target) != .harmless
      else { continue }
      elements.blocks[index] = try copied(distinct).expanded(to: target.shape)
    }
    switch Overlap(of: elements.blocks, with: target) {
    case .shifted(let behind, _) where behind > target.elementCount / 8: break
    case .tangled: break
    case .harmless, .shifted:
      try agree()
      return evaluate(elements, into: target)
    }
    let values = try allocate(target.shape, target.type)
    evaluate(elements, into: values)
    try agree()
    copy(values, into: target)
  }
}
