import Execution

/// Skewness or excess kurtosis over some axes: the mean of the third or fourth powers of distances
/// from the mean in standard deviations, which divide by n; less 3 for the latter.
///
/// The operand is read once. Fourth powers of very large or very small distances are no numbers of
/// their type, and distances of a few ulp of the mean are made of rounding. Where the sum of fourth
/// powers shows that, distances are divided by the largest of them first; all ranks see the same
/// sums, and so decide alike.
package struct StandardizedMoment: SingleReadingPrimitive {
  package enum Kind: Int {
    case skewness = 3
    case kurtosis = 4
  }

  let kind: Kind
  /// Ascending, counted from the front.
  let axes: [Int]
  let keepingAxes: Bool

  package init(_ kind: Kind, axes: [Int], keepingAxes: Bool) {
    self.kind = kind
    self.axes = axes
    self.keepingAxes = keepingAxes
  }

  package var name: String { "\(kind)" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(kind.rawValue)
    hash.combine(axes)
    hash.combine(keepingAxes)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.joining(
      name, operands[0], axes: axes, keepingAxes: keepingAxes, terms: [[], [4]])
  }

  package func compute(
    _ elements: Elements, of shape: Shape, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let type = plan.local.scalarType.accumulatorType
    let row = runtime.localShape(of: plan.local)
    let (count, own) = (
      plan.operands[0].shape.elementCount(of: axes), shape.elementCount(of: axes)
    )

    /// Numbers near the means, and the sums of powers of distances from these over all ranks.
    func moments(
      _ elements: Elements
    ) throws(TensorError) -> (centers: StridedBlock, powers: PowerSums) {
      let moments = try runtime.allocate([5] + row, type)
      try runtime.executor.moments(elements, shape: shape, over: axes, into: moments)
      if plan.summaries.count == 2 {
        return try runtime.joinPowers(moments, of: own, in: count, plan.summaries)
      }
      let powers = PowerSums(
        squares: moments.row(2), cubes: moments.row(3), fourths: moments.row(4))
      return (moments.row(0), powers)
    }

    let (centers, powers) = try moments(elements)
    let result = try runtime.allocate(row, plan.local.scalarType)
    let sums = try runtime.allocate(row, type)
    runtime.executor.evaluate(Self.usable(powers.fourths, about: centers, count), into: sums)
    let bound = 2 * Double(count) * type.limits.leastNormal
    // Of nothing there is nothing to read twice.
    guard count > 0, try runtime.executor.isAnySum(sums, infiniteOrBelow: bound) else {
      runtime.executor.evaluate(standardized(powers, count), into: result)
      return result
    }

    let kept = shape.reduced(over: axes, keepingAxes: true)
    func distances(_ elements: Elements) throws(TensorError) -> Elements {
      var distances = elements
      let element = distances.lastValue
      let center = distances.operand(try runtime.contiguous(centers).viewed(as: kept)!)
      distances.apply(.subtract, element, center)
      return distances
    }
    var magnitudes = try distances(elements)
    magnitudes.apply(.abs, magnitudes.lastValue)
    var scales = try runtime.allocate(row, type)
    try runtime.executor.reduce(.max, magnitudes, shape: shape, over: axes, into: scales)
    if let summary = plan.summaries.first {
      scales = try runtime.redistribute(scales, try summary.joining(.max))
    }
    runtime.executor.evaluate(Norm.usable(scales), into: scales)
    var scaled = try distances(elements)
    let distance = scaled.lastValue
    let divisor = scaled.operand(try runtime.contiguous(scales).viewed(as: kept)!)
    scaled.apply(.divide, distance, divisor)
    let (_, rest) = try moments(scaled)
    // Only where it is needed: others have the same bits whatever stands beside them.
    let (ordinary, other) = (try runtime.allocate(row, type), try runtime.allocate(row, type))
    runtime.executor.evaluate(standardized(powers, count), into: ordinary)
    runtime.executor.evaluate(standardized(rest, count), into: other)
    var choice = Elements(of: sums)
    let isExtreme = choice.appendIsInfinite(
      choice.lastValue, orBelow: ScalarValue(bound, as: type))
    choice.select(isExtreme, choice.operand(other), choice.operand(ordinary))
    choice.convert(choice.lastValue, to: result.type)
    runtime.executor.evaluate(choice, into: result)
    return result
  }

  /// The sums of fourth powers; ∞ where they are no numbers, and where the distances from the means
  /// are no larger than what rounding makes of equal values.
  private static func usable(
    _ fourths: StridedBlock, about centers: StridedBlock, _ count: Int
  ) -> Elements {
    let type = fourths.type
    let epsilon = type.limits.leastNonzero / type.limits.leastNormal
    var elements = Elements(of: fourths)
    let sum = elements.lastValue
    let isFinite = elements.apply(.isFinite, sum)
    let spread = elements.apply(.sqrt, elements.apply(.sqrt, sum))
    let share = 64 * epsilon * Double(count).squareRoot().squareRoot()
    let least = elements.apply(
      .multiply, elements.apply(.abs, elements.operand(centers)),
      elements.constant(ScalarValue(share, as: type)))
    let isWide = elements.apply(.lessEqual, least, spread)
    elements.select(
      elements.apply(.and, isFinite, isWide), sum,
      elements.constant(ScalarValue(.infinity, as: type)))
    return elements
  }

  /// What sums of powers come to. No product of them is larger than what it is divided by.
  private func standardized(_ powers: PowerSums, _ count: Int) -> Elements {
    var elements = Elements()
    let squares = elements.operand(powers.squares)
    let type = powers.squares.type
    let variance = elements.apply(
      .divide, squares, elements.constant(ScalarValue(Double(count), as: type)))
    switch kind {
    case .skewness:
      let ratio = elements.apply(.divide, elements.operand(powers.cubes), squares)
      elements.apply(.divide, ratio, elements.apply(.sqrt, variance))
    case .kurtosis:
      let ratio = elements.apply(.divide, elements.operand(powers.fourths), squares)
      elements.apply(
        .subtract, elements.apply(.divide, ratio, variance),
        elements.constant(ScalarValue(3, as: type)))
    }
    return elements
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(0) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        let x = context.value(of: 0)
        let count = Double(x.shape.elementCount(of: axes))
        func mean(_ value: Value) -> Value {
          value.apply(Reduce(.sum, axes: axes, keepingAxes: true)) * (1 / count)
        }
        // Twice, as the first mean may be rounded to a number farther away than the elements are
        // from it. Squares of norms neither over- nor underflow.
        let rounded = x - mean(x)
        let distance = rounded - mean(rounded)
        let deviation =
          distance.apply(Norm(axes: axes, keepingAxes: true)) * (1 / count.squareRoot())
        let z = distance / deviation
        let cotangent =
          g.reshaped(x.shape.reduced(over: axes, keepingAxes: true))
          * (Double(kind.rawValue) / count) / deviation
        // What changes the mean and the deviation is taken off.
        let square = z * z
        switch kind {
        case .skewness: return cotangent * (square + -1 - z * mean(square * z))
        case .kurtosis:
          let cube = square * z
          return cotangent * (cube - mean(cube) - z * mean(square * square))
        }
      }
    ]
  }
}

