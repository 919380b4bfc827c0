import Execution

/// Rows at positions along an axis; operands are the tensor and, where the positions are an
/// operand, these.
package struct Take: Primitive {
  let route: IndexRoute

  package init(_ route: IndexRoute) { self.route = route }

  package var name: String { "taking" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(route) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    switch route {
    case .operand(let axis): try Planner.taking(name, operands[0], operands[1], axis: axis)
    case .list(let list):
      try Planner.taking(
        name, operands[0], axis: list.axis, list: list.shape, takers: list.takers,
        positions: list.positions)
    case .requests(let axis, let counts):
      try Planner.taking(name, operands[0], operands[1], axis: axis, counts: counts)
    }
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    try route.take(
      try runtime.contiguous(operands[0]), route.indices(operands), plan, into: result, on: runtime)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { route.kept }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let rows = context.ifNeeded(0) {
      g.apply(AccumulateRows(route, into: context.operands[0]), route.indices(context))
    }
    return [rows] + route.cotangents
  }
}

/// How many positions each rank has in each part of a cut axis, for all ranks: what they need to
/// know before they send them. The operand is the positions, cut along their first axis.
package struct CountRequests: Primitive {
  /// What they are counted for.
  package let name: String
  /// The cut of the axis.
  let owners: CutPoints

  package func hashOptions(into hash: inout StableHash) { hash.combine(owners) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.countingRequests(name, operands[0], owners: owners)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let positions = try runtime.executor.positions(
      operands[0], extent: owners.extent, for: name, rank: runtime.communicator.rank)
    let counts = try runtime.allocate(plan.local)
    try runtime.executor.count(positions, byPartOf: owners, into: counts)
    return counts
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Numbers have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

/// Zeros to which rows are added at positions along an axis: the transpose of taking them; operands
/// are the rows and, where the positions are an operand, these.
package struct AccumulateRows: Primitive {
  let route: IndexRoute
  /// The tensor that the rows were taken from.
  let whole: TensorDescription

  package init(_ route: IndexRoute, into whole: TensorDescription) {
    self.route = route
    self.whole = whole
  }

  package var name: String { "accumulating rows" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(route)
    hash.combine(whole)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    switch route {
    case .operand(let axis):
      try Planner.accumulating(name, operands[0], operands[1], axis: axis, into: whole.shape)
    case .list(let list):
      try Planner.returning(
        name, operands, rows: 0, to: whole, axis: list.axis, list: list.shape, takers: list.takers,
        positions: list.positions)
    case .requests(let axis, let counts):
      try Planner.returning(name, operands, rows: 0, to: whole, axis: axis, counts: counts)
    }
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    runtime.executor.fill(result, with: ScalarValue(0, as: result.type))
    try route.put(
      operands[0], route.indices(operands), plan, into: result, adding: true, on: runtime)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { route.kept }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let rows = context.ifNeeded(0) {
      route.lying(g, as: whole).apply(Take(route), route.indices(context))
    }
    return [rows] + route.cotangents
  }
}

/// A tensor with rows replaced at positions along an axis; operands are the tensor, the positions
/// where they are an operand, and the rows, which broadcast.
package struct PutRows: WritingPrimitive {
  let route: IndexRoute

  package init(_ route: IndexRoute) { self.route = route }

  package var name: String { "index assignment" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(route) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    switch route {
    case .operand(let axis):
      try Planner.putting(name, operands[0], operands[1], operands[2], axis: axis)
    case .list(let list):
      try Planner.returning(
        name, operands, rows: 1, to: operands[0], axis: list.axis, list: list.shape,
        takers: list.takers, positions: list.positions)
    case .requests(let axis, let counts):
      try Planner.returning(name, operands, rows: 2, to: operands[0], axis: axis, counts: counts)
    }
  }

  package func write(
    _ others: [LocalOperand], _ plan: Plan, into target: StridedBlock, on runtime: Runtime,
    _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) {
    let blocks = try others.map { (other) throws(TensorError) in try other.materialized }
    let place = try runtime.contiguous(target)
    try route.put(
      blocks.last!, route.indices([target] + blocks), plan, into: place, adding: false, on: runtime,
      agree)
    if !target.isContiguous { runtime.executor.copy(place, into: target) }
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { route.kept }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let (whole, last) = (context.operands[0], context.operands.count - 1)
    let indices = route.indices(context)
    let g = route.lying(g, as: whole)
    let stayed = context.ifNeeded(0) { g.apply(PutRows(route), indices + [g.zero]) }
    let rows = context.ifNeeded(last) {
      (g.apply(Take(route), indices) * route.staying(indices, of: whole, like: g))
        .summed(to: context.operands[last].shape)
    }
    return [stayed] + route.cotangents + [rows]
  }
}

extension Value {
  func apply(_ primitive: some Primitive, _ others: [Value]) -> Value {
    orEnd(body.runtime) { () throws(TensorError) in
      Value(try primitive.apply([body] + others.map(\.body)))
    }
  }
}
