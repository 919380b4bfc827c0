import CKernels
import Machine
import Shapes

/// Sums of squares or magnitudes, and largest magnitudes, of the differences of all vectors of one
/// block from all of another, such as distances between two sets of points.
///
/// Nothing but the results is written: they are made in registers, of vectors that are packed in
/// the order in which their elements are joined.
extension HostExecutor {
  /// Reduces elements that are such differences, in the order of other reductions, bit by bit.
  ///
  /// - Parameters:
  ///   - elements: of blocks expanded to the shape, of the target's type.
  ///   - bound: where roots of sums of squares are asked for, the least sum that has all digits;
  ///     others are made of differences that are divided by the largest of them.
  /// - Returns: false where elements are others, and nothing has been done.
  func reduceDifferences(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    rootsFrom bound: Double? = nil, into target: StridedBlock
  ) throws(TensorError) -> Bool {
    guard let pairs = VectorPairs(reduction, elements, shape: shape, over: axes) else {
      return false
    }
    let type = target.type
    let size = type.byteCount
    let panel = Int(TK_PANEL_BYTES) / size
    let order = JoiningOrder(pairs, type)
    let (rows, columns, length) = (pairs.rows, pairs.columns, order.length)
    let panels = (columns + panel - 1) / panel
    let packed = try arena.allocate(byteCount: panels * panel * length * size)
    let strip = max(1, Self.packedByteCount / (panel * length * size)) * panel
    let perTask = 4 * Self.elementsPerTask
    // Some rows for each part of the columns, as a task packs them.
    let width = max(strip, perTask / (16 * length) / strip * strip)
    let height = max(16, perTask / (min(width, columns) * length))
    let parts = (columns + width - 1) / width
    let count = (rows + height - 1) / height * parts
    for batch in 0..<pairs.batches {
      let (a, b) = pairs.operands(of: batch)
      let panelsPerTask = max(1, Self.elementsPerTask / (panel * length))
      pool.run(count: (panels + panelsPerTask - 1) / panelsPerTask) { task in
        let first = task * panelsPerTask * panel
        order.pack(
          b, first..<min(first + panelsPerTask * panel, columns), panel: panel,
          into: packed.address + first * length * size)
      }
      let output = target.base + batch * rows * columns * size
      pool.run(count: count, at: target.place(elementsPerTask: height * width)) { task in
        let (block, part) = task.quotientAndRemainder(dividingBy: parts)
        let first = block * height
        let own = Scratch(byteCount: height * length * size)
        let members = first..<min(first + height, rows)
        order.pack(a, members, panel: 1, into: own.address)
        for column in stride(
          from: part * width, to: min((part + 1) * width, columns), by: strip)
        {
          var work = tk_differences(
            reduction: pairs.reduction, type: type.kernel, leaves: order.leaves, run: order.run,
            a: own.address, rows: members.count, b: packed.address + column * length * size,
            columns: min(strip, columns - column),
            out: output + (first * columns + column) * size, out_stride: Int64(columns),
            takes_roots: bound != nil, least: bound ?? 0)
          tk_reduce_differences(&work)
        }
      }
    }
    return true
  }

  /// Bytes of the packed vectors that all rows of a task meet, one row after the other: they stay
  /// in the first-level cache.
  private static let packedByteCount = 1 << 14

  public func reduceToRoots(
    _ elements: Elements, shape: Shape, over axes: [Int], infiniteOrBelow bound: Double,
    into target: StridedBlock
  ) throws(TensorError) -> Bool {
    let own = elements.converted(to: target.type)
    if own.program.difference != nil,
      try reduceDifferences(
        .sum, own.over { $0.expanded(to: shape) }, shape: shape, over: axes, rootsFrom: bound,
        into: target)
    {
      return false
    }
    try reduce(.sum, own, shape: shape, over: axes, in: target.type, into: target)
    if try isAnySum(target, infiniteOrBelow: bound) { return true }
    evaluate(AppliedFunction(.unary(.sqrt)).elements(of: [target]), into: target)
    return false
  }
}

/// In which order the elements of a vector are joined: that of `tk_reduce` where they are the
/// innermost, that of columns else.
private struct JoiningOrder {
  /// Lanes, whose elements are joined one after the other; lanes are folded in halves.
  let leaves: Int
  /// Elements of a lane.
  let run: Int

  /// Elements of a packed vector.
  var length: Int { leaves * run }

  private let type: ScalarType
  private let own: Int

