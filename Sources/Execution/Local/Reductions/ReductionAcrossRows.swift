import CKernels
import Machine
import Shapes

/// Reductions over the last axis of what lies, or is best computed, along another one: rows of
/// transposed matrices, and short rows of what broadcasting makes of small blocks, such as all
/// distances between two sets of points.
///
/// Many rows are reduced side by side, in the order in which each would be by itself. So memory is
/// read in its order, and what is computed of small blocks, which are copied with the reduced axes
/// outermost, stays in the caches.
extension HostExecutor {
  /// Reduced elements in a row up to which rows of what is made of small blocks are short.
  private static let longestRow = 256
  /// Elements along the last of the other axes from which on they are many.
  private static let leastWidth = 128

  /// The elements with the reduced axes first, in blocks that are read evenly along the last of the
  /// others, and how many follow each other there; nil where rows are best reduced one by one.
  ///
  /// - Parameter elements: of blocks expanded to one shape, with several rows.
  func acrossRows(
    _ elements: Elements, kept: [Int], reduced axes: [Int], of shape: Shape
  ) throws(TensorError) -> (elements: Elements, width: Int)? {
    let count = shape.elementCount
    guard let last = kept.last(where: { shape[$0] > 1 }),
      !elements.isBlock || elements.blocks[0].layout.strides[last] == 1
    else { return nil }
    let large = elements.blocks.filter { $0.distinct.elementCount > count / 16 }
    var width = shape[last]
    if large.isEmpty {
      guard !elements.isBlock, width >= Self.leastWidth,
        shape.elementCount(of: axes) <= Self.longestRow
      else { return nil }
    } else {
      guard large.allSatisfy({ !$0.isTurned && $0.layout.strides[last] == 1 }) else { return nil }
      if large.allSatisfy({ StridedRuns($0.permuted(kept)).onlyStep == 1 }) {
        width = shape.elementCount(of: kept)
      } else if width < Self.leastWidth {
        return nil
      }
    }
    var result = elements.over { $0.permuted(axes + kept) }
    for (index, block) in elements.blocks.enumerated() {
      if (0...1).contains(block.layout.strides[last]) { continue }
      let permuted = result.blocks[index]
      result.blocks[index] = try copied(permuted.distinct).expanded(to: permuted.shape)
    }
    return (result, width)
  }

  /// Reduces rows as `reduceRows` does, bit by bit.
  ///
  /// - Parameters:
  ///   - elements: element (i, row) is number i · rows + row.
  ///   - reducedAxes: how many axes, from the first, number i.
  ///   - width: how many rows follow each other in blocks.
  func reduceAcrossRows(
    _ reduction: Reduction, _ elements: Elements, reducedAxes: Int, length: Int, rows: Int,
    width: Int, into target: StridedBlock
  ) throws(TensorError) {
    let type = target.type
    let size = type.byteCount
    let chunkLength = Chunks.byteCount / size
    let chunks = (length + chunkLength - 1) / chunkLength
    let source = RowLines(reduction, elements, reducedAxes: reducedAxes, rows: rows)
    // Which rows a worker takes together changes nothing in them.
    let even = width * (rows / width) * chunks / (4 * pool.workerCount)
    let strip = min(width, Self.stripByteCount / size, max(even, Self.leastStripByteCount / size))
    let strips = (width + strip - 1) / strip
    let perTask = max(1, 4 * Self.elementsPerTask / (strip * min(length, chunkLength)))
    let perChunk = rows / width * strips
    let count = perChunk * chunks
    let terms = chunks == 1 ? nil : try allocate([chunks, rows], type)
    let output = (terms ?? target).base
    pool.run(
      count: (count + perTask - 1) / perTask,
      at: (terms ?? target).place(elementsPerTask: perTask * strip)
    ) { task in
      let lanes = Lanes(source, width: strip)
      for number in task * perTask..<min((task + 1) * perTask, count) {
        let (chunk, place) = number.quotientAndRemainder(dividingBy: perChunk)
        let (row, part) = place.quotientAndRemainder(dividingBy: strips)
        let first = row * width + part * strip
        lanes.reduce(
          chunk * chunkLength..<min((chunk + 1) * chunkLength, length), first,
          min(strip, width - part * strip), into: output + (chunk * rows + first) * size)
      }
    }
    guard let terms else { return }
    // A row's chunks by themselves.
    let own = try allocate([rows, chunks], type)
    copy(terms.permuted([1, 0]), into: own)
    reduction.reduceRuns(of: own, into: target)
  }

  /// Bytes of the results that are under way at a time: some of these stay in the first-level
  /// cache.
  private static let stripByteCount = 1 << 13
  /// The same of those that one worker takes at least, where there are enough.
  private static let leastStripByteCount = 1 << 10
}

extension Reduction {
  /// Reduces each row of a contiguous block [rows, length].
  func reduceRuns(of block: StridedBlock, into target: StridedBlock) {
    let (type, length) = (block.type, block.shape[1])
    let identity = identity(for: type)
    for row in 0..<block.shape[0] {
      let result = target.base + row * type.byteCount
      result.store(identity)
      tk_reduce(
        kernel, type.kernel, result, block.base + row * length * type.byteCount, length)
    }
  }
}

/// Elements of rows that are reduced side by side: those with one place in their rows are a line.
// Unchecked because of the address, which is of a block that the caller keeps.
private final class RowLines: @unchecked Sendable {
  let reduction: Reduction
  let program: PreparedProgram
  let rows: Int
  /// The distance of lines that are read where they lie; nil where they must be computed, or are
  /// not evenly apart.
  let distance: Int?

