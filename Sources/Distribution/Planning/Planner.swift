import Shapes

/// Plans of all families of operations: pure functions from descriptions to a plan.
public enum Planner {
  /// The mesh that all operands share.
  static func mesh(
    of operands: [TensorDescription], for operation: String
  ) throws(TensorError) -> Mesh {
    guard let mesh = operands.first?.sharding.mesh else {
      throw TensorError(operation, given: "no operands", expected: "at least one")
    }
    for operand in operands where operand.sharding.mesh != mesh {
      throw TensorError(
        operation, given: "tensors on \(mesh) and on \(operand.sharding.mesh)",
        expected: "tensors on one mesh")
    }
    return mesh
  }

  /// Refuses axes that an operand does not have, or that are named twice.
  static func check(
    _ axes: [Int], of operand: TensorDescription, for operation: String
  ) throws(TensorError) {
    // Without memory for a set, as every reduction passes here.
    let isEachOnce = axes.indices.allSatisfy { index in
      operand.shape.indices.contains(axes[index]) && !axes[..<index].contains(axes[index])
    }
    guard isEachOnce else {
      throw TensorError(
        operation, given: "axes \(axes) of shape \(operand.shape)",
        expected: "each axis once, in 0..<\(operand.shape.count)")
    }
  }

  /// The redistribution of a partial operand to a replicated one; nothing for any other operand.
  static func reduced(
    _ operand: TensorDescription
  ) throws(TensorError) -> Redistribution {
    let target = operand.sharding.reduced
    return try Redistribution(operand, to: target)
  }

  /// Ends a plan whose local work may have left terms: they are reduced to what is requested, or
  /// else to `otherwise`. Asked for a partial result, work that gave no terms leaves its result as
  /// it is. Terms that are joined at the end are of the type that they are joined in
  /// (`accumulator`, or else the reduction's), and the result is rounded once.
  static func finished(
    _ operation: String, _ operands: [TensorDescription], _ alignments: [Redistribution],
    local: TensorDescription, in accumulator: ScalarType? = nil, request: Placement?,
    otherwise: (TensorDescription) -> Sharding
  ) throws(TensorError) -> Plan {
    var target = local.sharding
    switch (request, target.terms) {
    case (.partial(let asked), let terms?):
      guard asked == terms.reduction else {
        throw TensorError(
          operation, given: "a result asked to be partial(\(asked))",
          expected: "partial(\(terms.reduction)), sharded or replicated")
      }
    case (.partial, nil), (nil, nil): break
    case (nil, _?): target = otherwise(local)
    case (let request?, _):
      let asked = try Sharding(request, of: local.shape, on: target.mesh, for: operation)
      if !asked.liesLike(target) { target = asked }
    }
    let type = local.scalarType
    var local = local
    if let terms = local.sharding.terms, target.terms == nil {
      local = local.with(accumulator ?? terms.reduction.accumulator(for: type))
    }
    return Plan(
      operation: operation, operands: operands, alignments: alignments, local: local,
      finish: target == local.sharding ? nil : try Redistribution(local, to: target),
      rounding: local.scalarType == type ? nil : type)
  }

  /// A redistribution asked for by the user.
  public static func redistribution(
    _ operand: TensorDescription, to request: Placement
  ) throws(TensorError) -> Plan {
    let target = try Sharding(
      request, of: operand.shape, on: operand.sharding.mesh, for: "redistributed")
    return try redistribution(operand, to: target)
  }

  /// A redistribution to a sharding, cut points included.
  public static func redistribution(
    _ operand: TensorDescription, to target: Sharding
  ) throws(TensorError) -> Plan {
    let alignment = try Redistribution(operand, to: target)
    return Plan(
      operation: "redistributed", operands: [operand], alignments: [alignment],
      local: alignment.result)
  }
}

extension Sharding {
  /// Whether the same axes are cut over the same axes of the mesh as in another sharding, wherever,
  /// and terms are alike.
  func liesLike(_ other: Sharding) -> Bool {
    terms == other.terms && cuts.count == other.cuts.count
      && zip(cuts, other.cuts).allSatisfy { $0.axis == $1.axis && $0.over == $1.over }
  }
}
