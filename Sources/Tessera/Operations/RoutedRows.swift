import Execution

/// Positions along a cut axis that every rank knows, and where what is taken at them lies.
package struct RowList: Sendable {
  let axis: Int
  /// The shape of the indices, at least one axis.
  let shape: Shape
  /// The cut of its first axis.
  let takers: CutPoints
  /// Counted from the front.
  let positions: [Int]

  fileprivate var end: Int { axis + shape.count }
}

extension StableHash {
  fileprivate mutating func combine(_ list: RowList) {
    combine(list.axis)
    combine(list.shape)
    combine(list.takers)
    combine(list.positions)
  }
}

/// Rows at positions along a cut axis: they travel to where the list is cut.
package struct TakeRouted: Primitive {
  let list: RowList

  package var name: String { "taking" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(list) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.taking(
      name, operands[0], axis: list.axis, list: list.shape, takers: list.takers,
      positions: list.positions)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    try runtime.takeRows(
      try runtime.contiguous(operands[0]), axis: list.axis, plan.rowMove!.routes, into: result,
      listEnd: list.end, as: name)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        g.apply(AccumulateRouted(list: list, whole: context.operands[0]))
      }
    ]
  }
}

/// Zeros to which rows are added at positions along a cut axis, by their owners.
package struct AccumulateRouted: Primitive {
  let list: RowList
  /// The tensor that the rows were taken from.
  let whole: TensorDescription

  package var name: String { "accumulating rows" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(list)
    hash.combine(whole)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.returning(
      name, operands, rows: 0, to: whole, axis: list.axis, list: list.shape, takers: list.takers,
      positions: list.positions)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    runtime.executor.fill(result, with: ScalarValue(0, as: result.type))
    try runtime.returnRows(
      try runtime.contiguous(operands[0]), listEnd: list.end, plan.rowMove!.routes, into: result,
      axis: list.axis, adding: true, as: name)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.lying(whole.sharding).apply(TakeRouted(list: list)) }]
  }
}

/// A tensor with rows replaced at positions along its cut axis; operands are the tensor and the
/// rows, which broadcast. Rows travel to the owners of their positions.
package struct PutRouted: Primitive {
  let list: RowList

  package var name: String { "index assignment" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(list) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.returning(
      name, operands, rows: 1, to: operands[0], axis: list.axis, list: list.shape,
      takers: list.takers, positions: list.positions)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(operands[0].shape, operands[0].type)
    runtime.executor.copy(operands[0], into: result)
    try write(operands[1], plan, into: result, on: runtime)
    return result
  }

  /// Writes aligned rows into what this rank holds, contiguous.
  func write(
    _ rows: StridedBlock, _ plan: Plan, into target: StridedBlock, on runtime: Runtime
  ) throws(TensorError) {
    var shape = Planner.shape(taking: list.shape, from: target.shape, axis: list.axis)
    shape[list.axis] = list.takers.range(of: runtime.communicator.rank).count
    try runtime.returnRows(
      try runtime.contiguous(rows.expanded(to: shape)), listEnd: list.end,
      plan.rowMove!.routes, into: target, axis: list.axis, adding: false, as: name)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let (whole, rows) = (context.operands[0], context.operands[1])
    // The list names owners by the cut of the tensor: its cotangent is brought to that cut.
    func cotangent() -> Value { g.lying(whole.sharding) }
    return [
      context.ifNeeded(0) { cotangent().apply(PutRouted(list: list), g.zero) },
      context.ifNeeded(1) {
        (cotangent().apply(TakeRouted(list: list)) * stays(like: g, axes: whole.shape.count))
          .summed(to: rows.shape)
      },
    ]
  }

  /// One for each row that stays, zero for those that a later row for the same position overwrites;
  /// in a shape that broadcasts to the rows.
  private func stays(like g: Value, axes: Int) -> Value {
    var last: [Int: Int] = [:]
    for (row, position) in list.positions.enumerated() { last[position] = row }
    let mask = list.positions.enumerated().map { last[$1] == $0 }
    let shape = list.shape + Shape(repeatElement(1, count: axes - list.axis - 1))
    return g.body.runtime.makeCurrent { Value(Tensor(mask, shape: shape).body).asMask(like: g) }
  }
}
