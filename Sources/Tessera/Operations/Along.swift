import Execution

/// Elements picked along an axis by an index for each place of the result; operands are the tensor
/// and the indices, which agree in all other axes.
package struct GatherAlong: Primitive {
  let axis: Int
  package let name: String
  /// Whether a tensor that is cut along the axis stays where it lies.
  let fromOwners: Bool

  package init(axis: Int, name: String = "gathered", fromOwners: Bool = false) {
    self.axis = axis
    self.name = name
    self.fromOwners = fromOwners
  }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axis)
    hash.combine(fromOwners)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try operands[0].shape.checkMatches(operands[1].shape, except: axis, for: name)
    return fromOwners
      ? try Planner.gatheringFromOwners(name, operands[0], operands[1], along: axis)
      : try Planner.gathering(name, operands[0], operands[1], along: axis)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let last = operands[0].shape.movingLast(axis)
    let source = try runtime.contiguous(operands[0].permuted(last))
    let indices = operands[1].permuted(last)
    let positions = try runtime.executor.positions(
      indices, extent: plan.operands[0].shape[axis], for: name,
      rank: plan.alignments[1].target.isReplicated ? nil : runtime.communicator.rank)
    if let summary = plan.summaries.first {
      let own = plan.alignments[0].result.box(of: runtime.communicator.rank).ranges[axis]
      let bits = try runtime.pick(
        source, of: own, at: positions, as: summary.source.scalarType, indices.shape)
      var result = try runtime.redistribute(bits.permuted(last.inverted), summary)
      result.type = source.type
      return result
    }
    let result = try runtime.allocate(indices.shape, source.type)
    runtime.executor.takeAlongLast(source, at: positions, into: result)
    return result.permuted(last.inverted)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(1) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let x = context.operands[0]
    return [
      context.ifNeeded(0) {
        g.zeros(x.shape, x.scalarType, like: x).apply(
          ScatterAlong(axis: axis, combining: .sum), context.value(of: 1), g)
      }, nil,
    ]
  }
}

extension Runtime {
  /// The bits of elements that are picked along the last axis, as integers; 0 for those that other
  /// ranks hold.
  ///
  /// - Parameters:
  ///   - own: the positions that this rank holds.
  ///   - positions: one for each element of the result's shape.
  fileprivate func pick(
    _ source: StridedBlock, of own: Range<Int>, at positions: Positions, as type: ScalarType,
    _ shape: Shape
  ) throws(TensorError) -> StridedBlock {
    let result = try allocate(shape, type)
    let none = ScalarValue(Int64(0)), zero = ScalarValue(integer: 0, as: type)
    if own.isEmpty || shape.elementCount == 0 {
      executor.fill(result, with: zero)
      return result
    }
    let places = try allocate(shape, .int64)
    let mask = try allocate(shape, .bool)
    var isOwn = Elements()
    let position = isOwn.operand(positions.block)
    isOwn.apply(
      .and,
      isOwn.apply(.greaterEqual, position, isOwn.constant(ScalarValue(Int64(own.lowerBound)))),
      isOwn.apply(.less, position, isOwn.constant(ScalarValue(Int64(own.upperBound)))))
    executor.evaluate(isOwn, into: mask)
    var place = Elements()
    place.select(
      place.operand(mask),
      place.apply(
        .subtract, place.operand(positions.block),
        place.constant(ScalarValue(Int64(own.lowerBound)))), place.constant(none))
    executor.evaluate(place, into: places)
    let picked = try allocate(shape, source.type)
    executor.takeAlongLast(
      source, at: try executor.positions(places, extent: own.count, for: "gathered", rank: nil),
      into: picked)
    var bits = picked
    bits.type = type
    var kept = Elements()
    kept.select(kept.operand(mask), kept.operand(bits), kept.constant(zero))
    executor.evaluate(kept, into: result)
    return result
  }
}

