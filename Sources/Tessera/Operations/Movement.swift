import Execution

/// Another sharding of the same tensor.
package struct Redistribute: Primitive {
  package enum Target: Sendable {
    case placement(Placement)
    case sharding(Sharding)
  }
  let target: Target

  package init(to placement: Placement) { target = .placement(placement) }
  package init(to sharding: Sharding) { target = .sharding(sharding) }

  package var name: String { "redistributed" }

  package var isView: Bool { true }

  package func hashOptions(into hash: inout StableHash) {
    switch target {
    case .placement(let placement): hash.combine(placement)
    case .sharding(let sharding): hash.combine(sharding)
    }
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    switch target {
    case .placement(let placement): try Planner.redistribution(operands[0], to: placement)
    case .sharding(let sharding): try Planner.redistribution(operands[0], to: sharding)
    }
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock { operands[0] }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] { [g] }
}

/// The same elements in another shape.
package struct Reshape: Primitive {
  let shape: Shape

  package init(_ shape: Shape) { self.shape = shape }

  package var name: String { "reshaped" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(shape) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.reshape(operands[0], to: operands[0].shape.reshaped(to: shape))
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    var block = operands[0]
    if let move = plan.joinedMove {
      let joined = move.source.localShape(of: runtime.communicator.rank)
      block = try runtime.redistribute(try runtime.viewed(block, as: joined), move)
    }
    return try runtime.viewed(block, as: runtime.localShape(of: plan.local))
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.reshaped(context.operands[0].shape) }]
  }
}

extension Runtime {
  /// The block in another shape: a view if its layout allows it, else a copy.
  fileprivate func viewed(
    _ block: StridedBlock, as shape: Shape
  ) throws(TensorError) -> StridedBlock {
    if let view = block.viewed(as: shape) { return view }
    return try contiguous(block).viewed(as: shape)!
  }
}

/// The same elements with axes in another order.
package struct Permute: Primitive {
  let axes: [Int]

  package init(_ axes: [Int]) { self.axes = axes }

  /// - Parameter axes: as a user names them; negative ones count from the end.
  package init(given axes: [Int], for shape: Shape) throws(TensorError) {
    self.axes = axes.map { $0 < 0 ? $0 + shape.count : $0 }
    try Self.check(self.axes, as: axes, for: shape)
  }

  private static func check(
    _ axes: [Int], as given: [Int], for shape: Shape
  ) throws(TensorError) {
    guard axes.sorted() == Array(shape.indices) else {
      throw TensorError(
        "permuted", given: "axes \(given) of shape \(shape)",
        expected: "each of the \(shape.count) axes once")
    }
  }

  package var name: String { "permuted" }

  package var isView: Bool { true }

  package func hashOptions(into hash: inout StableHash) { hash.combine(axes) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Self.check(axes, as: axes, for: operands[0].shape)
    return try Planner.permutation(operands[0], axes: axes)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock { operands[0].permuted(axes) }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    var inverse = axes
    for (new, old) in axes.enumerated() { inverse[old] = new }
    return [context.ifNeeded(0) { g.permuted(inverse) }]
  }
}

/// Elements repeated along new or unit axes, lying as a given sharding says.
package struct Expand: Primitive {
  let shape: Shape
  let sharding: Sharding?

  package init(to shape: Shape, sharding: Sharding? = nil) {
    self.shape = shape
    self.sharding = sharding
  }

  package var name: String { "expanded" }

  package var isView: Bool { true }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(shape)
    hash.combine(sharding)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let target = sharding ?? operands[0].sharding.expanded(operands[0].shape, to: shape)
    let result = TensorDescription(
      shape: shape, scalarType: operands[0].scalarType,
      sharding: target.reduced)
    return try Planner.elementwise(name, operands, into: result)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    operands[0].expanded(to: runtime.localShape(of: plan.local))
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.summed(to: context.operands[0].shape) }]
  }
}

