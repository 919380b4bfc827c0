import Shapes

/// In what an elementwise function is linear, which decides where a partial tensor may pass through.
public enum Linearity: Hashable, Sendable {
  case none
  /// f(x) = -x: a partial sum passes.
  case negation
  /// f(x, y) = x ± y: two partial sums pass.
  case addition
  /// f(x, y) = x · y: one partial sum passes if the other operand is replicated.
  case multiplication
  /// f(x, y) = x / y: a partial numerator passes if the denominator is replicated.
  case division

  fileprivate func passes(_ operands: [TensorDescription]) -> Bool {
    let sums = operands.map { $0.sharding.partialReduction == .sum }
    let replicated = operands.map(\.sharding.isReplicated)
    switch self {
    case .none: return false
    case .negation: return sums[0]
    case .addition: return operands.count == 2 && sums[0] && sums[1]
    case .multiplication:
      return operands.count == 2 && (sums[0] && replicated[1] || replicated[0] && sums[1])
    case .division: return operands.count == 2 && sums[0] && replicated[1]
    }
  }
}

extension Planner {
  /// Elementwise work on operands that broadcast against each other.
  ///
  /// All operands are aligned with one of their own shardings, the one that moves the fewest elements; the
  /// first wins a tie. With sharded operands present a replicated one costs nothing.
  public static func elementwise(
    _ operation: String, _ operands: [TensorDescription], result scalarType: ScalarType,
    linearity: Linearity = .none
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: operands, for: operation)
    let shape = try Shape.broadcast(operands.map(\.shape), for: operation)

    if linearity.passes(operands) {
      return Plan(
        operation: operation, operands: operands,
        alignments: operands.map { .keeping($0) },
        local: TensorDescription(
          shape: shape, scalarType: scalarType, sharding: Sharding(mesh: mesh, .partial(.sum))))
    }

    var best: (moved: Int, sharding: Sharding, alignments: [Redistribution])?
    for candidate in candidates(operands, shape: shape, mesh: mesh) {
      let alignments = try operands.map { (operand) throws(TensorError) in
        try Redistribution(operand, to: candidate.aligned(operand, in: shape))
      }
      let moved = alignments.reduce(0) {
        $0 + $1.elementsMoved * $1.source.scalarType.byteCount
      }
      if best == nil || moved < best!.moved { best = (moved, candidate, alignments) }
    }
    return Plan(
      operation: operation, operands: operands, alignments: best!.alignments,
      local: TensorDescription(shape: shape, scalarType: scalarType, sharding: best!.sharding))
  }

  /// Aligns operands with a sharding of the result that is given, as a write in place does.
  public static func elementwise(
    _ operation: String, _ operands: [TensorDescription], into result: TensorDescription
  ) throws(TensorError) -> Plan {
    let shape = try Shape.broadcast([result.shape] + operands.map(\.shape), for: operation)
    guard shape == result.shape else {
      throw TensorError(
        operation, given: "a value of shape \(shape) for a target of shape \(result.shape)",
        expected: "a value that broadcasts to the target")
    }
    return Plan(
      operation: operation, operands: operands,
      alignments: try operands.map { (operand) throws(TensorError) in
        try Redistribution(operand, to: result.sharding.aligned(operand, in: shape))
      },
      local: result)
  }

  /// The shardings that the operands bring along, as shardings of the result; replicated if there are none.
  private static func candidates(
    _ operands: [TensorDescription], shape: Shape, mesh: Mesh
  ) -> [Sharding] {
    var candidates: [Sharding] = []
    for operand in operands {
      guard case .sharded(let axis, let cuts) = operand.sharding.placement else { continue }
      let resultAxis = axis + shape.count - operand.shape.count
      guard operand.shape[axis] == shape[resultAxis] else { continue }
      let candidate = Sharding(mesh: mesh, .sharded(axis: resultAxis, cuts))
      if !candidates.contains(candidate) { candidates.append(candidate) }
    }
    return candidates.isEmpty ? [.replicated(on: mesh)] : candidates
  }
}

extension Sharding {
  /// How an operand must lie so that a result of the given shape can be computed under this sharding
  /// without further communication: cut alike along the same axis, or replicated where it is repeated.
  func aligned(_ operand: TensorDescription, in shape: Shape) -> Sharding {
    guard case .sharded(let resultAxis, let cuts) = placement,
      let axis = operand.shape.axis(under: resultAxis, of: shape)
    else { return .replicated(on: mesh) }
    return Sharding(mesh: mesh, .sharded(axis: axis, cuts))
  }
}
