import CKernels
import Shapes

extension HostExecutor {
  /// Elements that a worker takes at a time; below this, work is not split.
  package static let elementsPerTask = 1 << 15

  /// Bytes of a result from which on it is written past the caches, which would not hold it anyway.
  package static let streamedBytes = 1 << 23

  /// Computes elements, whose blocks broadcast to the destination's shape, in one pass, on all
  /// workers. They become the destination's type as they are stored.
  ///
  /// Blocks may overlap the destination where they have its layout, or lie a little beside it:
  /// every element is read before another one is written in its place.
  /// - Parameter others: contiguous blocks of the destination's shape for the values that the
  ///   program stores besides the last.
  public func evaluate(
    _ elements: Elements, into target: StridedBlock, storing others: [StridedBlock]
  ) {
    let count = target.elementCount
    if count == 0 || others.isEmpty && evaluateSingle(elements, into: target) { return }
    if case .shifted(let behind, let ahead) = Overlap(of: elements.blocks, with: target) {
      return evaluate(elements, over: target, behind: behind, ahead: ahead)
    }
    let isOverwritten = elements.blocks.contains { $0.storage === target.storage }
    let isLarge = count * target.type.byteCount >= Self.streamedBytes
    let storesEarly = others.allSatisfy { other in
      elements.blocks.allSatisfy { $0.storage !== other.storage }
    }
    if evaluateFew(elements, into: target, storing: others, storesEarly: storesEarly) { return }
    var elements = elements.converted(to: target.type).over { $0.expanded(to: target.shape) }
    var target = target
    if others.isEmpty {
      if elements.isBlock, !isOverwritten, !elements.blocks[0].isTurned {
        return copy(elements.blocks[0], into: target)
      }
      // What is written in another order is computed in that.
      if let axes = target.orderInMemory {
        target = target.permuted(axes)
        elements = elements.over { $0.permuted(axes) }
      }
    }
    // What is overwritten is in the caches already.
    let isStreamed = !isOverwritten && isLarge
    if others.isEmpty, evaluateRows(elements, into: target, isStreamed: isStreamed) { return }
    let program = PreparedProgram(
      elements, fetches: isLarge, storesEarly: storesEarly, count: count)
    if let tiling = program.tiling {
      return evaluate(
        program, in: tiling, into: BlockOperand(target), storing: others.map { BlockOperand($0) },
        isStreamed: isStreamed, of: target)
    }
    let pass = ElementPass(program, into: target, storing: others, isStreamed: isStreamed)
    let perTask = Self.elementsPerTask
    let place = target.place(elementsPerTask: perTask)
    pool.run(count: (count + perTask - 1) / perTask, at: place) { task in
      pass.run(task * perTask..<min((task + 1) * perTask, count))
    }
  }

  /// Computes elements tile by tile.
  ///
  /// - Parameter target: the block that is the destination.
  private func evaluate(
    _ program: PreparedProgram, in tiling: Tiling, into destination: BlockOperand,
    storing others: [BlockOperand], isStreamed: Bool, of target: StridedBlock
  ) {
    let count = tiling.tileCount
    let perTask = max(1, min(count / (8 * pool.workerCount), Self.tilesPerTask))
    let place = target.place(elementsPerTask: perTask * target.elementCount / count)
    let longest = min(program.runLength, PreparedProgram.registerLength)
    pool.run(count: (count + perTask - 1) / perTask, at: place) { task in
      let evaluator = ProgramEvaluator(program)
      for number in task * perTask..<min((task + 1) * perTask, count) {
        let tile = tiling.tile(number)
        evaluator.tile?.load(tile)
        let isRun = tiling.isRun(tile)
        let (rows, columns) = isRun ? (1, tile.rows * tile.columns) : (tile.rows, tile.columns)
        for row in 0..<rows {
          let first = tile.start + row * tiling.rowDistance
          for start in stride(from: first, to: first + columns, by: longest) {
            let length = min(longest, first + columns - start)
            evaluator.evaluate(
              start, length, into: destination, storing: others, isStreamed: isStreamed)
            evaluator.store(start, length, into: others)
          }
        }
      }
      if isStreamed { tk_finish_streaming() }
    }
  }

  /// Tiles that a worker takes at a time, with one piece of memory for all.
  private static let tilesPerTask = 16

  /// Computes elements that one chain gives, row by row where they lie; false for others.
  private func evaluateRows(
    _ elements: Elements, into target: StridedBlock, isStreamed: Bool
  ) -> Bool {
    if target.shape.count < 2 || elements.blocks.contains(where: { $0.isTurned }) { return false }
    if target.isContiguous, elements.blocks.allSatisfy({ $0.isContiguous || $0.elementCount == 1 })
    {
      return false
    }
    let outline = ProgramOutline.recent(elements.program, storesEarly: true)
    guard let chain = RowChain(elements, outline, into: target, isStreamed: isStreamed) else {
      return false
    }
    let perTask = max(1, Self.elementsPerTask / chain.rowLength)
    let place = target.place(elementsPerTask: perTask * chain.rowLength)
    pool.run(count: (chain.rowCount + perTask - 1) / perTask, at: place) { task in
      chain.run(task * perTask..<min((task + 1) * perTask, chain.rowCount))
      if isStreamed { tk_finish_streaming() }
    }
    return true
  }
}

/// A program with the blocks that its values go to.
struct ElementPass {
  private let program: PreparedProgram
  private let destination: BlockOperand
  private let others: [BlockOperand]
  private let isStreamed: Bool
  /// Runs end where rows do, unless rows are short.
  private let row: Int
  /// What is not written where it belongs needs a register.
  private let longest: Int

  init(
    _ program: PreparedProgram, into target: StridedBlock, storing others: [StridedBlock],
    isStreamed: Bool
  ) {
    self.program = program
    destination = BlockOperand(target)
    self.others = others.map { BlockOperand($0) }
    self.isStreamed = isStreamed
    row = PreparedProgram.rowLength(program.operands + [destination]) ?? target.elementCount
    longest =
      destination.isRun
      ? program.runLength : min(program.runLength, PreparedProgram.registerLength)
  }

  /// Computes some elements; one worker does.
  func run(_ elements: Range<Int>) {
    let evaluator = ProgramEvaluator(program)
    var start = elements.lowerBound
    while start < elements.upperBound {
      let length = min(longest, elements.upperBound - start, row - start % row)
      evaluator.evaluate(
        start, length, into: destination, storing: others, isStreamed: isStreamed)
      evaluator.store(start, length, into: others)
      start += length
    }
    if isStreamed { tk_finish_streaming() }
  }
}

extension ProgramEvaluator {
  /// Writes elements `start ..< start + count` to their places in a block.
  fileprivate func evaluate(
    _ start: Int, _ count: Int, into destination: BlockOperand, storing others: [BlockOperand],
    isStreamed: Bool
  ) {
    guard let (pointer, step) = destination.place(start, count), step == 1 || count == 1 else {
      let value = evaluate(start, count, storing: others)
      destination.unpack(start, count, from: spread(value, count))
      return
    }
    if isStreamed {
      stream(start, count, into: pointer, storing: others)
    } else {
      _ = evaluate(start, count, into: pointer, storing: others)
    }
  }
}
