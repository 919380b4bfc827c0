import Execution

/// Elements picked along an axis by an index for each place of the result; operands are the tensor
/// and the indices, which agree in all other axes.
package struct GatherAlong: Primitive {
  let axis: Int
  package let name: String

  package init(axis: Int, name: String = "gathered") {
    self.axis = axis
    self.name = name
  }

  package func hashOptions(into hash: inout StableHash) { hash.combine(axis) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try operands[0].shape.checkMatches(operands[1].shape, except: axis, for: name)
    return try Planner.gathering(name, operands[0], operands[1], along: axis)
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
          ScatterAlong(axis: axis, adding: true), context.value(of: 1), g)
      }, nil,
    ]
  }
}

/// A tensor with elements replaced, or added to, along an axis: each value goes to the place that
/// its index names. Operands are the tensor, the indices and the values, which broadcast to the
/// indices. Of several values for one place the last stays.
package struct ScatterAlong: Primitive {
  let axis: Int
  let adding: Bool

  package init(axis: Int, adding: Bool) {
    self.axis = axis
    self.adding = adding
  }

  package var name: String { adding ? "scatteringSum" : "scattering" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(axis)
    hash.combine(adding)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try operands[0].shape.checkMatches(operands[1].shape, except: axis, for: name)
    return try Planner.scattering(name, operands[0], operands[1], operands[2], along: axis)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let last = operands[0].shape.movingLast(axis)
    let indices = operands[1].permuted(last)
    let values = try runtime.contiguous(
      operands[2].expanded(to: operands[1].shape).permuted(last))
    let positions = try runtime.executor.positions(
      indices, extent: plan.operands[0].shape[axis], for: name,
      rank: plan.alignments[1].target.isReplicated ? nil : runtime.communicator.rank)
    let source = operands[0].permuted(last)
    let result = try runtime.allocate(source.shape, source.type)
    runtime.executor.copy(source, into: result)
    runtime.executor.putAlongLast(values, at: positions, into: result, adding: adding)
    return result.permuted(last.inverted)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    .operand(1).when(isNeeded[2] || !adding)
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        adding
          ? g : g.apply(ScatterAlong(axis: axis, adding: false), context.value(of: 1), g.zero)
      }, nil,
      context.ifNeeded(2) {
        let indices = context.value(of: 1)
        let picked = g.apply(GatherAlong(axis: axis), indices)
        return (adding ? picked : picked * stays(indices, context.operands[0], like: g))
          .summed(to: context.operands[2].shape)
      },
    ]
  }

  /// One for each value that stays, zero for those that a later value for the same place
  /// overwrites.
  private func stays(_ indices: Value, _ target: TensorDescription, like g: Value) -> Value {
    let order = indices.order
    return g.zeros(target.shape, .int64, like: target)
      .apply(ScatterAlong(axis: axis, adding: false), indices, order)
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
