import Execution

/// A diagonal of matrices in the last two axes: a view of what each rank holds.
package struct Diagonal: Primitive {
  /// How far it lies above the main one; negative below.
  let offset: Int

  package init(offset: Int) { self.offset = offset }

  package var name: String { "diagonal" }

  package var isView: Bool { true }

  package func hashOptions(into hash: inout StableHash) { hash.combine(offset) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.diagonal(name, operands[0], offset: offset)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let rank = runtime.communicator.rank
    let box = plan.alignments[0].result.box(of: rank)
    return operands[0].diagonal(
      offset: offset, box: box, positions: plan.local.box(of: rank).ranges.last!)
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      context.ifNeeded(0) {
        g.apply(EmbedDiagonal(offset: offset, whole: context.operands[0]))
      }
    ]
  }
}

/// Zeros with a diagonal of given values: the transpose of taking it.
package struct EmbedDiagonal: Primitive {
  let offset: Int
  /// The matrices that the diagonal was taken from.
  let whole: TensorDescription

  package var name: String { "embedding a diagonal" }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(offset)
    hash.combine(whole)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let values = operands[0]
    // Linear: a term of the values gives a term of the result.
    if values.sharding.partialReduction == .sum {
      return Plan(
        operation: name, operands: operands, alignments: [.keeping(values)],
        local: whole.with(values.sharding))
    }
    let target = whole.with(whole.sharding.reduced)
    let diagonal = try Planner.diagonal(name, target, offset: offset).local
    return Plan(
      operation: name, operands: operands,
      alignments: try Planner.elementwise(name, [values], into: diagonal).alignments,
      local: target)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let rank = runtime.communicator.rank
    let result = try runtime.allocate(plan.local.localShape(of: rank), operands[0].type)
    runtime.executor.fill(result, with: ScalarValue(0, as: result.type))
    let diagonal = try Planner.diagonal(name, plan.local, offset: offset).local
    runtime.executor.copy(
      operands[0],
      into: result.diagonal(
        offset: offset, box: plan.local.box(of: rank),
        positions: diagonal.box(of: rank).ranges.last!))
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [context.ifNeeded(0) { g.apply(Diagonal(offset: offset)) }]
  }
}

extension StridedBlock {
  /// The view of some positions of a diagonal within what a rank holds.
  ///
  /// - Parameters:
  ///   - box: the positions of the matrices that the rank holds.
  ///   - positions: those of the diagonal that lie there.
  fileprivate func diagonal(offset: Int, box: Box, positions: Range<Int>) -> StridedBlock {
    let row = shape.count - 2
    var result = self
    result.shape = Shape(shape[..<row]) + [positions.count]
    let (rowStride, columnStride) = (layout.strides[row], layout.strides[row + 1])
    if !positions.isEmpty {
      let firstRow = positions.lowerBound + max(-offset, 0) - box.ranges[row].lowerBound
      let firstColumn = positions.lowerBound + max(offset, 0) - box.ranges[row + 1].lowerBound
      result.layout.offset += firstRow * rowStride + firstColumn * columnStride
    }
    result.layout.strides = layout.strides[..<row] + [rowStride + columnStride]
    return result
  }
}
