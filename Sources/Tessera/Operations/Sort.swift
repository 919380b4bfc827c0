import Execution

/// The order of elements along one axis: equal ones keep theirs, and NaN come last.
package struct SortOrder: Sendable {
  var name: String
  var axis: Int
  var isDescending: Bool
  /// The places in order whose elements are wanted; nil for all.
  var places: Range<Int>?

  package init(name: String, axis: Int, isDescending: Bool, places: Range<Int>? = nil) {
    self.name = name
    self.axis = axis
    self.isDescending = isDescending
    self.places = places
  }

  /// The places of the first ones along an axis.
  package static func first(
    _ count: Int, of shape: Shape, axis: Int, for operation: String
  ) throws(TensorError) -> Range<Int> {
    guard (0...shape[axis]).contains(count) else {
      throw TensorError(
        operation, given: "\(count) elements along axis \(axis) of shape \(shape)",
        expected: "a number in 0...\(shape[axis])")
    }
    return 0..<count
  }

  fileprivate func plan(
    _ operand: TensorDescription, _ type: ScalarType
  ) throws(TensorError) -> Plan {
    try Planner.sorting(name, operand, axis: axis, places: places, result: type)
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
    if let places, places.lowerBound > 0, !plan.summaries.isEmpty {
      let run = SharedRun(plan, along: axis, rank: runtime.communicator.rank) {
        (block, summary) throws(TensorError) in
        try runtime.contiguous(try runtime.redistribute(block, summary))
      }
      try runtime.executor.findPlaces(
        places, in: source, of: run, descending: isDescending, givingPositions: positions,
        into: result)
    } else if !plan.summaries.isEmpty {
      try join(source, plan, positions: positions, on: runtime, into: result)
    } else if let places {
      try find(
        places, in: source, values: positions ? nil : result, positions: positions ? result : nil,
        on: runtime)
    } else {
      try runtime.executor.sort(
        source, descending: isDescending, positions: positions, into: result)
    }
    return result.permuted(last.inverted)
  }

  /// The elements that come to some places, and their positions, where they are wanted.
  private func find(
    _ places: Range<Int>, in source: StridedBlock, values: StridedBlock?,
    positions: StridedBlock?, on runtime: Runtime
  ) throws(TensorError) {
    let found: StridedBlock
    if let positions {
      found = positions
    } else {
      found = try runtime.allocate(
        Shape(source.shape.dropLast()) + [places.count], .int64)
    }
    try runtime.executor.sortedPositions(
      source, places: places, descending: isDescending, into: found)
    guard let values else { return }
    let numbers = try runtime.executor.positions(
      found, extent: source.shape.last!, for: name, rank: nil)
    runtime.executor.takeAlongLast(source, at: numbers, into: values)
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
    let count = min(source.shape.last!, result.shape.last!)
    let outer = result.shape.dropLast().map { 0..<$0 }
    let own = Shape(source.shape.dropLast()) + [count]
    let found = try runtime.allocate(own, .int64)
    let elements = try runtime.allocate(own, source.type)
    try find(0..<count, in: source, values: elements, positions: found, on: runtime)
    let held = plan.alignments[0].result
    let extents = (0..<held.sharding.count).map { held.box(of: $0).ranges[axis] }
    let start = ScalarValue(Int64(extents[runtime.communicator.rank].lowerBound))
    let shifted = AppliedFunction(.binary(.add), with: start)
    runtime.executor.evaluate(
      shifted.elements(of: [found]), into: places.slice(outer + [0..<count]))
    runtime.executor.copy(elements, into: values.slice(outer + [0..<count]))
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
    combine(order.places?.lowerBound)
    combine(order.places?.upperBound)
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
          ScatterAlong(axis: order.axis), x.apply(SortPositions(order: order)), g)
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
