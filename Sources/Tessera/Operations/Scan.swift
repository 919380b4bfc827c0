import Execution

/// What comes of all elements up to each along one axis: sums, products, extremes.
package struct Cumulative: SingleReadingPrimitive {
  let scan: Scan
  let axis: Int

  /// - Parameters:
  ///   - isReversed: from the end; of sums and products alone.
  ///   - isExclusive: without the element itself; of sums and products alone.
  package init(
    _ kind: Scan.Kind, axis: Int, isReversed: Bool = false, isExclusive: Bool = false
  ) {
    scan = Scan(kind, isReversed: isReversed, isExclusive: isExclusive)
    self.axis = axis
  }

  package var name: String {
    switch scan.kind {
    case .sum: "cumulativeSum"
    case .product: "cumulativeProduct"
    case .min: "cumulativeMinimum"
    case .max: "cumulativeMaximum"
    case .recurrence: "linearRecurrence"
    }
  }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axis)
    hash.combine(scan.isReversed)
    hash.combine(scan.isExclusive)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let type = operands[0].scalarType
    let isSum = scan.kind == .sum || scan.kind == .product
    return try scan.plan(name, operands, axis: axis, result: isSum ? type.sumType : type)
  }

  package func compute(
    _ elements: Elements, of shape: Shape, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try runtime.scan(scan, [elements], of: shape, along: axis, from: nil, plan)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    switch scan.kind {
    case .sum, .recurrence: []
    case .product: scan.isExclusive ? [.operand(0), .result] : .operand(0)
    case .min, .max: [.operand(0), .result]
    }
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        switch scan.kind {
        case .sum, .recurrence:
          g.apply(
            Cumulative(
              .sum, axis: axis, isReversed: !scan.isReversed, isExclusive: scan.isExclusive))
        case .product: productCotangent(g, context)
        case .min, .max: extremeCotangent(g, context)
        }
      }
    ]
  }

  /// The product of all before an element, times what comes after it: r[t] = g[t] + x[t + 1] ·
  /// r[t + 1]. Nothing is divided, so that zeros have their slopes too.
  private func productCotangent(_ g: Value, _ context: PullbackContext) -> Value {
    let x = context.value(of: 0)
    let after = LinearRecurrence(axis: axis, isReversed: !scan.isReversed, isExclusive: true)
    if scan.isExclusive { return context.result * x.apply(after, g) }
    let before = x.apply(
      Cumulative(.product, axis: axis, isReversed: scan.isReversed, isExclusive: true))
    return before * (g + x.apply(after, x * g))
  }

  /// To the last element that equals the extreme so far.
  private func extremeCotangent(_ g: Value, _ context: PullbackContext) -> Value {
    let x = context.value(of: 0)
    let isExtreme = x.compare(.equal, context.result).or(x.isNaN)
    let length = x.shape[axis]
    let places = g.made(
      Shape(x.shape.indices.map { $0 == axis ? length : 1 }), .int64
    ) { () throws(TensorError) in
      try Tensor<Int64>(
        checked: Array(0..<Int64(length)),
        shape: Shape(x.shape.indices.map { $0 == axis ? length : 1 })
      ).body
    }
    let taken = (isExtreme.apply(Convert(to: .int64)) * places).apply(Cumulative(.max, axis: axis))
    return g.zeros(x.shape, g.body.scalarType, like: x.body.description)
      .apply(ScatterAlong(axis: axis, combining: .sum), taken, g)
  }
}

