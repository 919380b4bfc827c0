import Execution

/// For each element the product of all others over some axes: the slope of a product, which no zero
/// must be divided out of. With further operands, each of the shape of the first, it is the
/// derivative of that along them.
package struct OtherFactors: Primitive {
  /// Ascending, counted from the front.
  let axes: [Int]

  package var name: String { "product" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(axes) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.otherFactors(
      name, operands, axes: axes, width: FactorAlgebra(operands: operands.count).width)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let shape = operands[0].shape
    let kept = shape.indices.filter { !axes.contains($0) }
    let order = kept + axes
    let lines = Shape(kept.map { shape[$0] })
    let joined = lines + [shape.elementCount(of: axes)]
    let blocks = try operands.map { (operand) throws(TensorError) in
      try runtime.contiguous(operand.permuted(order)).viewed(as: joined)!
    }
    var outside: StridedBlock?
    if let summary = plan.summaries.first {
      let width = FactorAlgebra(operands: operands.count).width
      let totals = try runtime.allocate(lines + [width], .float64)
      runtime.executor.factorTotals(blocks, into: totals)
      outside = try runtime.gatherRow(totals, summary)
    }
    let result = try runtime.allocate(joined, operands[0].type)
    runtime.executor.otherFactors(
      blocks, outside: outside, rank: runtime.communicator.rank, into: result)
    return result.viewed(as: Shape(order.map { shape[$0] }))!.permuted(order.inverted)
  }

  /// Each cotangent takes all operands, but for the one whose place it takes.
  package func kept(for isNeeded: [Bool]) -> KeptValues {
    isNeeded.indices.reduce(into: .operand(0)) { kept, index in
      let isRead = isNeeded.indices.contains { isNeeded[$0] && $0 != index }
      kept.formUnion(.operand(index).when(isRead))
    }
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    // The cotangent takes the place of the operand whose own is wanted; of the first it comes in
    // addition.
    context.operands.indices.map { index in
      context.ifNeeded(index) {
        var others = context.operands.indices.dropFirst().map {
          $0 == index ? g : context.value(of: $0)
        }
        if index == 0 { others.append(g) }
        return context.value(of: 0).otherFactors(axes, along: others)
      }
    }
  }
}

extension Value {
  /// The product of all other elements over some axes, or its derivative along other values.
  func otherFactors(_ axes: [Int], along others: [Value] = []) -> Value {
    apply(OtherFactors(axes: axes), to: [self] + others)
  }
}
