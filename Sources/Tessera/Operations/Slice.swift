import Execution

/// The part of a tensor that an index picks: a view of what each rank holds.
package struct Slice: Primitive {
  /// In ascending order along every axis.
  let selection: Selection

  package init(_ selection: Selection) { self.selection = selection }

  /// A range of positions along one axis.
  package init(_ range: Range<Int>, along axis: Int, of shape: Shape) {
    selection = Selection(range, along: axis, of: shape)
  }

  package var name: String { "index" }

  package var isView: Bool { true }

  package func hashOptions(into hash: inout StableHash) { hash.combine(selection) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.selection(name, operands[0], selection)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let box = plan.alignments[0].result.box(of: runtime.communicator.rank)
    return operands[0].selected(
      selection, box: box, as: runtime.localShape(of: plan.local))
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        g.apply(Embed(selection, in: context.operands[0]))
      }
    ]
  }
}

/// A tensor with the part that an index picks replaced by a value.
package struct Replace: WritingPrimitive {
  /// In ascending order along every axis.
  let selection: Selection
  package let name: String
  package let mayLoseTarget: Bool

  package init(_ selection: Selection) {
    self.selection = selection
    name = "index assignment"
    mayLoseTarget = false
  }

  /// The replacement of everything, for an operation that users call otherwise.
  init(allOf shape: Shape, for name: String, mayLoseTarget: Bool = false) {
    selection = Selection(of: shape)
    self.name = name
    self.mayLoseTarget = mayLoseTarget
  }

  package func hashOptions(into hash: inout StableHash) { hash.combine(selection) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let target = operands[0]
    let alignment = try Redistribution(target, to: target.sharding.reduced)
    // Where the picked part lies decides where the value must come to lie.
    let picked = try selection.part(of: alignment.result, for: name)
    let value = try Planner.elementwise(name, [operands[1]], into: picked)
    return Plan(
      operation: name, operands: operands, alignments: [alignment] + value.alignments,
      local: alignment.result)
  }

  package var readsBeside: Bool { true }

  package func write(
    _ others: [LocalOperand], _ plan: Plan, into target: StridedBlock, on runtime: Runtime,
    _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) {
    try runtime.write(others[0], into: target, plan.local, at: selection, for: name, agree)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) { g.apply(Replace(selection), g.zero) },
      context.ifNeeded(1) { g.apply(Slice(selection)).summed(to: context.operands[1].shape) },
    ]
  }
}

/// Zeros with a value in the part that an index picks: what a slice's cotangent becomes.
package struct Embed: Primitive {
  /// In ascending order along every axis.
  let selection: Selection
  /// The tensor that the slice was taken from.
  let whole: TensorDescription

  package init(_ selection: Selection, in whole: TensorDescription) {
    self.selection = selection
    self.whole = whole
  }

  package var name: String { "embed" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(selection)
    hash.combine(whole)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let value = operands[0]
    // Linear: a term of the value gives a term of the result.
    if value.sharding.partialReduction == .sum {
      return Plan(
        operation: name, operands: operands,
        alignments: [try Redistribution(value, to: value.sharding)],
        local: whole.with(value.sharding))
    }
    let target = whole.with(whole.sharding.reduced)
    let picked = try selection.part(of: target, for: name)
    return Plan(
      operation: name, operands: operands,
      alignments: try Planner.elementwise(name, [value], into: picked).alignments, local: target)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    runtime.executor.fill(result, with: ScalarValue(0, as: result.type))
    try runtime.write(.block(operands[0]), into: result, plan.local, at: selection, for: name)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.apply(Slice(selection)) }]
  }
}

extension Selection {
  /// What is picked of a tensor, as it lies.
  fileprivate func part(
    of tensor: TensorDescription, for operation: String
  ) throws(TensorError) -> TensorDescription {
    isWhole(of: tensor.shape)
      ? tensor : try Planner.selection(operation, tensor, self).local
  }
}

extension Runtime {
  /// Writes an aligned value into the part of a block that an index picks.
  ///
  /// - Parameters:
  ///   - description: the tensor that the block is this rank's part of.
  ///   - agree: called when nothing can fail any more, before the first element is written.
  fileprivate func write(
    _ value: LocalOperand, into target: StridedBlock, _ description: TensorDescription,
    at selection: Selection, for operation: String, _ agree: () throws(TensorError) -> Void = {}
  ) throws(TensorError) {
    let rank = communicator.rank
    let shape = try selection.part(of: description, for: operation).localShape(of: rank)
    let part = target.selected(selection, box: description.box(of: rank), as: shape)
    if let elements = try value.pendingElements(count: part.elementCount) {
      return try executor.overwrite(part, with: elements, agree)
    }
    let block = try value.materialized
    if block.storage === target.storage {
      return try executor.overwrite(part, with: Elements(of: block), agree)
    }
    try agree()
    executor.copy(block, into: part)
  }
}

extension StridedBlock {
  /// The view of a part, picked in ascending order, within what a rank holds.
  ///
  /// - Parameters:
  ///   - box: the positions that the rank holds.
  ///   - shape: the local shape of the result; empty along its first axis where another rank owns
  ///     it.
  func selected(_ selection: Selection, box: Box, as shape: Shape) -> StridedBlock {
    var result = self
    var strides = AxisList(count: selection.axes.count) { _ in 0 }
    for (axis, chosen) in selection.axes.enumerated() {
      let range = box.ranges[axis]
      strides[axis] = layout.strides[axis] * chosen.step
      guard range.count > 0, chosen.count > 0 else { continue }
      let first = chosen.countBefore(range.lowerBound)
      let start = chosen.start + first * chosen.step - range.lowerBound
      if range.indices.contains(start + range.lowerBound) {
        result.layout.offset += start * layout.strides[axis]
      }
    }
    result.shape = shape
    let kept = AxisList(selection.resultAxes.map { axis in axis.map { strides[$0] } ?? 0 })
    // A single picked element is held as the only element of an axis.
    result.layout.strides = kept.isEmpty && shape.count == 1 ? [1] : kept
    return result
  }
}
