import Execution

/// Rows at the positions of an index tensor, along an axis that is whole on every rank; operands
/// are the tensor and the indices.
package struct Take: Primitive {
  let axis: Int

  package var name: String { "taking" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(axis) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.taking(name, operands[0], operands[1], axis: axis)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let positions = try runtime.positions(operands[1], plan, operand: 1, along: axis, of: 0)
    let shape = runtime.localShape(of: plan.local)
    let result = try runtime.allocate(shape, operands[0].type)
    runtime.executor.takeRows(
      try runtime.contiguous(operands[0]), axis: axis, at: positions, into: result,
      targetAxes: axis..<axis + operands[1].shape.count)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(1) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        g.apply(
          AccumulateRows(axis: axis, into: context.operands[0].shape), context.value(of: 1))
      }, nil,
    ]
  }
}

/// Zeros to which rows are added at the positions of an index tensor: the transpose of taking them;
/// operands are the rows and the indices.
package struct AccumulateRows: Primitive {
  let axis: Int
  let shape: Shape

  package init(axis: Int, into shape: Shape) {
    self.axis = axis
    self.shape = shape
  }

  package var name: String { "accumulating rows" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axis)
    hash.combine(shape)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.accumulating(name, operands[0], operands[1], axis: axis, into: shape)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let positions = try runtime.positions(
      operands[1], plan, operand: 1, extent: shape[axis])
    let result = try runtime.allocate(plan.local)
    runtime.executor.fill(result, with: ScalarValue(0, as: result.type))
    runtime.executor.putRows(
      try runtime.contiguous(operands[0]), sourceAxes: axis..<axis + operands[1].shape.count,
      at: positions, into: result, axis: axis, adding: true)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(1) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.apply(Take(axis: axis), context.value(of: 1)) }, nil]
  }
}

/// A tensor with rows replaced at the positions of an index tensor, along an axis that is whole on
/// every rank; operands are the tensor, the indices and the rows, which broadcast.
package struct PutRows: Primitive {
  let axis: Int

  package var name: String { "index assignment" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(axis) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.putting(name, operands[0], operands[1], operands[2], axis: axis)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(operands[0].shape, operands[0].type)
    runtime.executor.copy(operands[0], into: result)
    try write(Array(operands[1...]), plan, into: result, on: runtime)
    return result
  }

  /// Writes aligned rows into what this rank holds, contiguous.
  func write(
    _ operands: [StridedBlock], _ plan: Plan, into target: StridedBlock, on runtime: Runtime
  ) throws(TensorError) {
    let positions = try runtime.positions(operands[0], plan, operand: 1, along: axis, of: 0)
    let shape = Planner.shape(taking: operands[0].shape, from: target.shape, axis: axis)
    runtime.executor.putRows(
      try runtime.contiguous(operands[1].expanded(to: shape)),
      sourceAxes: axis..<axis + operands[0].shape.count, at: positions, into: target, axis: axis,
      adding: false)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(1) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let indices = context.value(of: 1)
    return [
      context.ifNeeded(0) { g.apply(PutRows(axis: axis), indices, g.zero) }, nil,
      context.ifNeeded(2) {
        (g.apply(Take(axis: axis), indices) * stays(indices, context.operands[0], like: g))
          .summed(to: context.operands[2].shape)
      },
    ]
  }

  /// One for each row that stays, zero for those that a later row for the same position overwrites;
  /// in a shape that broadcasts to the rows.
  private func stays(_ indices: Value, _ target: TensorDescription, like g: Value) -> Value {
    let order = indices.order
    let last = g.zeros([target.shape[axis]], .int64, like: target)
      .apply(PutRows(axis: 0), indices, order)
    let mask = last.apply(Take(axis: 0), indices).compare(.equal, order).asMask(like: g)
    let inner = target.shape.count - axis - 1
    return mask.reshaped(indices.shape + Shape(repeatElement(1, count: inner)))
  }
}

extension Runtime {
  /// The positions that this rank holds of an index operand, along an axis of another operand.
  fileprivate func positions(
    _ block: StridedBlock, _ plan: Plan, operand: Int, along axis: Int, of other: Int
  ) throws(TensorError) -> [Int] {
    try positions(block, plan, operand: operand, extent: plan.operands[other].shape[axis])
  }

  fileprivate func positions(
    _ block: StridedBlock, _ plan: Plan, operand: Int, extent: Int
  ) throws(TensorError) -> [Int] {
    let isCommon = plan.alignments[operand].target.isReplicated
    return try executor.positions(
      block, extent: extent, for: plan.operation, rank: isCommon ? nil : communicator.rank)
  }
}
