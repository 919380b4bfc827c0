import Execution

/// Sum, product, minimum or maximum over some axes.
package struct Reduce: SingleReadingPrimitive {
  let reduction: Reduction
  /// Ascending, counted from the front.
  let axes: [Int]
  let keepingAxes: Bool
  /// Where the result is asked to lie; nil for where it falls, reduced.
  let placement: Placement?
  /// Whether a minimum or maximum of nothing is asked for too: it is the type's last or first
  /// number.
  let allowsNothing: Bool
  /// What the user called.
  package let name: String

  /// - Parameter name: what the user called, where that is not the reduction.
  package init(
    _ reduction: Reduction, axes: [Int], keepingAxes: Bool, placement: Placement? = nil,
    allowsNothing: Bool = false, as name: String? = nil
  ) {
    self.name = name ?? "\(reduction)"
    self.reduction = reduction
    self.axes = axes
    self.keepingAxes = keepingAxes
    self.placement = placement
    self.allowsNothing = allowsNothing
  }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axes)
    hash.combine(keepingAxes)
    hash.combine(placement)
    hash.combine(allowsNothing)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let operand = operands[0]
    if reduction == .min || reduction == .max, !allowsNothing {
      try operand.shape.checkNotEmpty(
        over: axes, keepingAxes: keepingAxes, for: name,
        expected: "at least one element to choose from, or initial: as one more element")
    }
    if reduction == .product, operand.scalarType.isFloatingPoint {
      return try Planner.product(
        name, operand, axes: axes, keepingAxes: keepingAxes, request: placement)
    }
    return try Planner.reduction(
      name, reduction, operand, axes: axes, keepingAxes: keepingAxes,
      result: resultType(operand.scalarType), request: placement)
  }

  private func resultType(_ type: ScalarType) -> ScalarType {
    switch reduction {
    case .sum, .product: type.sumType
    case .min, .max: type
    }
  }

  package func compute(
    _ elements: Elements, of shape: Shape, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    if let summary = plan.summaries.first {
      // Factors of several ranks, joined with their exponents apart.
      let row = Shape(summary.source.shape.dropFirst())
      let own = try runtime.allocate(row, .float64)
      try runtime.executor.multiplyApart(elements, shape: shape, over: axes, into: own)
      runtime.executor.joinProducts(try runtime.gatherRow(own, summary), into: result)
    } else {
      try runtime.executor.reduce(reduction, elements, shape: shape, over: axes, into: result)
    }
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    switch reduction {
    case .sum: []
    case .product: .operand(0)
    case .min, .max: [.operand(0), .result]
    }
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        let kept = context.operands[0].shape.reduced(over: axes, keepingAxes: true)
        let cotangent = g.reshaped(kept)
        switch reduction {
        case .sum: return cotangent.expanded(like: context.operands[0])
        case .product: return cotangent * context.value(of: 0).otherFactors(axes)
        case .min, .max:
          // Shared evenly by all elements that attain it; a NaN does.
          let x = context.value(of: 0)
          let mask = x.compare(.equal, context.result.reshaped(kept)).or(x.isNaN)
          let count = mask.asMask(like: x).apply(Reduce(.sum, axes: axes, keepingAxes: true))
          return (cotangent / count).kept(where: mask)
        }
      }
    ]
  }
}

/// The first position of the smallest or largest element along an axis, or in the whole tensor.
package struct ArgReduce: SingleReadingPrimitive {
  let reduction: Reduction
  /// One axis, or all.
  let axes: [Int]
  let keepingAxes: Bool

  package init(_ reduction: Reduction, axes: [Int], keepingAxes: Bool) {
    self.reduction = reduction
    self.axes = axes
    self.keepingAxes = keepingAxes
  }

  package var name: String { reduction == .min ? "argmin" : "argmax" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axes)
    hash.combine(keepingAxes)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let operand = operands[0]
    try operand.shape.checkNotEmpty(over: axes, keepingAxes: keepingAxes, for: name)
    return try Planner.extremePosition(name, operand, axes: axes, keepingAxes: keepingAxes)
  }

  package func compute(
    _ elements: Elements, of shape: Shape, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let kept = runtime.localShape(of: plan.local)
    let result = try runtime.allocate(kept, .int64)
    let values = try runtime.allocate(kept, plan.operands[0].scalarType)
    try runtime.executor.argReduce(
      reduction, elements, shape: shape, over: axes, values: values, positions: result)
    guard plan.summaries.count == 2 else { return result }
    // What this rank found is one candidate of many.
    runtime.executor.shift(
      result, by: plan.alignments[0].result.box(of: runtime.communicator.rank), axes,
      in: plan.operands[0].shape)
    let candidates = try runtime.gatherRow(values, plan.summaries[0])
    let positions = try runtime.gatherRow(result, plan.summaries[1])
    try runtime.executor.joinCandidates(
      reduction, candidates, positions, best: values, bestPositions: result)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Positions have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

extension Runtime {
  /// This rank's row of a summary and those of all others, in the order of the ranks.
  func gatherRow(
    _ row: StridedBlock, _ summary: Redistribution
  ) throws(TensorError) -> StridedBlock {
    let own = try contiguous(row).viewed(as: [1] + row.shape)!
    return try contiguous(try redistribute(own, summary))
  }
}

extension Shape {
  /// The minimum of nothing is an error, unless there is no result element that would need it.
  fileprivate func checkNotEmpty(
    over axes: [Int], keepingAxes: Bool, for operation: String,
    expected: String = "at least one element to choose from"
  ) throws(TensorError) {
    guard
      elementCount(of: axes) > 0 || reduced(over: axes, keepingAxes: false).elementCount == 0
    else {
      throw TensorError(
        operation, given: "shape \(self), empty along axes \(axes)",
        expected: expected)
    }
  }
}