extension Sharding {
  /// The same cuts in a shape that the given one broadcasts to, but for those of axes that are
  /// repeated.
  fileprivate func expanded(_ shape: Shape, to target: Shape) -> Sharding {
    mapCuts { cut in
      let moved = cut.axis + target.count - shape.count
      return moved >= 0 && shape[cut.axis] == target[moved] ? cut.along(moved) : nil
    }
  }
}

/// Elements in reverse order along some axes.
package struct Flip: Primitive {
  /// Counted from the front.
  let axes: [Int]

  package init(axes: [Int]) { self.axes = axes }

  package var name: String { "flipped" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(axes) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.flip(operands[0], axes: axes)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let flipped = operands[0].flipped(axes)
    guard let assembly = plan.assembly else { return flipped }
    let result = try runtime.allocate(plan.local)
    try runtime.assemble(assembly, [flipped], into: result, as: name)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.apply(Flip(axes: axes)) }]
  }
}

/// Elements moved towards higher positions along an axis; what leaves at its end comes in at its
/// start.
///
/// A large result waits as a view of the operand, which elementwise work reads where it lies.
package struct Roll: Primitive {
  /// At least 1, and less than the axis is long.
  let distance: Int
  /// Counted from the front.
  let axis: Int

  package init(by distance: Int, axis: Int) {
    self.distance = distance
    self.axis = axis
  }

  package var name: String { "rolled" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(distance)
    hash.combine(axis)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.roll(operands[0], by: distance, axis: axis)
  }

  package func waitingView(
    of operand: LocalOperand, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock? {
    let count = plan.result.localElementCount(of: runtime.communicator.rank)
    guard plan.assembly == nil, runtime.defers(elementCount: count) else { return nil }
    let view = try operand.view.turned(by: distance, along: axis)
    return view.storage.isReusable && view.hasLongRows ? view : nil
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let border = plan.result.shape[axis] - distance
    let held = plan.alignments[0].result.box(of: runtime.communicator.rank).ranges[axis]
    let middle = min(max(border - held.lowerBound, 0), held.count)
    let parts = [
      operands[0].slice(0..<middle, along: axis),
      operands[0].slice(middle..<held.count, along: axis),
    ]
    let result = try runtime.allocate(plan.local)
    if let assembly = plan.assembly {
      try runtime.assemble(assembly, parts, into: result, as: name)
    } else {
      runtime.executor.copy(parts[0], into: result.slice(distance..<held.count, along: axis))
      runtime.executor.copy(parts[1], into: result.slice(0..<distance, along: axis))
    }
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.apply(Roll(by: g.shape[axis] - distance, axis: axis)) }]
  }
}

extension StridedBlock {
  /// The part of the block in a range along one axis.
  fileprivate func slice(_ range: Range<Int>, along axis: Int) -> StridedBlock {
    var ranges = shape.map { 0..<$0 }
    ranges[axis] = range
    return slice(ranges)
  }
}

/// Tensors one after another along an axis that they have.
package struct Concatenate: Primitive {
  let axis: Int

  package init(axis: Int) { self.axis = axis }

  package var name: String { "concatenate" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(axis) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let first = operands[0].shape
    var shape = first
    shape[axis] = 0
    var offsets: [[Int]] = []
    for operand in operands {
      var expected = first
      if operand.shape.count == first.count { expected[axis] = operand.shape[axis] }
      guard operand.shape == expected else {
        throw TensorError(
          name, given: "shapes \(operands.map(\.shape)) along axis \(axis)",
          expected: "shapes that agree in all other axes")
      }
      var offset = [Int](repeating: 0, count: first.count)
      offset[axis] = shape[axis]
      offsets.append(offset)
      shape[axis] += operand.shape[axis]
      shape = try shape.validated(for: name)
    }
    return try Planner.assembly(name, operands, offsets: offsets, result: shape)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    try runtime.assemble(plan.assembly!, operands, into: result, as: name)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    var start = 0
    return context.operands.indices.map { index in
      let operand = context.operands[index]
      defer { start += operand.shape[axis] }
      let range = start..<start + operand.shape[axis]
      return context.ifNeeded(index) { g.apply(Slice(range, along: axis, of: g.shape)) }
    }
  }
}
