import Execution

/// The root of the sum of squares over some axes.
///
/// Squares of very large or very small numbers are no numbers of their type. Where a sum of squares shows that, elements
/// are divided by the largest of them first; all ranks see the same sums, and so decide alike.
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
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try compute(
      .identity(operands[0].type), operands, of: operands[0].shape, plan, on: runtime)
  }

  package func compute(
    _ program: Program, _ blocks: [StridedBlock], of shape: Shape, _ plan: Plan,
    on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let type = plan.local.scalarType
    let row = runtime.localShape(of: plan.local)
    let count = plan.operands[0].shape.elementCount(of: axes)

    /// Reduces what a program makes of the elements, over all ranks that hold some.
    func reduced(
      _ reduction: Reduction, _ program: Program, _ blocks: [StridedBlock]
    ) throws(TensorError) -> StridedBlock {
      let result = try runtime.allocate(row, type)
      try runtime.reduce(reduction, program, blocks, shape: shape, over: axes, into: result)
      guard let summary = plan.summaries.first else { return result }
      return try runtime.redistribute(result, try summary.joining(reduction))
    }

    var squares = program
    squares.apply(.square, squares.lastValue)
    let sums = try reduced(.sum, squares, blocks)
    let result = try runtime.allocate(row, type)
    var root = Program()
    root.apply(.sqrt, root.operand(type))
    runtime.evaluate(root, [sums], into: result)
    guard count > 0, try runtime.hasExtremes(sums, of: count) else { return result }

    var absolute = program
    absolute.apply(.abs, absolute.lastValue)
    let scales = try reduced(.max, absolute, blocks)
    runtime.evaluate(Self.usable(type), [scales], into: scales)
    var scaled = program
    let element = scaled.lastValue
    scaled.apply(.square, scaled.apply(.divide, element, scaled.operand(type)))
    let kept = shape.reduced(over: axes, keepingAxes: true)
    let rest = try reduced(
      .sum, scaled, blocks + [try runtime.contiguous(scales).viewed(as: kept)!])
    // Only where it is needed: an ordinary norm has the same bits whatever stands beside it.
    var choice = Program()
    let sum = choice.operand(type)
    let isExtreme = choice.appendIsExtreme(sum, of: count)
    let ordinary = choice.operand(type)
    let scale = choice.operand(type)
    let own = choice.apply(.multiply, choice.apply(.sqrt, choice.operand(type)), scale)
    choice.select(isExtreme, own, ordinary)
    let chosen = try runtime.allocate(row, type)
    runtime.evaluate(choice, [sums, result, scales, rest], into: chosen)
    return chosen
  }

  /// Numbers to divide by: 1 where there is nothing but zeros, or no finite largest one.
  private static func usable(_ type: ScalarType) -> Program {
    var program = Program()
    let scale = program.operand(type)
    let isFinite = program.apply(.isFinite, scale)
    let isPositive = program.apply(
      .greater, scale, program.constant(ScalarValue(0, as: type)))
    program.select(
      program.apply(.and, isFinite, isPositive), scale,
      program.constant(ScalarValue(1, as: type)))
    return program
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
    let (least, largest) = (body.scalarType.leastNonzero, body.scalarType.greatestFinite)
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
  fileprivate func joining(_ reduction: Reduction) throws(TensorError) -> Redistribution {
    try Redistribution(
      source.with(Sharding(mesh: source.sharding.mesh, .partial(reduction))), to: target)
  }
}

extension Program {
  /// Whether a sum of `count` squares may have lost some of them: it is infinite, or so small that squares below the
  /// least number may matter.
  fileprivate mutating func appendIsExtreme(_ sum: Value, of count: Int) -> Value {
    let type = type(of: sum)
    let least = type == .float32 ? Double(Float.leastNormalMagnitude) : .leastNormalMagnitude
    let isSmall = apply(.less, sum, constant(ScalarValue(2 * Double(count) * least, as: type)))
    return apply(.or, isSmall, apply(.isInfinite, sum))
  }
}

extension Runtime {
  fileprivate func hasExtremes(_ sums: StridedBlock, of count: Int) throws(TensorError) -> Bool {
    if sums.elementCount == 0 { return false }
    var program = Program()
    let sum = program.operand(sums.type)
    _ = program.appendIsExtreme(sum, of: count)
    let any = try allocate([], .bool)
    try reduce(
      .max, program, [sums], shape: sums.shape, over: Array(sums.shape.indices), into: any)
    return withExtendedLifetime(any.storage) { any.range.bytes[0] != 0 }
  }
}
