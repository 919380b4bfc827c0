import Execution

/// Squared distances from the mean over some axes, added up and divided by n − ddof; NaN where that
/// is not positive.
///
/// The operand is read once. Ranks that hold parts of an axis all-reduce their means first, then
/// how far these lie from the common one and the squares about it: rounding of the common mean is
/// taken off again.
package struct Variance: SingleReadingPrimitive {
  /// Ascending, counted from the front.
  let axes: [Int]
  let keepingAxes: Bool
  let ddof: Int

  package init(axes: [Int], keepingAxes: Bool, ddof: Int) {
    self.axes = axes
    self.keepingAxes = keepingAxes
    self.ddof = ddof
  }

  package var name: String { "variance" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axes)
    hash.combine(keepingAxes)
    hash.combine(ddof)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.joining(
      name, operands[0], axes: axes, keepingAxes: keepingAxes, terms: [[], [2]])
  }

  package func compute(
    _ elements: Elements, of shape: Shape, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let type = plan.local.scalarType.accumulatorType
    let row = runtime.localShape(of: plan.local)
    let moments = try runtime.allocate([3] + row, type)
    try runtime.executor.moments(elements, shape: shape, over: axes, into: moments)
    let count = plan.operands[0].shape.elementCount(of: axes)
    var squares = moments.row(2)
    if plan.summaries.count == 2 {
      squares = try runtime.joinMoments(
        moments, of: shape.elementCount(of: axes), in: count, plan.summaries)
    }
    let result = try runtime.allocate(row, plan.local.scalarType)
    // Not in the type: n − ddof of large numbers may have no place there. Nothing is left to divide
    // by where it is not positive.
    let divisor = Double(count) - Double(ddof)
    let division = AppliedFunction(
      .binary(.divide), with: ScalarValue(divisor > 0 ? divisor : .nan, as: type))
    runtime.executor.evaluate(division.elements(of: [squares]), into: result)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(0) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        let x = context.value(of: 0)
        let count = Double(x.shape.elementCount(of: axes))
        let divisor = count - Double(ddof)
        func mean(_ value: Value) -> Value {
          value.apply(Reduce(.sum, axes: axes, keepingAxes: true)) * (1 / count)
        }
        // Twice, as the first mean may be rounded to a number farther away than the elements are
        // from it.
        let distance = x - mean(x)
        let slope =
          g.reshaped(x.shape.reduced(over: axes, keepingAxes: true))
          * (divisor > 0 ? 2 / divisor : .nan)
        return slope * (distance - mean(distance))
      }
    ]
  }
}

extension StridedBlock {
  /// What follows from a position along the first axis on.
  func row(_ number: Int) -> StridedBlock {
    let rest = Shape(shape.dropFirst())
    return StridedBlock(
      storage: storage, type: type, shape: rest,
      layout: Layout(
        offset: layout.offset + number * rest.elementCount, strides: rest.rowMajorDistances))
  }
}

extension Runtime {
  private static func part(_ own: Int, of count: Int, as type: ScalarType) -> ScalarValue {
    ScalarValue(count == 0 ? 0 : Double(own) / Double(count), as: type)
  }

  /// A number near the mean of what all ranks hold, the same on all of them.
  ///
  /// - Parameters:
  ///   - moments: [3 or more, …], those of the `own` values of the `count` that this rank holds.
  ///   - summary: the all-reduction of […].
  func commonMean(
    _ moments: StridedBlock, of own: Int, in count: Int, _ summary: Redistribution
  ) throws(TensorError) -> StridedBlock {
    let type = moments.type
    let means = try allocate(Shape(moments.shape.dropFirst()), type)
    var mean = Elements()
    let center = mean.operand(moments.row(0))
    let sum = mean.apply(.add, center, mean.operand(moments.row(1)))
    // What is to be added may have overflowed on its way.
    let usable = mean.select(mean.apply(.isFinite, sum), sum, center)
    mean.apply(.multiply, usable, mean.constant(Self.part(own, of: count, as: type)))
    executor.evaluate(mean, into: means)
    return try redistribute(means, summary)
  }

  /// The sums of squared distances from the mean over what all ranks hold.
  ///
  /// - Parameters:
  ///   - moments: [3, …], those of the `own` values of the `count` that this rank holds.
  ///   - summaries: the all-reduction of […], and that of [2, …].
  fileprivate func joinMoments(
    _ moments: StridedBlock, of own: Int, in count: Int, _ summaries: [Redistribution]
  ) throws(TensorError) -> StridedBlock {
    let type = moments.type
    let row = Shape(moments.shape.dropFirst())
    let (center, offset, squares) = (moments.row(0), moments.row(1), moments.row(2))
    let part = Self.part(own, of: count, as: type)
    let common = try commonMean(moments, of: own, in: count, summaries[0])

    let terms = try allocate([2] + row, type)
    if own == 0 {
      // Nothing lies at no distance, whatever the mean of the others is.
      executor.fill(terms, with: ScalarValue(0, as: type))
    } else {
      var distance = Elements()
      let difference = distance.apply(
        .subtract, distance.operand(center), distance.operand(common))
      distance.apply(.add, difference, distance.operand(offset))
      var weighted = distance
      weighted.apply(.multiply, weighted.lastValue, weighted.constant(part))
      executor.evaluate(weighted, into: terms.row(0))
      var about = distance
      let square = about.apply(.square, about.lastValue)
      let all = about.apply(
        .multiply, square, about.constant(ScalarValue(Double(own), as: type)))
      about.apply(.add, all, about.operand(squares))
      executor.evaluate(about, into: terms.row(1))
    }
    let joined = try redistribute(terms, summaries[1])

    var result = Elements()
    let distance = result.operand(joined.row(0))
    let excess = result.apply(
      .multiply, result.apply(.square, distance),
      result.constant(ScalarValue(Double(count), as: type)))
    // Where squares of finite distances overflow, so does their sum: ∞, as in one process, rather
    // than ∞ − ∞. That of infinite ones is NaN.
    let greatest = result.constant(ScalarValue(type.limits.greatestFinite, as: type))
    let finite = result.apply(.minimum, greatest, excess)
    let remaining = result.apply(.subtract, result.operand(joined.row(1)), finite)
    let difference = result.apply(.add, remaining, result.apply(.subtract, distance, distance))
    // Rounding must not make it negative; NaN stays.
    result.apply(.maximum, result.constant(ScalarValue(0, as: type)), difference)
    executor.evaluate(result, into: squares)
    return squares
  }
}
