import Execution

/// The part of a tensor that an index picks: a view of what each rank holds.
package struct Slice: Primitive {
  let expressions: [IndexExpression]

  package init(_ expressions: [IndexExpression]) { self.expressions = expressions }

  package var name: String { "index" }

  package var isView: Bool { true }

  package func hashOptions(into hash: inout StableHash) { hash.combine(expressions) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let selection = try Selection(expressions, of: operands[0].shape, for: name)
    return try Planner.selection(name, operands[0], selection)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let selection = try Selection(expressions, of: plan.operands[0].shape, for: name)
    let box = plan.alignments[0].result.box(of: runtime.communicator.rank)
    return operands[0].selected(
      selection, box: box, as: runtime.localShape(of: plan.local))
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        g.apply(Embed(expressions, in: context.operands[0]))
      }
    ]
  }
}

/// A tensor with the part that an index picks replaced by a value.
package struct Replace: Primitive {
  let expressions: [IndexExpression]

  package init(_ expressions: [IndexExpression]) { self.expressions = expressions }

  package var name: String { "index assignment" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(expressions) }

  /// How many axes the picked part has.
  func pickedAxes(of target: TensorDescription) throws(TensorError) -> Int {
    try Selection(expressions, of: target.shape, for: name).resultAxes.count
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let selection = try Selection(expressions, of: operands[0].shape, for: name)
    let target = operands[0]
    let alignment = try Redistribution(
      target,
      to: target.sharding.reduced)
    // Where the picked part lies decides where the value must come to lie.
    let picked = try Planner.selection(name, alignment.result, selection).local
    let value = try Planner.elementwise(name, [operands[1]], into: picked)
    return Plan(
      operation: name, operands: operands, alignments: [alignment] + value.alignments,
      local: alignment.result)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(operands[0].shape, operands[0].type)
    runtime.executor.copy(operands[0], into: result)
    try runtime.write(.block(operands[1]), into: result, plan.local, at: expressions)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) { g.apply(Replace(expressions), g.zero) },
      context.ifNeeded(1) { g.apply(Slice(expressions)).summed(to: context.operands[1].shape) },
    ]
  }
}

/// Zeros with a value in the part that an index picks: what a slice's cotangent becomes.
package struct Embed: Primitive {
  let expressions: [IndexExpression]
  /// The tensor that the slice was taken from.
  let whole: TensorDescription

  package init(_ expressions: [IndexExpression], in whole: TensorDescription) {
    self.expressions = expressions
    self.whole = whole
  }

  package var name: String { "embed" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(expressions)
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
    let selection = try Selection(expressions, of: whole.shape, for: name)
    let picked = try Planner.selection(name, target, selection).local
    return Plan(
      operation: name, operands: operands,
      alignments: try Planner.elementwise(name, [value], into: picked).alignments, local: target)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    runtime.executor.fill(result, with: ScalarValue(0, as: result.type))
    try runtime.write(.block(operands[0]), into: result, plan.local, at: expressions)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.apply(Slice(expressions)) }]
  }
}

extension Runtime {
  /// Writes an aligned value into the part of a block that an index picks.
  ///
  /// - Parameter description: the tensor that the block is this rank's part of.
  func write(
    _ value: LocalOperand, into target: StridedBlock, _ description: TensorDescription,
    at expressions: [IndexExpression]
  ) throws(TensorError) {
    let rank = communicator.rank
    let selection = try Selection(expressions, of: description.shape, for: "index assignment")
    let picked = try Planner.selection("index assignment", description, selection).local
    let part = target.selected(
      selection, box: description.box(of: rank), as: picked.localShape(of: rank))
    switch value {
    case .block(let block): executor.copy(block, into: part)
    case .body(let body):
      // What is repeated is computed once, before.
      if body.isPending, body.localShape.elementCount == part.elementCount {
        executor.evaluate(try body.elements, into: part)
      } else {
        executor.copy(try body.materialized, into: part)
      }
    }
  }
}

extension StridedBlock {
  /// The view of a picked part within what a rank holds.
  ///
  /// - Parameters:
  ///   - box: the positions that the rank holds.
  ///   - shape: the local shape of the result; empty along its first axis where another rank owns
  ///     it.
  func selected(_ selection: Selection, box: Box, as shape: Shape) -> StridedBlock {
    var result = self
    var strides = [Int](repeating: 0, count: selection.axes.count)
    for (axis, chosen) in selection.axes.enumerated() {
      let range = box.ranges[axis]
      strides[axis] = layout.strides[axis] * chosen.step
      guard range.count > 0, chosen.count > 0 else { continue }
      if chosen.step > 0 {
        let first = chosen.countBefore(range.lowerBound)
        let start = chosen.start + first * chosen.step - range.lowerBound
        if range.indices.contains(start + range.lowerBound) {
          result.layout.offset += start * layout.strides[axis]
        }
      } else {
        result.layout.offset += (chosen.start - range.lowerBound) * layout.strides[axis]
      }
    }
    result.shape = shape
    let kept = selection.resultAxes.map { axis in axis.map { strides[$0] } ?? 0 }
    // A single picked element is held as the only element of an axis.
    result.layout.strides = kept.isEmpty && shape.count == 1 ? [1] : kept
    return result
  }

  /// Elements in reverse order along some axes.
  func flipped(_ axes: [Int]) -> StridedBlock {
    var result = self
    for axis in axes where shape[axis] > 0 {
      result.layout.offset += (shape[axis] - 1) * layout.strides[axis]
      result.layout.strides[axis] = -layout.strides[axis]
    }
    return result
  }
}