/// Sums of powers of distances from means.
private struct PowerSums {
  let squares: StridedBlock
  let cubes: StridedBlock
  let fourths: StridedBlock
}

extension Runtime {
  /// Numbers near the common means, and the sums of powers of distances from these over what all
  /// ranks hold.
  ///
  /// - Parameters:
  ///   - moments: [5, …], those of the `own` values of the `count` that this rank holds.
  ///   - summaries: the all-reduction of […], and that of [4, …].
  fileprivate func joinPowers(
    _ moments: StridedBlock, of own: Int, in count: Int, _ summaries: [Redistribution]
  ) throws(TensorError) -> (centers: StridedBlock, powers: PowerSums) {
    let type = moments.type
    let common = try commonMean(moments, of: own, in: count, summaries[0])

    let (squares, cubes, fourths) = (moments.row(2), moments.row(3), moments.row(4))

    // A mean at distance d adds own · d to the distances from the common number.
    let terms = try allocate([4] + common.shape, type)
    let distance = try allocate(common.shape, type)
    if own == 0 {
      // Nothing lies at no distance, whatever the mean of the others is.
      executor.fill(terms, with: ScalarValue(0, as: type))
    } else {
      var difference = Elements()
      let rounded = difference.apply(
        .subtract, difference.operand(moments.row(0)), difference.operand(common))
      difference.apply(.add, rounded, difference.operand(moments.row(1)))
      executor.evaluate(difference, into: distance)
      difference.apply(
        .multiply, difference.lastValue,
        difference.constant(ScalarValue(Double(own), as: type)))
      let sum = terms.row(0)
      executor.evaluate(difference, into: sum)
      executor.evaluate(distance.polynomial([(1, squares), (1, sum)]), into: terms.row(1))
      executor.evaluate(
        distance.polynomial([(1, cubes), (3, squares), (1, sum)]), into: terms.row(2))
      executor.evaluate(
        distance.polynomial([(1, fourths), (4, cubes), (6, squares), (1, sum)]),
        into: terms.row(3))
    }
    let joined = try redistribute(terms, summaries[1])

    // And back, by how far the common number lies from the mean.
    let sums = (0..<4).map { joined.row($0) }
    let division = AppliedFunction(
      .binary(.divide), with: ScalarValue(-Double(count), as: type))
    executor.evaluate(division.elements(of: [sums[0]]), into: distance)
    executor.evaluate(distance.polynomial([(1, sums[1]), (1, sums[0])]), into: squares)
    executor.evaluate(
      distance.polynomial([(1, sums[2]), (3, sums[1]), (2, sums[0])]), into: cubes)
    executor.evaluate(
      distance.polynomial([(1, sums[3]), (4, sums[2]), (6, sums[1]), (3, sums[0])]),
      into: fourths)
    return (common, PowerSums(squares: squares, cubes: cubes, fourths: fourths))
  }
}

extension StridedBlock {
  /// A polynomial of its elements: factor · coefficient, from that of the power 0 on.
  fileprivate func polynomial(
    _ terms: [(factor: Double, coefficient: StridedBlock)]
  ) -> Elements {
    var elements = Elements()
    let element = elements.operand(self)
    var value: Program.Value?
    for (factor, coefficient) in terms.reversed() {
      var term = elements.operand(coefficient)
      if factor != 1 {
        term = elements.apply(
          .multiply, term, elements.constant(ScalarValue(factor, as: coefficient.type)))
      }
      if let rest = value {
        term = elements.apply(.add, term, elements.apply(.multiply, rest, element))
      }
      value = term
    }
    return elements
  }
}
