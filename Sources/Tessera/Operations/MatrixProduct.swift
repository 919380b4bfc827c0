import Execution

/// The product of matrices in the last two axes; other axes broadcast. An operand of one axis
/// stands for a matrix of one row, or one column, which the result does not have then.
package struct MatrixProduct: Primitive {
  /// Where the result is asked to lie; nil for where it falls, reduced.
  let placement: Placement?

  package init(placement: Placement? = nil) { self.placement = placement }

  package var name: String { "matmul" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(placement) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let (a, b) = (operands[0].shape, operands[1].shape)
    guard operands[0].scalarType != .bool else {
      throw TensorError(name, given: "tensors of Bool", expected: "numbers")
    }
    guard !a.isEmpty, !b.isEmpty else {
      throw TensorError(
        name, given: "shapes \(a) and \(b)", expected: "at least one axis each")
    }
    let (isRow, isColumn) = (a.count == 1, b.count == 1)
    guard a[a.count - 1] == b[isColumn ? 0 : b.count - 2] else {
      throw TensorError(
        name, given: "shapes \(a) and \(b)",
        expected: "[…, m, k] and […, k, n], with the same k")
    }
    let batch = try Shape.broadcast(
      [Shape(a.dropLast(2)), Shape(b.dropLast(2))], for: name)
    let count = batch.count
    let (m, k, n) = (count, count + 1, count + 2)
    let rows = isRow ? [] : [m]
    let columns = isColumn ? [] : [n]
    let labels = ContractionLabels(
      operands: [
        Array(count - max(a.count - 2, 0)..<count) + rows + [k],
        Array(count - max(b.count - 2, 0)..<count) + [k] + columns,
      ],
      result: Array(0..<count) + rows + columns)
    var shape = batch
    if !isRow { shape.append(a[a.count - 2]) }
    if !isColumn { shape.append(b[b.count - 1]) }
    return try Planner.contraction(
      name, labels, operands, result: try shape.validated(for: name), request: placement)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    let (isRow, isColumn) = (operands[0].shape.count == 1, operands[1].shape.count == 1)
    if isRow, isColumn {
      try runtime.executor.multiply(operands[0], operands[1], into: result)
      return result
    }
    var target = result
    if isRow { target = target.withUnitAxis(at: target.shape.count - (isColumn ? 0 : 1)) }
    if isColumn { target = target.withUnitAxis(at: target.shape.count) }
    let batch = target.shape.dropLast(2)
    func matrices(_ block: StridedBlock) -> StridedBlock {
      batch.isEmpty ? block : block.expanded(to: Shape(batch + block.shape.suffix(2)))
    }
    try runtime.executor.multiply(
      matrices(isRow ? operands[0].withUnitAxis(at: 0) : operands[0]),
      matrices(isColumn ? operands[1].withUnitAxis(at: 1) : operands[1]), into: target)
    return result
  }

  /// A large product of two matrices waits: what is worked out of it is then done tile by tile.
  package func waitingFactors(
    of operands: [LocalOperand], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> (a: StridedBlock, b: StridedBlock)? {
    guard plan.local.scalarType.isFloatingPoint, plan.operands.allSatisfy({ $0.shape.count == 2 }),
      try operands[0].isOfTensors, try operands[1].isOfTensors
    else { return nil }
    let (a, b) = (try operands[0].materialized, try operands[1].materialized)
    return runtime.defersProduct(a, b) ? (a, b) : nil
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    [.operand(0).when(isNeeded[1]), .operand(1).when(isNeeded[0])]
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let (a, b) = (context.operands[0].shape, context.operands[1].shape)
    func row(_ value: Value) -> Value {
      value.reshaped(Shape(value.shape.dropLast()) + [1] + value.shape.suffix(1))
    }
    func column(_ value: Value) -> Value { value.reshaped(value.shape + [1]) }
    /// Of matrices and a row of each that stands for a column, for an operand without other axes.
    func sums(_ matrices: Value, _ rows: Value, to shape: Shape) -> Value {
      matrices.shape.count == 2
        ? matrices.product(rows)
        : matrices.product(column(rows)).summed(to: shape + [1]).reshaped(shape)
    }
    switch (a.count == 1, b.count == 1) {
    case (true, true):
      return [
        context.ifNeeded(0) { g * context.value(of: 1) },
        context.ifNeeded(1) { g * context.value(of: 0) },
      ]
    case (true, false):
      return [
        context.ifNeeded(0) { sums(context.value(of: 1), g, to: a) },
        context.ifNeeded(1) { column(context.value(of: 0)).product(row(g)) },
      ]
    case (false, true):
      return [
        context.ifNeeded(0) { column(g).product(row(context.value(of: 1))) },
        context.ifNeeded(1) { sums(context.value(of: 0).transposedMatrix, g, to: b) },
      ]
    case (false, false):
      return [
        context.ifNeeded(0) { g.product(context.value(of: 1).transposedMatrix).summed(to: a) },
        context.ifNeeded(1) { context.value(of: 0).transposedMatrix.product(g).summed(to: b) },
      ]
    }
  }
}
