import Shapes

/// The bins of a histogram: of equal width, each with its lower edge, the last one with both. The
/// edges decide, and they are those of NumPy's `linspace`: low + i · step, rounded to the type of
/// floating-point elements.
package struct HistogramBins: Sendable {
  /// The lower edge of each, and the upper one of the last.
  package let edges: [Double]
  private let width: Double

  package init(_ range: ClosedRange<Double>, count: Int, for type: ScalarType) {
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
  fileprivate func bin(of number: Double) -> Int? {
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
    let bins = HistogramBins(
      bounds.low.number...bounds.high.number, count: binCount, for: block.type)
    fill(target, with: ScalarValue(Int64(0)))
    if block.elementCount == 0 { return }
    try count(Elements.numbers(of: block, within: bounds), of: block, into: target) {
      (numbers: UnsafePointer<Double>, length, step, counts) in
      for index in 0..<length {
        if let bin = bins.bin(of: numbers[index * step]) { counts[bin] += 1 }
      }
    }
  }

  /// Counts how often a block of integers has each of the numbers from 0 on for which the target
  /// has a place; others are not counted.
  ///
  /// - Parameter target: [bins] of Int64, contiguous.
  public func countNumbers(
    _ block: StridedBlock, into target: StridedBlock
  ) throws(TensorError) {
    let binCount = UInt64(target.elementCount)
    fill(target, with: ScalarValue(Int64(0)))
    if block.elementCount == 0 { return }
    var elements = Elements()
    let element = elements.operand(block)
    // Saturating, so that large words without a sign stay beyond all bins.
    if block.type != .int64 { _ = elements.convert(element, to: .int64) }
    try count(elements, of: block, into: target) {
      (numbers: UnsafePointer<Int64>, length, step, counts) in
      for index in 0..<length {
        let number = UInt64(bitPattern: numbers[index * step])
        if number < binCount { counts[Int(number)] += 1 }
      }
    }
  }

  /// Counts elements in bins that each task has for itself, which are added up.
  ///
  /// - Parameter add: counts a run of numbers.
  private func count<Number>(
    _ elements: Elements, of block: StridedBlock, into target: StridedBlock,
    _ add: (
      _ numbers: UnsafePointer<Number>, _ length: Int, _ step: Int,
      _ counts: UnsafeMutablePointer<Int64>
    ) -> Void
  ) throws(TensorError) {
    let (total, binCount) = (block.elementCount, target.elementCount)
    let program = PreparedProgram(elements)
    let perTask = max(Self.elementsPerTask, 4 * binCount)
    let tasks = (total + perTask - 1) / perTask
    let partial = try allocate([tasks, binCount], .int64)
    fill(partial, with: ScalarValue(Int64(0)))
    let counts = partial.base.assumingMemoryBound(to: Int64.self)
    pool.run(count: tasks, at: block.place(elementsPerTask: perTask)) { task in
      let evaluator = ProgramEvaluator(program)
      let end = min((task + 1) * perTask, total)
      var start = task * perTask
      while start < end {
        let length = min(PreparedProgram.registerLength, end - start)
        let value = evaluator.evaluate(start, length)
        let numbers = UnsafePointer(value.pointer.assumingMemoryBound(to: Number.self))
        add(numbers, length, value.step, counts + task * binCount)
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
