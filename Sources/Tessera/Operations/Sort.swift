import Execution

/// The order of elements along one axis: equal ones keep theirs, and NaN come last.
package struct SortOrder: Sendable {
  var name: String
  var axis: Int
  var isDescending: Bool
  /// How many of the first are wanted; nil for all.
  var count: Int?

  package init(name: String, axis: Int, isDescending: Bool, count: Int? = nil) {
    self.name = name
    self.axis = axis
    self.isDescending = isDescending
    self.count = count
  }

  fileprivate func plan(
    _ operand: TensorDescription, _ type: ScalarType
  ) throws(TensorError) -> Plan {
    let extent = operand.shape[axis]
    guard (0...extent).contains(count ?? extent) else {
      throw TensorError(
        name, given: "\(count ?? 0) elements along axis \(axis) of shape \(operand.shape)",
        expected: "a number in 0...\(extent)")
    }
    return try Planner.sorting(name, operand, axis: axis, first: count, result: type)
  }

  /// The elements in order, or their positions.
  fileprivate func compute(
    _ operand: StridedBlock, _ plan: Plan, positions: Bool, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let last = operand.shape.movingLast(axis)
    let source = try runtime.contiguous(operand.permuted(last))
    var shape = source.shape
    shape[shape.count - 1] = plan.local.shape[axis]
    let result = try runtime.allocate(shape, plan.local.scalarType)
    if plan.summaries.isEmpty {
      try runtime.executor.sort(
        source, descending: isDescending, positions: positions, into: result)
    } else {
      try join(source, plan, positions: positions, on: runtime, into: result)
    }
    return result.permuted(last.inverted)
  }

  /// The first ones of the first ones of every rank.
  private func join(
    _ source: StridedBlock, _ plan: Plan, positions: Bool, on runtime: Runtime,
    into result: StridedBlock
  ) throws(TensorError) {
    // What a rank has not is never looked at.
    let values = try runtime.allocate(result.shape, source.type)
    let places = try runtime.allocate(result.shape, .int64)
    runtime.executor.fill(values, with: ScalarValue(0, as: source.type))
    runtime.executor.fill(places, with: ScalarValue(Int64(0)))
    try runtime.executor.sort(source, descending: isDescending, positions: false, into: values)
    try runtime.executor.sort(source, descending: isDescending, positions: true, into: places)
    let held = plan.alignments[0].result
    let extents = (0..<held.sharding.count).map { held.box(of: $0).ranges[axis] }
    let start = ScalarValue(Int64(extents[runtime.communicator.rank].lowerBound))
    let shifted = AppliedFunction(.binary(.add), with: start)
    runtime.executor.evaluate(shifted.elements(of: [places]), into: places)
    try runtime.executor.joinSorted(
      try runtime.gatherRow(values, plan.summaries[0]),
      try runtime.gatherRow(places, plan.summaries[1]),
      counts: extents.map { min($0.count, result.shape.last!) }, descending: isDescending,
      givingPositions: positions, into: result)
  }
}

extension StableHash {
  fileprivate mutating func combine(_ order: SortOrder) {
    combine(order.axis)
    combine(order.isDescending)
    combine(order.count)
  }
}

/// Elements in order along an axis.
package struct Sort: Primitive {
  let order: SortOrder

  package init(order: SortOrder) { self.order = order }

  package var name: String { order.name }

  package func hashOptions(into hash: inout StableHash) { hash.combine(order) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try order.plan(operands[0], operands[0].scalarType)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try order.compute(operands[0], plan, positions: false, on: runtime)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(0) }

  /// A cotangent belongs to the element that has come to its place.
  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        let x = context.value(of: 0)
        return g.zeros(x.shape, x.body.scalarType, like: context.operands[0]).apply(
          ScatterAlong(axis: order.axis, adding: false), x.apply(SortPositions(order: order)), g)
      }
    ]
  }
}

/// The positions of elements in their order along an axis.
package struct SortPositions: Primitive {
  let order: SortOrder

  package init(order: SortOrder) { self.order = order }

  package var name: String { order.name }

  package func hashOptions(into hash: inout StableHash) { hash.combine(order) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try order.plan(operands[0], .int64)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try order.compute(operands[0], plan, positions: true, on: runtime)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Positions have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}
