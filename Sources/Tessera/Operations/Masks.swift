import Execution

/// How many elements of a mask are true: one number a rank where it is cut, else one in all.
package struct CountTrue: Primitive {
  package var name: String { "counting" }

  package func hashOptions(into hash: inout StableHash) {}

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.counting(operands[0])
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate([1], .int64)
    let shape = operands[0].shape
    try runtime.executor.reduce(
      .sum, Elements(of: operands[0]), shape: shape, over: Array(shape.indices),
      into: result.viewed(as: [])!)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Numbers have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

/// The elements that a mask over the first axes picks, in row-major order; operands are the tensor
/// and the mask, aligned with each other.
package struct PickMasked: Primitive {
  /// True elements, one number a rank where the first axis is cut, else one in all.
  let counts: [Int]

  package var name: String { "index" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(counts) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let (operand, mask) = (operands[0], operands[1])
    return Plan(
      operation: name, operands: operands, alignments: operands.map { .keeping($0) },
      local: Planner.picked(
        operand, maskAxes: mask.shape.count, rest: Shape(operand.shape[mask.shape.count...]),
        scalarType: operand.scalarType, counts: counts))
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    runtime.executor.takeRows(
      try runtime.contiguous(operands[0]), where: try runtime.contiguous(operands[1]), into: result)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(1) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        g.apply(PlaceMasked(counts: counts, whole: context.operands[0]), context.value(of: 1))
      }, nil,
    ]
  }
}

/// Zeros with rows in the places where a mask is true: the transpose of picking them; operands are
/// the rows and the mask.
package struct PlaceMasked: Primitive {
  let counts: [Int]
  /// The tensor that the rows were picked from.
  let whole: TensorDescription

  package var name: String { "placing rows" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(counts)
    hash.combine(whole)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let (rows, mask) = (operands[0], operands[1])
    let axes = mask.shape.count
    let picked = Planner.picked(
      whole, maskAxes: axes, rest: Shape(whole.shape[axes...]), scalarType: rows.scalarType,
      counts: counts)
    return Plan(
      operation: name, operands: operands,
      alignments: try Planner.elementwise(name, [rows], into: picked).alignments
        + [.keeping(mask)],
      local: whole)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    runtime.executor.fill(result, with: ScalarValue(0, as: result.type))
    try runtime.executor.putRows(
      try runtime.contiguous(operands[0]), sourceAxes: 0..<1,
      at: try runtime.executor.truePositions(try runtime.contiguous(operands[1])),
      into: try runtime.rows(of: result, axes: operands[1].shape.count), axis: 0, adding: false)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(1) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        g.lying(whole.sharding).apply(PickMasked(counts: counts), context.value(of: 1))
      }, nil,
    ]
  }
}

/// The positions of the true elements of a mask, one row each with a number for every axis.
package struct NonZero: Primitive {
  let counts: [Int]

  package var name: String { "nonZero" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(counts) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let mask = operands[0]
    return Plan(
      operation: name, operands: operands, alignments: [.keeping(mask)],
      local: Planner.picked(
        mask, maskAxes: mask.shape.count, rest: [mask.shape.count], scalarType: .int64,
        counts: counts))
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let box = plan.operands[0].box(of: runtime.communicator.rank)
    let result = try runtime.allocate(plan.local)
    runtime.executor.unravel(
      try runtime.executor.truePositions(try runtime.contiguous(operands[0])), in: box, into: result
    )
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Positions have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

extension Runtime {
  /// A block with its first axes joined, contiguous.
  fileprivate func rows(
    of block: StridedBlock, axes: Int
  ) throws(TensorError) -> StridedBlock {
    let joined = [block.shape.elementCount(of: 0..<axes)] + Array(block.shape[axes...])
    return try contiguous(block).viewed(as: Shape(joined))!
  }
}
