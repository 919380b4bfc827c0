import Execution

/// The root of the sum of squares over some axes.
///
/// Squares of very large or very small numbers are no numbers of their type. Where a sum of squares
/// shows that, elements are divided by the largest of them first; all ranks see the same sums, and
/// so decide alike.
package struct Norm: SingleReadingPrimitive {
  /// Ascending, counted from the front.
  let axes: [Int]
  let keepingAxes: Bool

  package init(axes: [Int], keepingAxes: Bool) {
    self.axes = axes
    self.keepingAxes = keepingAxes
  }

  package var name: String { "norm" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axes)
    hash.combine(keepingAxes)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.joining(name, operands[0], axes: axes, keepingAxes: keepingAxes, terms: [[]])
  }

  package func compute(
    _ elements: Elements, of shape: Shape, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let type = plan.local.scalarType.accumulatorType
    let row = runtime.localShape(of: plan.local)
    let count = plan.operands[0].shape.elementCount(of: axes)

    /// Reduces what is made of the elements, over all ranks that hold some.
    func reduced(
      _ reduction: Reduction, _ elements: Elements
    ) throws(TensorError) -> StridedBlock {
      let result = try runtime.allocate(row, type)
      try runtime.executor.reduce(reduction, elements, shape: shape, over: axes, into: result)
      guard let summary = plan.summaries.first else { return result }
      return try runtime.redistribute(result, try summary.joining(reduction))
    }

    var squares = elements
    squares.apply(.square, squares.lastValue)
    let sums: StridedBlock
    let isAnyExtreme: Bool
    let bound = type.leastSum(of: count)
    if plan.summaries.isEmpty {
      sums = try runtime.allocate(row, type)
      isAnyExtreme = try runtime.executor.reduceToRoots(
        squares, shape: shape, over: axes, infiniteOrBelow: bound, into: sums)
    } else {
      sums = try reduced(.sum, squares)
      isAnyExtreme = try runtime.executor.isAnySum(sums, infiniteOrBelow: bound)
      if !isAnyExtreme { runtime.executor.evaluate(Self.roots(of: sums), into: sums) }
    }
    guard isAnyExtreme else {
      return try runtime.executor.converted(sums, to: plan.local.scalarType)
    }
    let result = try runtime.allocate(row, type)
    runtime.executor.evaluate(Self.roots(of: sums), into: result)

    var absolute = elements
    absolute.apply(.abs, absolute.lastValue)
    let scales = try reduced(.max, absolute)
    runtime.executor.evaluate(Self.usable(scales), into: scales)
    var scaled = elements
    let element = scaled.lastValue
    let kept = shape.reduced(over: axes, keepingAxes: true)
    let divisor = scaled.operand(try runtime.contiguous(scales).viewed(as: kept)!)
    scaled.apply(.square, scaled.apply(.divide, element, divisor))
    let rest = try reduced(.sum, scaled)
    // Only where it is needed: an ordinary norm has the same bits whatever stands beside it.
    var choice = Elements(of: sums)
    let isExtreme = choice.appendIsExtreme(choice.lastValue, of: count)
    let (ordinary, scale) = (choice.operand(result), choice.operand(scales))
    let own = choice.apply(.multiply, choice.apply(.sqrt, choice.operand(rest)), scale)
    choice.select(isExtreme, own, ordinary)
    let chosen = try runtime.allocate(row, plan.local.scalarType)
    runtime.executor.evaluate(choice, into: chosen)
    return chosen
  }

  private static func roots(of sums: StridedBlock) -> Elements {
    AppliedFunction(.unary(.sqrt)).elements(of: [sums])
  }

  /// Numbers to divide by: 1 where there is nothing but zeros, or no finite largest one.
  static func usable(_ scales: StridedBlock) -> Elements {
    var elements = Elements(of: scales)
    let scale = elements.lastValue
    let isFinite = elements.apply(.isFinite, scale)
    let isPositive = elements.apply(
      .greater, scale, elements.constant(ScalarValue(0, as: scales.type)))
    elements.select(
      elements.apply(.and, isFinite, isPositive), scale,
      elements.constant(ScalarValue(1, as: scales.type)))
    return elements
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [.operand(0), .result] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        let x = context.value(of: 0)
        let kept = x.shape.reduced(over: axes, keepingAxes: true)
        return g.reshaped(kept) * x.direction(over: axes, context.result.reshaped(kept))
      }
    ]
  }
}

extension Value {
  /// x / norm, and 0 where the norm is 0; an infinite element has the direction to itself.
  fileprivate func direction(over axes: [Int], _ norm: Value) -> Value {
    let limits = body.scalarType.limits
    let (least, largest) = (limits.leastNonzero, limits.greatestFinite)
    return .composed(
      "norm", of: self, keeping: { _ in [.operand(0), .result] },
      as: {
        func held(_ value: Value, _ lowest: Double) -> Value {
          let below = value.apply(ScalarBinary(.minimum, largest, body))
          return below.apply(ScalarBinary(.maximum, lowest, body))
        }
        return held(self, -largest) / held(norm, least)
      },
      pullback: { g, context in
        // Its derivative is what of a change goes across the direction, divided by the norm.
        let own = context.result
        let norm = context.value(of: 0).apply(Norm(axes: axes, keepingAxes: true))
        let across = g - own * (g * own).sum(axes, keepingAxes: true)
        let divisor = norm.apply(ScalarBinary(.maximum, least, norm.body))
        return [(across / divisor).kept(where: norm.compare(.notEqual, 0))]
      })
  }
}

extension Redistribution {
  /// The same for terms of another reduction.
  func joining(_ reduction: Reduction) throws(TensorError) -> Redistribution {
    try Redistribution(
      source.with(Sharding(mesh: source.sharding.mesh, .partial(reduction))), to: target)
  }
}

extension Elements {
  /// Whether a sum of `count` squares may have lost some of them: it is infinite, or so small that
  /// squares below the least number may matter.
  fileprivate mutating func appendIsExtreme(
    _ sum: Program.Value, of count: Int
  ) -> Program.Value {
    let type = type(of: sum)
    return appendIsInfinite(sum, orBelow: ScalarValue(type.leastSum(of: count), as: type))
  }
}

extension ScalarType {
  /// Below which squares that are no numbers of the type may matter in a sum of so many.
  fileprivate func leastSum(of count: Int) -> Double { 2 * Double(count) * limits.leastNormal }
}
