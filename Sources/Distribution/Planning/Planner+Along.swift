import Shapes

/// Elements picked or written along one axis by an index for each of them: the tensor and its indices are cut
/// alike along another axis.
extension Planner {
  /// The common cut of a tensor and its indices: one that either has along another axis; a tensor that is cut
  /// along the axis itself is cut along the longest other one.
  private static func common(
    _ operand: TensorDescription, _ indices: TensorDescription, along axis: Int,
    for operation: String
  ) throws(TensorError) -> Sharding {
    let mesh = operand.sharding.mesh
    try check([axis], of: operand, for: operation)
    for candidate in [operand.sharding, indices.sharding] {
      if let cut = candidate.shardedAxis, cut != axis { return candidate }
    }
    guard operand.sharding.shardedAxis == axis,
      let other = operand.shape.indices.filter({ $0 != axis && operand.shape[$0] > 1 })
        .max(by: { operand.shape[$0] < operand.shape[$1] })
    else { return .replicated(on: mesh) }
    return try Sharding(.sharded(axis: other), of: operand.shape, on: mesh, for: operation)
  }

  /// Elements picked along an axis by an index for each element of the result. Where operand and indices do not
  /// lie alike, they are aligned; nothing moves along the axis itself.
  public static func gathering(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription,
    along axis: Int
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: [operand, indices], for: operation)
    let common = try common(operand, indices, along: axis, for: operation)
    // Every rank that holds all of the tensor may pick for its own part of the indices.
    let isFree = common.isReplicated && indices.sharding.shardedAxis == axis
    let target = isFree ? indices.sharding : common
    return Plan(
      operation: operation, operands: [operand, indices],
      alignments: [
        try Redistribution(operand, to: isFree ? .replicated(on: mesh) : common),
        try Redistribution(indices, to: target),
      ],
      local: TensorDescription(
        shape: indices.shape, scalarType: operand.scalarType, sharding: target))
  }

  /// The result lies as the tensor did, where that is cut along the axis itself.
  public static func scattering(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription,
    _ values: TensorDescription, along axis: Int
  ) throws(TensorError) -> Plan {
    _ = try mesh(of: [operand, indices, values], for: operation)
    let common = try common(operand, indices, along: axis, for: operation)
    let local = operand.with(common)
    let placed = TensorDescription(
      shape: indices.shape, scalarType: operand.scalarType, sharding: common)
    return Plan(
      operation: operation, operands: [operand, indices, values],
      alignments: [
        try Redistribution(operand, to: common), try Redistribution(indices, to: common),
      ]
        + (try elementwise(operation, [values], into: placed)).alignments,
      local: local,
      finish: operand.sharding.shardedAxis == axis
        ? try Redistribution(local, to: operand.sharding) : nil)
  }
}
