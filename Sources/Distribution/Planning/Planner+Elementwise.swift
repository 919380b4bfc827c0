import Shapes

/// In what an elementwise function is linear, which decides where a partial tensor may pass
/// through.
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

  /// What operands may be along one axis of the mesh so that terms of them give terms of the
  /// result.
  fileprivate var passingLines: [[Line]] {
    switch self {
    case .none: []
    case .negation: [[.terms(.sum)]]
    case .addition: [[.terms(.sum), .terms(.sum)]]
    case .multiplication: [[.terms(.sum), .whole], [.whole, .terms(.sum)]]
    case .division: [[.terms(.sum), .whole]]
    }
  }
}

extension Planner {
  /// Elementwise work on operands that broadcast against each other.
  ///
  /// Along each axis of the mesh all operands are aligned with one of them, so that the fewest
  /// elements move; the first wins a tie. With sharded operands present a replicated one costs
  /// nothing.
  public static func elementwise(
    _ operation: String, _ operands: [TensorDescription], result scalarType: ScalarType,
    linearity: Linearity = .none
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: operands, for: operation)
    let shape = try Shape.broadcast(operands.map(\.shape), for: operation)
    return try search(operands, on: mesh) { axis in
      rules(operands, shape, along: axis, linearity)
    } finish: { (alignments, sharding) throws(TensorError) in
      Plan(
        operation: operation, operands: operands, alignments: alignments,
        local: TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding))
    }
  }

  /// The rules for one axis of the mesh: terms pass a linear function; else it cuts an axis of the
  /// result that it cuts of an operand, or none if there is none.
  private static func rules(
    _ operands: [TensorDescription], _ shape: Shape, along meshAxis: Int, _ linearity: Linearity
  ) -> [LineRule] {
    let lines = operands.map { $0.sharding.line(along: meshAxis) }
    if linearity.passingLines.contains(lines) {
      return [LineRule(operands: lines, result: .terms(.sum))]
    }
    var rules: [LineRule] = []
    for (line, operand) in zip(lines, operands) {
      guard case .split(let axis) = line else { continue }
      let resultAxis = axis + shape.count - operand.shape.count
      guard operand.shape[axis] == shape[resultAxis] else { continue }
      let rule = LineRule(
        operands: operands.map { operand in
          operand.shape.axis(under: resultAxis, of: shape).map { .split(axis: $0) } ?? .whole
        }, result: .split(axis: resultAxis))
      if !rules.contains(rule) { rules.append(rule) }
    }
    return rules.isEmpty ? [.whole(operands: operands.count)] : rules
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
      alignments: try align(operands, operands.map { result.sharding.aligned($0, in: shape) }),
      local: result)
  }
}

extension Sharding {
  /// How an operand must lie so that a result of the given shape can be computed under this
  /// sharding without further communication: cut alike along the same axes, or replicated where it
  /// is repeated.
  func aligned(_ operand: TensorDescription, in shape: Shape) -> Sharding {
    reduced.mapCuts { cut in operand.shape.axis(under: cut.axis, of: shape).map { cut.along($0) } }
  }
}
