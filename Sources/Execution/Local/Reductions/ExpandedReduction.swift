import CKernels
import Machine
import Shapes

/// Reductions over the last axis of what broadcasting makes of small blocks, such as all distances
/// between two sets of points.
///
/// Rows are short there, and many. So elements are computed along another axis, where they are
/// many: the blocks, which are small beside what they are expanded to, are copied with the reduced
/// axes outermost. What is computed stays in the caches.
extension HostExecutor {
  /// Reduced elements in a row up to which rows are short.
  private static let longestRow = 256
  /// Elements along the last of the other axes from which on they are many.
  private static let leastWidth = 128

  /// The elements with the reduced axes first, in blocks that are read evenly along the last of the
  /// others; nil where that is not worth a copy.
  ///
  /// - Parameter elements: of blocks expanded to one shape.
  func acrossRows(
    _ elements: Elements, kept: [Int], reduced axes: [Int], of shape: Shape
  ) throws(TensorError) -> Elements? {
    let count = shape.elementCount
    guard !elements.isBlock, let last = kept.last, shape[last] >= Self.leastWidth,
      (2...Self.longestRow).contains(shape.elementCount(of: axes)),
      elements.blocks.allSatisfy({ $0.distinct.elementCount <= count / 16 })
    else { return nil }
    var result = elements.over { $0.permuted(axes + kept) }
    for (index, block) in result.blocks.enumerated() {
      if (0...1).contains(block.layout.strides.last!) { continue }
      result.blocks[index] = try copied(block.distinct).expanded(to: block.shape)
    }
    return result
  }

  /// Reduces rows of at most a chunk, as `tk_reduce` reduces each of them, bit by bit.
  ///
  /// - Parameters:
  ///   - elements: element (i, row) is number i · rows + row.
  ///   - width: the length of the rows' last axis.
  func reduceAcrossRows(
    _ reduction: Reduction, _ elements: Elements, length: Int, rows: Int, width: Int,
    into target: StridedBlock
  ) {
    let type = target.type
    let size = type.byteCount
    let program = PreparedProgram(elements)
    let strip = min(width, Self.stripByteCount / size)
    let strips = (width + strip - 1) / strip
    let perTask = max(1, 4 * Self.elementsPerTask / (strip * length))
    let count = rows / width * strips
    pool.run(
      count: (count + perTask - 1) / perTask, at: target.place(elementsPerTask: perTask * strip)
    ) { task in
      let lanes = Lanes(reduction, program, rows: rows, length: length, width: strip)
      for number in task * perTask..<min((task + 1) * perTask, count) {
        let (row, part) = number.quotientAndRemainder(dividingBy: strips)
        lanes.reduce(
          row * width + part * strip, min(strip, width - part * strip), into: target.base)
      }
    }
  }

  /// Bytes of the results that are under way at a time: some of these stay in the first-level
  /// cache.
  private static let stripByteCount = 1 << 13
}

/// Reduces several short rows side by side, in the order of `tk_reduce`: one element after the
/// other where they are below 16 or integers, whose order makes no difference; else in lanes that
/// are folded in halves.
private struct Lanes: ~Copyable {
  private let function: BinaryFunction
  private let identity: ScalarValue
  private let runs: ValueRuns
  private let type: ScalarType
  private let rows: Int
  private let length: Int
  private let width: Int
  private let lanes: Int
  /// The results of a lane or of several, a level each, and what comes to them.
  private let levels: Scratch

  init(
    _ reduction: Reduction, _ program: PreparedProgram, rows: Int, length: Int, width: Int
  ) {
    let type = program.resultType
    let isFolded = length >= 16 && type.isFloatingPoint
    // Swift 6.3 frees fields that are not there yet where a branch follows the first of them.
    let lanes = isFolded ? Int(TK_REDUCTION_BYTES) / type.byteCount : 1
    self.type = type
    self.lanes = lanes
    self.rows = rows
    self.length = length
    self.width = width
    function = reduction.function(for: type)
    identity = reduction.identity(for: type)
    runs = ValueRuns(program, byteCount: 0)
    levels = Scratch(byteCount: (lanes.trailingZeroBitCount + 2) * width * type.byteCount)
  }

  /// The results of the `count` rows from one on.
  func reduce(_ first: Int, _ count: Int, into target: UnsafeMutableRawPointer) {
    fold(0, 1, first, count, level: 0)
    // Beside the identity, where every result begins: a sum of -0 is 0.
    var bits = identity.bits
    tk_binary(
      function.kernel, type.kernel, target + first * type.byteCount, levels.address, 1, &bits, 0,
      count)
  }

  /// The results of lanes lane, lane + distance, lane + 2 · distance …
  private func fold(_ lane: Int, _ distance: Int, _ first: Int, _ count: Int, level: Int) {
    let results = place(level)
    if distance == lanes {
      runs.evaluate(lane * rows + first, count, into: results)
      for element in stride(from: lane + lanes, to: length, by: lanes) {
        runs.evaluate(element * rows + first, count, into: place(level + 1))
        tk_binary(function.kernel, type.kernel, results, results, 1, place(level + 1), 1, count)
      }
      return
    }
    fold(lane, 2 * distance, first, count, level: level)
    // Lanes without an element change nothing.
    guard lane + distance < length else { return }
    fold(lane + distance, 2 * distance, first, count, level: level + 1)
    tk_binary(function.kernel, type.kernel, results, results, 1, place(level + 1), 1, count)
  }

  private func place(_ level: Int) -> UnsafeMutableRawPointer {
    levels.address + level * width * type.byteCount
  }
}