  init(_ reduction: Reduction, _ elements: Elements, reducedAxes: Int, rows: Int) {
    self.reduction = reduction
    self.rows = rows
    program = PreparedProgram(elements)
    var distance: Int?
    if elements.isBlock, !elements.blocks[0].isTurned {
      let lines = StridedRuns(elements.blocks[0].permuted(Array(0..<reducedAxes)))
      distance = lines.onlyStep
    }
    self.distance = distance
  }

  var type: ScalarType { program.resultType }
}

/// Reduces several rows side by side, in the order of `tk_reduce`: one element after the other
/// where they are below 16; else in lanes that are folded in halves. One worker uses one.
private struct Lanes: ~Copyable {
  private let lines: RowLines
  private let function: BinaryFunction
  private let identity: ScalarValue
  private let runs: ValueRuns
  private let type: ScalarType
  /// The results of a lane or of several, a level each, and what comes to them.
  private let levels: Scratch
  private let levelByteCount: Int
  /// Lanes that are reduced as one, where their lines follow each other.
  private let mostJoined: Int

  /// - Parameter width: rows that are reduced together, at most.
  init(_ lines: RowLines, width: Int) {
    let type = lines.type
    let most = Int(TK_REDUCTION_BYTES) / type.byteCount
    var joined = 1
    if width == lines.rows, lines.distance ?? width == width {
      while joined < most, 2 * joined * width * type.byteCount <= Chunks.byteCount { joined *= 2 }
    }
    // Swift 6.3 frees fields that are not there yet where a branch follows the first of them.
    let byteCount = joined * width * type.byteCount
    self.lines = lines
    self.type = type
    levelByteCount = byteCount
    mostJoined = joined
    function = lines.reduction.function(for: type)
    identity = lines.reduction.identity(for: type)
    runs = ValueRuns(lines.program, byteCount: 0)
    levels = Scratch(byteCount: (most.trailingZeroBitCount + 2) * byteCount)
  }

  /// The results of the `count` rows from one on, over some of their elements.
  func reduce(
    _ elements: Range<Int>, _ first: Int, _ count: Int, into target: UnsafeMutableRawPointer
  ) {
    let lanes = elements.count < 16 ? 1 : Int(TK_REDUCTION_BYTES) / type.byteCount
    let joined = count == lines.rows ? min(mostJoined, lanes) : 1
    let part = Part(
      elements: elements, first: first, count: count, joined: joined, groups: lanes / joined)
    fold(part, 0, 1, level: 0)
    let results = place(0)
    var half = joined / 2
    while half > 0 {
      apply(results, results + half * count * type.byteCount, half * count)
      half /= 2
    }
    // Beside the identity, where every result begins: a sum of -0 is 0.
    var bits = identity.bits
    tk_binary(function.kernel, type.kernel, target, results, 1, &bits, 0, count)
  }

  private struct Part {
    let elements: Range<Int>
    let first: Int
    let count: Int
    let joined: Int
    let groups: Int
  }

  /// The results of groups of lanes group, group + distance, group + 2 · distance …
  private func fold(_ part: Part, _ group: Int, _ distance: Int, level: Int) {
    if distance == part.groups {
      return accumulate(part, group, into: place(level), by: place(level + 1))
    }
    fold(part, group, 2 * distance, level: level)
    // Lanes without an element change nothing.
    guard (group + distance) * part.joined < part.elements.count else { return }
    fold(part, group + distance, 2 * distance, level: level + 1)
    apply(place(level), place(level + 1), part.joined * part.count)
  }

  /// One group of lanes.
  ///
  /// - Parameter values: where what must be computed is meanwhile.
  private func accumulate(
    _ part: Part, _ group: Int, into sums: UnsafeMutableRawPointer,
    by values: UnsafeMutableRawPointer
  ) {
    let (joined, count) = (part.joined, part.count)
    let lanes = joined * part.groups
    var bits = identity.bits
    tk_fill(type.byteCount, sums, &bits, joined * count)
    let element = part.elements.lowerBound + group * joined
    let left = part.elements.upperBound - element
    // Of the last group, lanes may be left out.
    let whole = (left + lanes - joined) / lanes
    let rest = max(0, left - whole * lanes)
    if let distance = lines.distance {
      let base = lines.program.operands[0].address(of: element * lines.rows + part.first)
      let step = lanes * distance
      add(sums, base, step, whole, joined * count)
      add(sums, base + whole * step * type.byteCount, 0, min(rest, 1), rest * count)
      return
    }
    for member in 0..<whole + min(rest, 1) {
      let width = (member < whole ? joined : rest) * count
      runs.evaluate((element + member * lanes) * lines.rows + part.first, width, into: values)
      apply(sums, values, width)
    }
  }

  /// Lines that lie evenly apart.
  private func add(
    _ sums: UnsafeMutableRawPointer, _ lines: UnsafeMutableRawPointer, _ distance: Int,
    _ lineCount: Int, _ count: Int
  ) {
    tk_reduce_rows(
      self.lines.reduction.kernel, type.kernel, sums, lines, Int64(distance), lineCount, count)
  }

  private func apply(
    _ result: UnsafeMutableRawPointer, _ other: UnsafeMutableRawPointer, _ count: Int
  ) {
    tk_binary(function.kernel, type.kernel, result, result, 1, other, 1, count)
  }

  private func place(_ level: Int) -> UnsafeMutableRawPointer {
    levels.address + level * levelByteCount
  }
}
