import Execution

/// How an operation knows the positions along an axis whose rows it takes, replaces or adds to.
package enum IndexRoute: Sendable {
  /// They are the second operand, and the axis is whole on every rank.
  case operand(axis: Int)
  /// Every rank knows all of them, and the axis is cut: rows travel.
  case list(RowList)
  /// They are the second operand, cut along its first axis as the axis is over ranks: positions
  /// travel to the owners of rows, and rows. `counts` has how many, as `RowRequests` does.
  case requests(axis: Int, counts: [Int])
}

/// Positions along a cut axis that every rank knows, and where what is taken at them lies.
package struct RowList: Sendable {
  let axis: Int
  /// The shape of the indices, at least one axis.
  let shape: Shape
  /// The cut of its first axis.
  let takers: CutPoints
  /// Counted from the front.
  let positions: [Int]
}

extension StableHash {
  mutating func combine(_ route: IndexRoute) {
    combine(route.axis)
    switch route {
    case .operand: break
    case .list(let list):
      combine(list.shape)
      combine(list.takers)
      combine(list.positions)
    case .requests(_, let counts): combine(counts)
    }
  }
}

extension IndexRoute {
  var axis: Int {
    switch self {
    case .operand(let axis), .requests(let axis, _): axis
    case .list(let list): list.axis
    }
  }

  private var isOperand: Bool { if case .list = self { false } else { true } }

  /// The index operand, where there is one.
  func indices(_ operands: [StridedBlock]) -> StridedBlock? { isOperand ? operands[1] : nil }
}

// The work of a rank
extension IndexRoute {
  /// Copies the rows of a contiguous block to their places in another.
  func take(
    _ source: StridedBlock, _ indices: StridedBlock?, _ plan: Plan, into target: StridedBlock,
    on runtime: Runtime
  ) throws(TensorError) {
    switch self {
    case .operand:
      let positions = try positions(indices!, plan, extent: source.shape[axis], on: runtime)
      runtime.executor.takeRows(
        source, axis: axis, at: positions, into: target,
        targetAxes: list(indices, on: runtime).axes)
    case .list:
      try runtime.takeRows(
        source, axis: axis, plan.rowMove!.routes, into: target,
        listEnd: list(indices, on: runtime).axes.upperBound, as: plan.operation)
    case .requests:
      let requests = plan.rowRequests!
      let positions = try positions(indices!, plan, extent: requests.owners.extent, on: runtime)
      try runtime.takeRows(
        source, requests, at: positions, into: target,
        listEnd: list(indices, on: runtime).axes.upperBound, as: plan.operation)
    }
  }

  /// Writes rows, which broadcast, to their places in a contiguous block, or adds them there.
  ///
  /// - Parameter agree: called before the first element is written, unless rows travel before.
  func put(
    _ rows: StridedBlock, _ indices: StridedBlock?, _ plan: Plan, into target: StridedBlock,
    adding: Bool, on runtime: Runtime, _ agree: () throws(TensorError) -> Void = {}
  ) throws(TensorError) {
    let list = list(indices, on: runtime)
    let shape = Planner.shape(taking: list.shape, from: target.shape, axis: axis)
    let rows = try runtime.contiguous(rows.expanded(to: shape))
    switch self {
    case .operand:
      let positions = try positions(indices!, plan, extent: target.shape[axis], on: runtime)
      try agree()
      try runtime.executor.putRows(
        rows, sourceAxes: list.axes, at: positions, into: target, axis: axis, adding: adding)
    case .list:
      try runtime.returnRows(
        rows, listEnd: list.axes.upperBound, plan.rowMove!.routes, into: target, axis: axis,
        adding: adding, as: plan.operation)
    case .requests:
      let requests = plan.rowRequests!
      let positions = try positions(indices!, plan, extent: requests.owners.extent, on: runtime)
      try runtime.returnRows(
        rows, listEnd: list.axes.upperBound, requests, at: positions, into: target, adding: adding,
        as: plan.operation)
    }
  }

  /// This rank's part of the list of positions: its shape, and the axes that rows have for it.
  private func list(
    _ indices: StridedBlock?, on runtime: Runtime
  ) -> (shape: Shape, axes: Range<Int>) {
    var shape: Shape
    switch self {
    case .operand, .requests: shape = indices!.shape
    case .list(let list):
      shape = list.shape
      shape[0] = list.takers.range(of: runtime.communicator.rank).count
    }
    return (shape, axis..<axis + shape.count)
  }

  /// The positions that this rank holds of the index operand.
  private func positions(
    _ indices: StridedBlock, _ plan: Plan, extent: Int, on runtime: Runtime
  ) throws(TensorError) -> Positions {
    let isCommon = plan.alignments[1].target.isReplicated
    return try runtime.executor.positions(
      indices, extent: extent, for: plan.operation,
      rank: isCommon ? nil : runtime.communicator.rank)
  }
}

// The way back
extension IndexRoute {
  /// What pullbacks read: the positions.
  var kept: KeptValues { KeptValues.operand(1).when(isOperand) }

  /// The positions as an operand of a pullback's operations, which take the same way.
  func indices(_ context: PullbackContext) -> [Value] {
    isOperand ? [context.value(of: 1)] : []
  }

  /// The cotangents of the positions, which have none.
  var cotangents: [Value?] { isOperand ? [nil] : [] }

  /// A cotangent of the tensor that rows belong to, where rows can go this way: those that travel
  /// have owners by the cut of the tensor.
  func lying(_ cotangent: Value, as whole: TensorDescription) -> Value {
    if case .operand = self { return cotangent }
    return cotangent.lying(whole.sharding)
  }

  /// One for each row that stays, zero for those that a later row for the same position overwrites;
  /// in a shape that broadcasts to the rows of a tensor.
  func staying(_ indices: [Value], of whole: TensorDescription, like g: Value) -> Value {
    let mask: Value
    switch self {
    case .operand:
      mask = numbers(of: whole, like: g).lastRows(.operand(axis: 0), indices)
    case .requests(_, let counts):
      let cut = whole.sharding.cut(of: axis)!.along(0)
      mask = numbers(of: whole, like: g)
        .lying(Sharding(mesh: whole.sharding.mesh, cuts: [cut]))
        .lastRows(.requests(axis: 0, counts: counts), indices)
    case .list(let list):
      // The same with numbers that are known, and without a place for each position of the axis.
      var last: [Int: Int] = [:]
      for (row, position) in list.positions.enumerated() { last[position] = row }
      let stays = list.positions.enumerated().map { last[$1] == $0 }
      mask = g.body.runtime.makeCurrent { Value(Tensor(stays, shape: list.shape).body) }
    }
    let inner = whole.shape.count - axis - 1
    return mask.asMask(like: g).reshaped(mask.shape + Shape(repeatElement(1, count: inner)))
  }

  /// A zero for each position of the axis.
  private func numbers(of whole: TensorDescription, like g: Value) -> Value {
    g.zeros([whole.shape[axis]], .int64, like: whole)
  }
}

extension Value {
  /// Whether each row is the last for its position: each writes its number, and the last one is
  /// found there.
  fileprivate func lastRows(_ route: IndexRoute, _ indices: [Value]) -> Value {
    let order = indices[0].order
    return apply(PutRows(route), indices + [order]).apply(Take(route), indices)
      .compare(.equal, order)
  }
}