/// h[t] = a[t] · h[t − 1] + b[t] along one axis. Operands are the coefficients a, the inputs b,
/// which broadcast to one shape, and perhaps what comes before all of them, of extent 1 along the
/// axis.
package struct LinearRecurrence: Primitive {
  let axis: Int
  private let scan: Scan

  /// - Parameters:
  ///   - axis: of the result, counted from the front.
  ///   - isReversed: from the end: h[t] = a[t] · h[t + 1] + b[t].
  ///   - isExclusive: each place has the value before its own.
  package init(axis: Int, isReversed: Bool = false, isExclusive: Bool = false) {
    self.axis = axis
    scan = Scan(.recurrence, isReversed: isReversed, isExclusive: isExclusive)
  }

  package var name: String { "linearRecurrence" }

  /// An axis of what shapes broadcast to, counted from the front.
  static func axis(_ axis: Int, of shapes: [Shape]) throws(TensorError) -> Int {
    try Shape.broadcast(shapes, for: "linearRecurrence")
      .resolvedAxis(axis, for: "linearRecurrence")
  }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axis)
    hash.combine(scan.isReversed)
    hash.combine(scan.isExclusive)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    if operands.count > 2 {
      let whole = try Shape.broadcast(operands.prefix(2).map(\.shape), for: name)
      var line = whole
      if line.indices.contains(axis) { line[axis] = 1 }
      let initial = operands[2].shape
      guard (try? Shape.broadcast([line, initial], for: name)) == line else {
        throw TensorError(
          name, given: "initial values of shape \(initial) for shape \(whole) along axis \(axis)",
          expected: "initial values that broadcast to the shape without that axis")
      }
    }
    return try scan.plan(name, operands, axis: axis, result: operands[0].scalarType)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try runtime.scan(
      scan, [Elements(of: operands[1]), Elements(of: operands[0])],
      of: runtime.localShape(of: plan.local), along: axis,
      from: operands.count > 2 ? operands[2] : nil, plan)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    if scan.isExclusive { return [.operand(0), .result.when(isNeeded[0])] }
    let all = isNeeded.indices.reduce(into: KeptValues()) { $0.formUnion(.operand($1)) }
    return [.operand(0), all.when(isNeeded[0])]
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let a = context.value(of: 0)
    let back = LinearRecurrence(
      axis: axis, isReversed: !scan.isReversed, isExclusive: true)
    // The cotangent of each input; it goes on, times the coefficient, to the value before.
    let inputs = scan.isExclusive ? a.apply(back, g) : g + a.apply(back, a * g)
    return context.operands.indices.map { number in
      context.ifNeeded(number) {
        cotangent(number, g, inputs, context).summed(to: context.operands[number].shape)
      }
    }
  }

  private func cotangent(
    _ number: Int, _ g: Value, _ inputs: Value, _ context: PullbackContext
  ) -> Value {
    switch number {
    case 0:
      if scan.isExclusive { return inputs * context.result }
      let before = LinearRecurrence(
        axis: axis, isReversed: scan.isReversed, isExclusive: true)
      let operands = context.operands.indices.map { context.value(of: $0) }
      return inputs * operands[0].apply(before, to: operands)
    case 1: return inputs
    default:
      // What goes on from the first.
      let all = context.value(of: 0) * inputs
      let passed = scan.isExclusive ? all + g : all
      let length = passed.shape[axis]
      if length == 0 { return passed.sum([axis], keepingAxes: true) }
      let first = scan.isReversed ? length - 1 : 0
      return passed.apply(Slice(first..<first + 1, along: axis, of: passed.shape))
    }
  }
}

extension Scan {
  fileprivate func plan(
    _ name: String, _ operands: [TensorDescription], axis: Int, result: ScalarType
  ) throws(TensorError) -> Plan {
    try Planner.running(
      name, operands, axis: axis, result: result, words: words(for: accumulator(for: result)))
  }
}

