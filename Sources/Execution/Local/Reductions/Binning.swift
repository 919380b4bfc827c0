import Shapes

/// The bins of a histogram: of equal width, each with its lower edge, the last one with both. The
/// edges decide, and they are those of NumPy's `linspace`: low + i · step, rounded to the type of
/// floating-point elements.
private struct Bins {
  let edges: [Double]
  let width: Double

  init(_ range: ClosedRange<Double>, count: Int, for type: ScalarType) {
    let (low, high) = (range.lowerBound, range.upperBound)
    let width = high - low
    let step = width / Double(count)
    edges = (0...count).map { i in
      if i == count { return high }
      // A step may be too small to be a number.
      let distance = step == 0 ? Double(i) / Double(count) * width : Double(i) * step
      return type.isFloatingPoint
        ? ScalarValue(low + distance, as: type).number : low + distance
    }
    self.width = width
  }

  /// The bin of a number, nil outside of all and for NaN.
  func bin(of number: Double) -> Int? {
    guard number >= edges[0], number <= edges[edges.count - 1] else { return nil }
    let last = edges.count - 2
    // Rounding may miss by one bin.
    var bin = min(Int((number - edges[0]) / width * Double(last + 1)), last)
    if number < edges[bin] { bin -= 1 } else if bin < last, number >= edges[bin + 1] { bin += 1 }
    return bin
  }
}

extension Elements {
  /// The elements of a block as Doubles, NaN outside of a range of its type: there a large integer
  /// may be rounded to one of the bounds.
  fileprivate static func numbers(
    of block: StridedBlock, within bounds: (low: ScalarValue, high: ScalarValue)
  ) -> Elements {
    var elements = Elements()
    let element = elements.operand(block)
    let number = elements.convert(element, to: .float64)
    guard block.type.isInteger, block.type.byteCount == 8 else { return elements }
    let isInside = elements.apply(
      .and, elements.apply(.greaterEqual, element, elements.constant(bounds.low)),
      elements.apply(.lessEqual, element, elements.constant(bounds.high)))
    elements.select(isInside, number, elements.constant(ScalarValue(Double.nan)))
    return elements
  }
}

extension HostExecutor {
  /// Counts the elements of a block in bins of equal width, as Doubles.
  ///
  /// - Parameters:
  ///   - bounds: of the block's type; not equal, with a finite distance.
  ///   - target: [bins] of Int64, contiguous.
  public func countInBins(
    _ block: StridedBlock, _ bounds: (low: ScalarValue, high: ScalarValue),
    into target: StridedBlock
  ) throws(TensorError) {
    let binCount = target.elementCount
    let bins = Bins(bounds.low.number...bounds.high.number, count: binCount, for: block.type)
    fill(target, with: ScalarValue(Int64(0)))
    let total = block.elementCount
    if total == 0 { return }
    let program = PreparedProgram(.numbers(of: block, within: bounds))
    let perTask = max(Self.elementsPerTask, 4 * binCount)
    let tasks = (total + perTask - 1) / perTask
    let partial = try allocate([tasks, binCount], .int64)
    fill(partial, with: ScalarValue(Int64(0)))
    let counts = partial.base.assumingMemoryBound(to: Int64.self)
    pool.run(count: tasks, at: block.place(elementsPerTask: perTask)) { task in
      let evaluator = ProgramEvaluator(program)
      let own = counts + task * binCount
      let end = min((task + 1) * perTask, total)
      var start = task * perTask
      while start < end {
        let length = min(PreparedProgram.registerLength, end - start)
        let value = evaluator.evaluate(start, length)
        let numbers = value.pointer.assumingMemoryBound(to: Double.self)
        for index in 0..<length {
          if let bin = bins.bin(of: numbers[index * value.step]) { own[bin] += 1 }
        }
        start += length
      }
    }
    try reduce(.sum, Elements(of: partial), shape: partial.shape, over: [0], into: target)
  }

  /// Calls a closure on runs of positions 0 ..< count, on all workers at once: what it captures
  /// must tolerate that.
  public func forEachRun(of count: Int, _ body: (Range<Int>) -> Void) {
    let length = Self.elementsPerTask
    pool.run(count: (count + length - 1) / length) { task in
      body(task * length..<min((task + 1) * length, count))
    }
  }
}
