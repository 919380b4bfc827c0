import Execution

/// The product of matrices in the last two axes; other axes broadcast.
package struct MatrixProduct: Primitive {
  /// Where the result is asked to lie; nil for where it falls, reduced.
  let placement: Placement?

  package init(placement: Placement? = nil) { self.placement = placement }

  package var name: String { "matmul" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(placement) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let (a, b) = (operands[0].shape, operands[1].shape)
    let type = operands[0].scalarType
    guard type != .bool else {
      throw TensorError(name, given: "tensors of Bool", expected: "numbers")
    }
    guard a.count >= 2, b.count >= 2, a[a.count - 1] == b[b.count - 2] else {
      throw TensorError(
        name, given: "shapes \(a) and \(b)",
        expected: "[…, m, k] and […, k, n], with the same k")
    }
    let batch = try Shape.broadcast(
      [Shape(a.dropLast(2)), Shape(b.dropLast(2))], for: name)
    let count = batch.count
    let (m, k, n) = (count, count + 1, count + 2)
    let labels = ContractionLabels(
      operands: [
        Array(count - (a.count - 2)..<count) + [m, k],
        Array(count - (b.count - 2)..<count) + [k, n],
      ],
      result: Array(0..<count) + [m, n])
    return try Planner.contraction(
      name, labels, operands,
      result: try Shape(batch + [a[a.count - 2], b[b.count - 1]]).validated(for: name),
      request: placement)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let shape = runtime.localShape(of: plan.local)
    let result = try runtime.allocate(shape, plan.local.scalarType)
    let batch = shape.dropLast(2)
    try runtime.executor.multiply(
      operands[0].expanded(to: Shape(batch + operands[0].shape.suffix(2))),
      operands[1].expanded(to: Shape(batch + operands[1].shape.suffix(2))), into: result)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    [.operand(0).when(isNeeded[1]), .operand(1).when(isNeeded[0])]
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let (a, b) = (context.operands[0].shape, context.operands[1].shape)
    return [
      context.ifNeeded(0) { g.product(context.value(of: 1).transposedMatrix).summed(to: a) },
      context.ifNeeded(1) { context.value(of: 0).transposedMatrix.product(g).summed(to: b) },
    ]
  }
}