  init(_ pairs: VectorPairs, _ type: ScalarType) {
    let lanes = Int(TK_REDUCTION_BYTES) / type.byteCount
    var leaves = 1
    if pairs.isInnermost, pairs.length >= 16 {
      while leaves < min(lanes, pairs.length) { leaves *= 2 }
    }
    self.leaves = leaves
    run = (pairs.length + leaves - 1) / leaves
    self.type = type
    own = pairs.length
  }

  /// Packs some of the vectors, `panel` of them side by side.
  func pack(
    _ vectors: VectorPairs.Operand, _ range: Range<Int>, panel: Int,
    into target: UnsafeMutableRawPointer
  ) {
    tk_pack_vectors(
      type.kernel, target,
      tk_vectors(
        elements: vectors.base + range.lowerBound * vectors.stride * type.byteCount,
        count: range.count, length: own, vector_stride: Int64(vectors.stride),
        element_stride: Int64(vectors.elementStride)), panel, leaves, run)
  }
}

/// Two sets of vectors, of which each of the one meets each of the other; or many such sets.
private struct VectorPairs {
  struct Operand {
    let base: UnsafeMutableRawPointer
    let stride: Int
    let elementStride: Int
  }

  /// Elements of a vector up to which they are reduced in one go.
  private static let longest = 256
  /// Vectors of the one set that are worth packing those of the other.
  private static let least = 8
  /// Elements of a set that is one of many, which are gone through one after the other.
  private static let leastOfMany = 1 << 18

  let reduction: tk_difference_reduction
  let rows: Int
  let columns: Int
  let length: Int
  /// Whether the elements of a vector are the innermost.
  let isInnermost: Bool
  let batches: Int
  private let a: StridedBlock
  private let b: StridedBlock
  private let outer: [Int]
  private let row: Int
  private let column: Int
  private let elementStrides: (a: Int, b: Int)

  init?(_ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int]) {
    guard let difference = elements.program.difference else { return nil }
    switch (reduction, difference.isSquared) {
    case (.sum, true): self.reduction = TK_SUM_OF_SQUARES
    case (.sum, false): self.reduction = TK_SUM_OF_MAGNITUDES
    case (.max, false): self.reduction = TK_LARGEST_MAGNITUDE
    default: return nil
    }
    let kept = shape.indices.filter { shape[$0] > 1 && !axes.contains($0) }
    let reduced = axes.filter { shape[$0] > 1 }
    guard kept.count > 1, let innermost = shape.indices.last(where: { shape[$0] > 1 }) else {
      return nil
    }
    (row, column) = (kept[kept.count - 2], kept[kept.count - 1])
    (rows, columns, length) = (shape[row], shape[column], shape.elementCount(of: reduced))
    outer = Array(kept.dropLast(2))
    batches = shape.elementCount(of: outer)
    isInnermost = reduced.contains(innermost)
    guard (2...(isInnermost ? Self.longest : Int(TK_SUMMED_ROWS))).contains(length),
      rows >= Self.least, batches == 1 || rows * columns * length >= Self.leastOfMany
    else { return nil }
    let blocks = (elements.blocks[difference.first], elements.blocks[difference.second])
    if blocks.0.isTurned || blocks.1.isTurned { return nil }
    let isFirst = blocks.0.layout.strides[column] == 0
    (a, b) = isFirst ? blocks : (blocks.1, blocks.0)
    guard a.layout.strides[column] == 0, b.layout.strides[row] == 0,
      let stride = a.evenStride(along: reduced), let other = b.evenStride(along: reduced)
    else { return nil }
    elementStrides = (stride, other)
  }

  func operands(of batch: Int) -> (a: Operand, b: Operand) {
    var (rest, offsets) = (batch, (a: 0, b: 0))
    for axis in outer.reversed() {
      let position = rest % a.shape[axis]
      rest /= a.shape[axis]
      offsets.a += position * a.layout.strides[axis]
      offsets.b += position * b.layout.strides[axis]
    }
    let size = a.type.byteCount
    return (
      Operand(
        base: a.base + offsets.a * size, stride: a.layout.strides[row],
        elementStride: elementStrides.a),
      Operand(
        base: b.base + offsets.b * size, stride: b.layout.strides[column],
        elementStride: elementStrides.b)
    )
  }
}

extension StridedBlock {
  /// The distance of elements along some axes together, in row-major order; nil where it differs.
  fileprivate func evenStride(along axes: [Int]) -> Int? {
    let (extents, strides, _) = permuted(axes).collapsed
    return extents.count == 1 ? strides[0] : nil
  }
}