extension Runtime {
  /// The work of one rank: a scan of what it holds, from what comes before it.
  ///
  /// - Parameter initial: what comes before all, of extent 1 along the axis.
  fileprivate func scan(
    _ scan: Scan, _ operands: [Elements], of shape: Shape, along axis: Int,
    from initial: StridedBlock?, _ plan: Plan
  ) throws(TensorError) -> StridedBlock {
    let type = scan.accumulator(for: plan.local.scalarType)
    let others = shape.indices.filter { $0 != axis }
    let lines = Shape(others.map { shape[$0] })
    var starts: StridedBlock?
    if let initial {
      var line = shape
      line[axis] = 1
      starts = try state(of: initial.expanded(to: line), lines: lines, type)
    }
    let result = try allocate(lines + [shape[axis]], type)
    if let summary = plan.summaries.first {
      let totals = LineTotals(
        scan: scan, operands: operands, shape: shape, axis: axis, type: type, lines: lines,
        summary: summary)
      starts = try self.starts(totals, from: starts)
    }
    try executor.scan(scan, operands, shape: shape, along: axis, from: starts, into: result)
    // The axis is innermost there, in the order of the scan; put it back in its place.
    let converted = try executor.converted(result, to: plan.local.scalarType)
    return (scan.isReversed ? converted.flipped([others.count]) : converted).permuted(
      shape.indices.map { $0 == axis ? others.count : $0 < axis ? $0 : $0 - 1 })
  }

  /// Values as states of recurrences: Double, or integers of 64 bits.
  private func state(
    of values: StridedBlock, lines: Shape, _ type: ScalarType
  ) throws(TensorError) -> StridedBlock {
    let wide: ScalarType =
      switch type.traits.kind {
      case .floatingPoint: .float64
      case .unsignedInteger: .uint64
      case .signedInteger, .boolean: .int64
      }
    let state = try allocate(values.shape, wide)
    executor.evaluate(Elements(of: values).converted(as: wide), into: state)
    return StridedBlock(storage: state.storage, type: .int64, shape: lines + [1])
  }

  /// What comes before this rank's part of each line.
  private func starts(
    _ totals: LineTotals, from initial: StridedBlock?
  ) throws(TensorError) -> StridedBlock {
    let words = totals.scan.words(for: totals.type)
    let row = totals.lines + [words]
    let rank = communicator.rank
    var own = try allocate(row, .int64)
    try totals.find(from: nil, into: own, on: executor)
    let all = try gatherRow(own, totals.summary)
    let inSequence = try allocate(totals.lines, .bool)
    var starts = try allocate(row, .int64)
    executor.joinScanTotals(
      totals.scan, all, as: totals.type, from: initial, before: rank, into: starts,
      inSequence: inSequence)
    guard totals.scan.kind == .recurrence, try isAnyTrue(inSequence) else { return starts }
    // Rank after rank finds what comes of its part, for the lines that need it.
    let marks = inSequence.viewed(as: totals.lines + [1])!
    let ranks = all.shape[0]
    for step in 1..<ranks {
      own = try allocate(row, .int64)
      try totals.find(from: starts, into: own, on: executor)
      let ends = try gatherRow(own, totals.summary)
      let before = totals.scan.isReversed ? ranks - step : step - 1
      guard rank == (totals.scan.isReversed ? before - 1 : before + 1) else { continue }
      let end = ends.slice([before..<before + 1] + row.map { 0..<$0 })
      var choice = Elements(of: marks)
      choice.select(
        choice.lastValue, choice.operand(end.viewed(as: row)!), choice.operand(starts))
      let chosen = try allocate(row, .int64)
      executor.evaluate(choice, into: chosen)
      starts = chosen
    }
    return starts
  }

  private func isAnyTrue(_ marks: StridedBlock) throws(TensorError) -> Bool {
    if marks.elementCount == 0 { return false }
    let any = try allocate([], .bool)
    try executor.reduce(
      .max, Elements(of: marks), shape: marks.shape, over: Array(marks.shape.indices), into: any)
    return executor.isTrue(any)
  }
}

/// What ranks tell each other of lines that are cut.
private struct LineTotals {
  let scan: Scan
  let operands: [Elements]
  let shape: Shape
  let axis: Int
  let type: ScalarType
  let lines: Shape
  let summary: Redistribution

  func find(
    from starts: StridedBlock?, into totals: StridedBlock, on executor: any Executor
  ) throws(TensorError) {
    try executor.scanTotals(
      scan, operands, shape: shape, along: axis, as: type, from: starts, into: totals)
  }
}

extension Elements {
  fileprivate func converted(as type: ScalarType) -> Elements {
    var result = self
    result.convert(lastValue, to: type)
    return result
  }
}
