import Shapes

extension Planner {
  /// A reduction over some axes (ascending, from the front).
  ///
  /// Over a sharded axis every rank reduces what it holds to a term, and the terms are reduced as the last
  /// step, to what `request` says: replicated by default; `.partial` leaves them.
  public static func reduction(
    _ operation: String, _ reduction: Reduction, _ operand: TensorDescription, axes: [Int],
    keepingAxes: Bool = false, result scalarType: ScalarType, request: Placement? = nil
  ) throws(TensorError) -> Plan {
    let mesh = operand.sharding.mesh
    let shape = operand.shape.reduced(over: axes, keepingAxes: keepingAxes)

    // A partial sum of terms may be summed further before the terms are; anything else reduces them first.
    let passes = operand.sharding.partialReduction == reduction
    let alignment =
      passes ? try Redistribution(operand, to: operand.sharding) : try reduced(operand)
    let local: Sharding
    switch alignment.target.placement {
    case .replicated: local = .replicated(on: mesh)
    case .partial(let reduction): local = Sharding(mesh: mesh, .partial(reduction))
    case .sharded(let axis, let cuts):
      if axes.contains(axis) {
        local = Sharding(mesh: mesh, .partial(reduction))
      } else {
        let moved = keepingAxes ? axis : axis - axes.count { $0 < axis }
        local = Sharding(mesh: mesh, .sharded(axis: moved, cuts))
      }
    }
    return try finished(
      operation, [operand], [alignment],
      local: TensorDescription(shape: shape, scalarType: scalarType, sharding: local),
      request: request, otherwise: .replicated)
  }

  /// Work along one axis that needs all of it on one rank (a running sum, say): an operand that is sharded
  /// along it is sharded along another one for the time, and back afterwards.
  public static func alongAxis(
    _ operation: String, _ operand: TensorDescription, axis: Int, result scalarType: ScalarType
  ) throws(TensorError) -> Plan {
    let mesh = operand.sharding.mesh
    let reduced = try reduced(operand)
    guard operand.sharding.shardedAxis == axis, mesh.count > 1 else {
      return Plan(
        operation: operation, operands: [operand], alignments: [reduced],
        local: TensorDescription(
          shape: operand.shape, scalarType: scalarType, sharding: reduced.target))
    }
    let other = operand.shape.indices.filter { $0 != axis }.max {
      operand.shape[$0] < operand.shape[$1]
    }
    let target =
      if let other, operand.shape[other] > 1 {
        try Sharding(.sharded(axis: other), of: operand.shape, on: mesh, for: operation)
      } else { Sharding.replicated(on: mesh) }
    let local = TensorDescription(
      shape: operand.shape, scalarType: scalarType, sharding: target)
    return Plan(
      operation: operation, operands: [operand],
      alignments: [try Redistribution(operand, to: target)], local: local,
      finish: try Redistribution(local, to: operand.sharding))
  }

  /// Work over axes that needs all of them on one rank and removes them (finding a position, say).
  public static func alongAxes(
    _ operation: String, _ operand: TensorDescription, axes: [Int], keepingAxes: Bool,
    result scalarType: ScalarType
  ) throws(TensorError) -> Plan {
    let mesh = operand.sharding.mesh
    var alignment = try reduced(operand)
    if let sharded = alignment.target.shardedAxis, axes.contains(sharded) {
      let other = operand.shape.indices.filter { !axes.contains($0) && operand.shape[$0] > 1 }
        .max { operand.shape[$0] < operand.shape[$1] }
      let target =
        if let other {
          try Sharding(.sharded(axis: other), of: operand.shape, on: mesh, for: operation)
        } else { Sharding.replicated(on: mesh) }
      alignment = try Redistribution(operand, to: target)
    }
    var sharding = alignment.target
    if case .sharded(let axis, let cuts) = sharding.placement {
      let moved = keepingAxes ? axis : axis - axes.count { $0 < axis }
      sharding = Sharding(mesh: mesh, .sharded(axis: moved, cuts))
    }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment],
      local: TensorDescription(
        shape: operand.shape.reduced(over: axes, keepingAxes: keepingAxes),
        scalarType: scalarType, sharding: sharding))
  }
}
