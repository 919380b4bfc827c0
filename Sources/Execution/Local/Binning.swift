import Shapes

/// The bins of a histogram: of equal width, each with its lower edge, the last one with both.
private struct Bins {
  let edges: [Double]
  let width: Double

  init(_ range: ClosedRange<Double>, count: Int) {
    let width = range.upperBound - range.lowerBound
    self.width = width
    edges = (0...count).map {
      $0 == count ? range.upperBound : range.lowerBound + width * (Double($0) / Double(count))
    }
  }

  /// The bin of a number, nil outside of all and for NaN.
  func bin(of number: Double) -> Int? {
    guard number >= edges[0], number <= edges[edges.count - 1] else { return nil }
    let last = edges.count - 2
    // Rounding may miss by one bin; the edges decide. Bins in a width may be too many to be a number.
    var bin = min(Int((number - edges[0]) / width * Double(last + 1)), last)
    if number < edges[bin] { bin -= 1 } else if bin < last, number >= edges[bin + 1] { bin += 1 }
    return bin
  }
}

extension Runtime {
  /// Counts the elements of a block in bins of equal width, as Doubles.
  ///
  /// - Parameters:
  ///   - range: not empty, with a finite width.
  ///   - target: [bins] of Int64, contiguous.
  public func countInBins(
    _ block: StridedBlock, _ range: ClosedRange<Double>, into target: StridedBlock
  ) throws(TensorError) {
    let binCount = target.elementCount
    let bins = Bins(range, count: binCount)
    fill(target, with: ScalarValue(Int64(0)))
    let total = block.elementCount
    if total == 0 { return }
    var conversion = Program()
    conversion.convert(conversion.operand(block.type), to: .float64)
    let program = BlockProgram(conversion, [BlockOperand(block)])
    let perTask = max(Self.elementsPerTask, 4 * binCount)
    let tasks = (total + perTask - 1) / perTask
    let partial = try allocate([tasks, binCount], .int64)
    fill(partial, with: ScalarValue(Int64(0)))
    let counts = partial.base.assumingMemoryBound(to: Int64.self)
    pool.run(count: tasks, at: block.place(elementsPerTask: perTask)) { task in
      let evaluator = BlockEvaluator(program)
      let own = counts + task * binCount
      let end = min((task + 1) * perTask, total)
      var start = task * perTask
      while start < end {
        let length = min(BlockProgram.registerLength, end - start)
        let value = evaluator.evaluate(start, length)
        let numbers = value.pointer.assumingMemoryBound(to: Double.self)
        for index in 0..<length {
          if let bin = bins.bin(of: numbers[index * value.step]) { own[bin] += 1 }
        }
        start += length
      }
    }
    try reduce(
      .sum, .identity(.int64), [partial], shape: partial.shape, over: [0], into: target)
  }

  /// Calls a closure on runs of positions 0 ..< count, on all workers at once: what it captures must tolerate
  /// that.
  public func forEachRun(of count: Int, _ body: (Range<Int>) -> Void) {
    let length = Self.elementsPerTask
    pool.run(count: (count + length - 1) / length) { task in
      body(task * length..<min((task + 1) * length, count))
    }
  }
}
