import CKernels
import Machine
import Shapes

extension HostExecutor {
  /// What comes of all elements up to each along an axis.
  ///
  /// Lines are cut into blocks (`TK_SCAN_BLOCK`), and what comes before each is joined from the
  /// totals of blocks, whoever finds these: results are the same for any number of workers. Few
  /// long lines are read twice: all workers find the totals, then write. Else a run of blocks stays
  /// in a cache meanwhile.
  ///
  /// - Parameters:
  ///   - operands: broadcasting to the shape; of a recurrence the inputs, then the factors.
  ///   - starts: [lines, words], Int64: what comes before each line, if anything does.
  ///   - target: contiguous, with axes (all others, `axis`), the latter in the order of the scan.
  public func scan(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, from starts: StridedBlock?,
    into target: StridedBlock
  ) throws(TensorError) {
    let lines = ScannedLines(scan, operands, shape: shape, along: axis, as: target.type, starts)
    if lines.isEmpty { return }
    let (output, size) = (target.base, target.type.byteCount)
    guard isShared(lines) else {
      let perTask = max(1, Self.elementsPerTask / lines.length)
      let place = target.place(elementsPerTask: perTask * lines.length)
      pool.run(count: (lines.count + perTask - 1) / perTask, at: place) { task in
        var runs = ScanRuns(lines)
        runs.write(task * perTask..<min((task + 1) * perTask, lines.count), into: output)
      }
      return
    }
    let states = try totals(of: lines)
    let first = states.base.assumingMemoryBound(to: tk_scan_state.self)
    pool.run(count: lines.count) { line in
      var runs = ScanRuns(lines)
      var carry = lines.start(of: line)
      runs.carry(&carry, line, 0, first + line * lines.blocks, lines.blocks)
    }
    let perLine = lines.tasks
    let place = target.place(elementsPerTask: ScannedLines.taskLength)
    pool.run(count: lines.count * perLine, at: place) { task in
      var runs = ScanRuns(lines)
      let (line, part) = task.quotientAndRemainder(dividingBy: perLine)
      let start = part * ScannedLines.taskLength
      let states = first + line * lines.blocks
      lines.forEachRun(start..<min(start + ScannedLines.taskLength, lines.length)) { run in
        runs.read(line, run)
        runs.write(
          run.count, states + run.lowerBound / ScannedLines.blockLength,
          into: output + (line * lines.length + run.lowerBound) * size)
      }
    }
    withExtendedLifetime(states.storage) {}
  }

  /// What comes of whole lines.
  ///
  /// - Parameters:
  ///   - operands, starts: as of `scan`, computed as a type.
  ///   - totals: [lines, words], Int64, contiguous.
  public func scanTotals(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, as type: ScalarType,
    from starts: StridedBlock?, into totals: StridedBlock
  ) throws(TensorError) {
    let lines = ScannedLines(scan, operands, shape: shape, along: axis, as: type, starts)
    let words = totals.shape.last!
    let output = totals.base.assumingMemoryBound(to: UInt64.self)
    if lines.isEmpty {
      for line in 0..<lines.count { lines.start(of: line).store(words, to: output + line * words) }
      return
    }
    guard isShared(lines) else {
      let perTask = max(1, Self.elementsPerTask / lines.length)
      pool.run(count: (lines.count + perTask - 1) / perTask) { task in
        var runs = ScanRuns(lines)
        for line in task * perTask..<min((task + 1) * perTask, lines.count) {
          var carry = lines.start(of: line)
          lines.forEachRun(0..<lines.length) { run in
            runs.read(line, run)
            runs.findTotals(run.count)
            runs.carry(&carry, line, run.lowerBound, runs.states, runs.blocks(in: run.count))
          }
          carry.store(words, to: output + line * words)
        }
      }
      return
    }
    let states = try self.totals(of: lines)
    let first = states.base.assumingMemoryBound(to: tk_scan_state.self)
    pool.run(count: lines.count) { line in
      var runs = ScanRuns(lines)
      var carry = lines.start(of: line)
      runs.carry(&carry, line, 0, first + line * lines.blocks, lines.blocks)
      carry.store(words, to: output + line * words)
    }
    withExtendedLifetime(states.storage) {}
  }

  /// What comes before a rank's part of each line, from the totals of all parts.
  ///
  /// - Parameters:
  ///   - totals: [ranks, lines, words], Int64, contiguous.
  ///   - starts: what comes before the whole lines.
  ///   - result: [lines, words], Int64, contiguous.
  ///   - inSequence: [lines], Bool, contiguous: where totals do not tell it, as a recurrence has
  ///     left the range of numbers in one of the parts.
  public func joinScanTotals(
    _ scan: Scan, _ totals: StridedBlock, as type: ScalarType, from starts: StridedBlock?,
    before rank: Int, into result: StridedBlock, inSequence: StridedBlock
  ) {
    let (ranks, words) = (totals.shape[0], totals.shape.last!)
    let input = totals.base.assumingMemoryBound(to: UInt64.self)
    let output = result.base.assumingMemoryBound(to: UInt64.self)
    let marks = inSequence.base.assumingMemoryBound(to: Bool.self)
    let count = inSequence.elementCount
    let starts = ScanStarts(scan, type, starts)
    for line in 0..<count {
      var carry = starts[line]
      var isJoined = true
      for step in 0..<ranks {
        let part = scan.isReversed ? ranks - 1 - step : step
        if part == rank { carry.store(words, to: output + line * words) }
        var total = tk_scan_state()
        total.load(words, from: input + (part * count + line) * words)
        if !tk_scan_join(scan.kernel, type.kernel, &carry, &total) { isJoined = false }
      }
      marks[line] = !isJoined
    }
  }

  /// Whether there are too few lines for the workers to take whole ones.
  private func isShared(_ lines: ScannedLines) -> Bool {
    pool.workerCount > 1 && lines.count < 2 * pool.workerCount
      && lines.length >= 2 * ScannedLines.taskLength
  }

  /// The totals of all blocks: [lines, blocks] states, of two words.
  private func totals(of lines: ScannedLines) throws(TensorError) -> StridedBlock {
    let states = try allocate([lines.count, lines.blocks, 2], .int64)
    let first = states.base.assumingMemoryBound(to: tk_scan_state.self)
    let perLine = lines.tasks
    pool.run(count: lines.count * perLine) { task in
      var runs = ScanRuns(lines)
      let (line, part) = task.quotientAndRemainder(dividingBy: perLine)
      let start = part * ScannedLines.taskLength
      let states = first + line * lines.blocks
      lines.forEachRun(start..<min(start + ScannedLines.taskLength, lines.length)) { run in
        runs.read(line, run)
        runs.findTotals(run.count, into: states + run.lowerBound / ScannedLines.blockLength)
      }
    }
    return states
  }
}