/// A tensor with elements replaced along an axis, or combined with values: each value goes to the
/// place that its index names. Operands are the tensor, the indices and the values, which broadcast
/// to the indices.
package struct ScatterAlong: Primitive {
  let axis: Int
  /// Nil where values replace elements: of several for one place the last stays.
  let reduction: Reduction?
  /// Where values are added to a vector that is cut as their indices are, and go to the owners of
  /// their places: how many, as `RowRequests` has it.
  let counts: [Int]?

  package init(axis: Int, combining reduction: Reduction? = nil, counts: [Int]? = nil) {
    self.axis = axis
    self.reduction = reduction
    self.counts = counts
  }

  package var name: String {
    switch reduction {
    case nil: "scattering"
    case .sum: "scatteringSum"
    case .product: "scatteringProduct"
    case .min: "scatteringMinimum"
    case .max: "scatteringMaximum"
    }
  }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axis)
    hash.combine(reduction.map { Int($0.rawValue) } ?? -1)
    hash.combine(counts ?? [])
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try operands[0].shape.checkMatches(operands[1].shape, except: axis, for: name)
    let (target, indices, values) = (operands[0], operands[1], operands[2])
    if let counts {
      return try Planner.returning(
        name, operands, rows: 2, to: target, axis: axis, counts: counts)
    }
    return reduction == .sum
      ? try Planner.scatteringSum(name, target, indices, values, along: axis)
      : try Planner.scattering(name, target, indices, values, along: axis)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let last = operands[0].shape.movingLast(axis)
    let indices = operands[1].permuted(last)
    let expanded = operands[2].expanded(to: operands[1].shape).permuted(last)
    // One value for all is read where it is.
    let values = operands[2].elementCount == 1 ? expanded : try runtime.contiguous(expanded)
    let positions = try runtime.executor.positions(
      indices, extent: plan.operands[0].shape[axis], for: name,
      rank: plan.alignments[1].target.isReplicated ? nil : runtime.communicator.rank)
    if let requests = plan.rowRequests {
      let result = try runtime.executor.copied(operands[0])
      try runtime.returnRows(
        try runtime.contiguous(values), listEnd: 1, requests, at: positions, into: result,
        adding: true, as: name)
      return result
    }
    let result = try start(operands[0].permuted(last), plan, on: runtime)
    try runtime.executor.putAlongLast(values, at: positions, into: result, combining: reduction)
    return result.permuted(last.inverted)
  }

  /// What values go to, with the axis last: the tensor, or in a term what this rank alone gives of
  /// it.
  private func start(
    _ source: StridedBlock, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    guard let terms = plan.local.sharding.terms else { return try runtime.executor.copied(source) }
    let (rank, whole) = (runtime.communicator.rank, plan.operands[0])
    var shape = source.shape
    shape[shape.count - 1] = whole.shape[axis]
    let result = try runtime.allocate(shape, source.type)
    // The zero that leaves the sign of another.
    runtime.executor.fill(result, with: ScalarValue(-0.0, as: source.type))
    if whole.sharding.isCut(along: axis) {
      var ranges = shape.map { 0..<$0 }
      ranges[ranges.count - 1] = whole.box(of: rank).ranges[axis]
      runtime.executor.copy(source, into: result.slice(ranges))
    } else if whole.sharding.mesh.position(ofRank: rank, along: terms.over) == 0 {
      runtime.executor.copy(source, into: result)
    }
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    switch reduction {
    case nil: .operand(1)
    case .sum: .operand(1).when(isNeeded[2])
    case .product: [.operand(0), .operand(1), .operand(2)]
    case .min, .max: [.operand(0), .operand(1), .operand(2), .result]
    }
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let values = context.operands[2].shape
    switch reduction {
    case nil:
      return [
        context.ifNeeded(0) { put(g, context.value(of: 1), g.zero) }, nil,
        context.ifNeeded(2) {
          (pick(g, context) * stays(context.value(of: 1), context.operands[0], like: g))
            .summed(to: values)
        },
      ]
    case .sum:
      return [
        context.ifNeeded(0) { g }, nil,
        context.ifNeeded(2) { pick(g, context).summed(to: values) },
      ]
    case .product: return productPullback(g, context)
    case .min, .max: return extremePullback(g, context)
    }
  }

  private func pick(_ x: Value, _ context: PullbackContext) -> Value {
    guard let counts else { return x.apply(GatherAlong(axis: axis), context.value(of: 1)) }
    return x.lying(context.operands[0].sharding)
      .apply(Take(.requests(axis: axis, counts: counts)), context.value(of: 1))
  }

  private func put(_ x: Value, _ indices: Value, _ values: Value) -> Value {
    x.apply(ScatterAlong(axis: axis), indices, values)
  }

  private func add(_ values: Value, to x: Value, _ context: PullbackContext) -> Value {
    x.apply(ScatterAlong(axis: axis, combining: .sum), context.value(of: 1), values)
  }

  /// Those that are the extreme of their place share its cotangent evenly; a NaN is one.
  private func extremePullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let (x, values, extreme) = (context.value(of: 0), context.value(of: 2), context.result)
    let isKept = x.compare(.equal, extreme).or(x.isNaN)
    let isTaken = values.compare(.equal, pick(extreme, context)).or(values.isNaN)
    let share = g / add(isTaken.asMask(like: g), to: isKept.asMask(like: g), context)
    return [
      context.ifNeeded(0) { share.kept(where: isKept) }, nil,
      context.ifNeeded(2) { pick(share, context).kept(where: isTaken).summed(to: values.shape) },
    ]
  }

  /// Each factor's slope is the product of the others, by a division where none is zero. Zeros are
  /// kept apart: of one, the slope is the product of all others, and beside it the others' slopes
  /// are zero times what they would be; beside two, a zero's is that of the other times the rest.
  private func productPullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let (x, values) = (context.value(of: 0), context.value(of: 2))
    let (ownZero, otherZero) = (
      x.compare(.equal, 0).asMask(like: g), values.compare(.equal, 0).asMask(like: g)
    )
    // Where a zero was, a constant.
    let rest = (x * (1 - ownZero) + ownZero).apply(
      ScatterAlong(axis: axis, combining: .product), context.value(of: 1),
      values * (1 - otherZero) + otherZero)
    let zeros = add(otherZero, to: ownZero, context)
    let sum = add(values * otherZero, to: x * ownZero, context)
    /// The slope of factors, which are zero or not, as their places have zeros.
    func slope(_ v: Value, _ isZero: Value, at places: (Value) -> Value) -> Value {
      let (zeros, sum) = (places(zeros), places(sum))
      func have(_ count: Double) -> Value { zeros.compare(.equal, count).asMask(like: g) }
      let others =
        (have(0) + have(1) * (1 - isZero) * sum) / (v + isZero) + have(1) * isZero
        + have(2) * isZero * (sum - v)
      return places(g) * places(rest) * others
    }
    return [
      context.ifNeeded(0) { slope(x, ownZero) { $0 } }, nil,
      context.ifNeeded(2) {
        slope(values, otherZero) { pick($0, context) }.summed(to: values.shape)
      },
    ]
  }

  /// One for each value that stays, zero for those that a later value for the same place
  /// overwrites.
  private func stays(_ indices: Value, _ target: TensorDescription, like g: Value) -> Value {
    let order = indices.order
    return put(g.zeros(target.shape, .int64, like: target), indices, order)
      .apply(GatherAlong(axis: axis), indices).compare(.equal, order).asMask(like: g)
  }
}

extension Shape {
  fileprivate func checkMatches(
    _ indices: Shape, except axis: Int, for operation: String
  ) throws(TensorError) {
    var expected = self
    if indices.count == count { expected[axis] = indices[axis] }
    guard indices == expected else {
      throw TensorError(
        operation, given: "indices of shape \(indices) along axis \(axis) of shape \(self)",
        expected: "indices that agree with the tensor in all other axes")
    }
  }

  /// All axes, the given one last.
  func movingLast(_ axis: Int) -> [Int] { indices.filter { $0 != axis } + [axis] }
}

extension [Int] {
  /// The permutation that undoes this one.
  var inverted: [Int] {
    var inverse = self
    for (new, old) in enumerated() { inverse[old] = new }
    return inverse
  }
}
