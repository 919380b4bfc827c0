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
    try check(axes, of: operand, for: operation)
    let shape = operand.shape.reduced(over: axes, keepingAxes: keepingAxes)

    // A partial sum of terms may be summed further before the terms are; anything else reduces them first.
    let passes = operand.sharding.partialReduction == reduction
    let alignment =
      passes ? .keeping(operand) : try reduced(operand)
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

  /// Running values along one axis. Along a sharded axis every rank works on what it holds, and all gather
  /// the totals of each rank, from which it knows what comes before its own part.
  public static func running(
    _ operation: String, _ operand: TensorDescription, axis: Int, result scalarType: ScalarType
  ) throws(TensorError) -> Plan {
    try check([axis], of: operand, for: operation)
    let alignment = try reduced(operand)
    var summaries: [Redistribution] = []
    if alignment.target.shardedAxis == axis {
      let totals = operand.shape.reduced(over: [axis], keepingAxes: false)
      summaries = [try summary(totals, scalarType, on: alignment.target.mesh)]
    }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment], summaries: summaries,
      local: TensorDescription(
        shape: operand.shape, scalarType: scalarType, sharding: alignment.target))
  }

  /// The positions of extremes over some axes (ascending, from the front). Over a sharded axis every rank
  /// finds the candidate among what it holds, and all gather the candidates: a value and a position.
  public static func extremePosition(
    _ operation: String, _ operand: TensorDescription, axes: [Int], keepingAxes: Bool
  ) throws(TensorError) -> Plan {
    let mesh = operand.sharding.mesh
    try check(axes, of: operand, for: operation)
    let alignment = try reduced(operand)
    let shape = operand.shape.reduced(over: axes, keepingAxes: keepingAxes)
    var sharding = alignment.target
    var summaries: [Redistribution] = []
    if case .sharded(let axis, let cuts) = sharding.placement {
      if axes.contains(axis) {
        sharding = .replicated(on: mesh)
        summaries = [
          try summary(shape, operand.scalarType, on: mesh), try summary(shape, .int64, on: mesh),
        ]
      } else {
        let moved = keepingAxes ? axis : axis - axes.count { $0 < axis }
        sharding = Sharding(mesh: mesh, .sharded(axis: moved, cuts))
      }
    }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment], summaries: summaries,
      local: TensorDescription(shape: shape, scalarType: .int64, sharding: sharding))
  }

  /// The gathering of one row a rank: [ranks] + the shape of a row.
  static func summary(
    _ row: Shape, _ type: ScalarType, on mesh: Mesh
  ) throws(TensorError) -> Redistribution {
    let rows = TensorDescription(
      shape: [mesh.count] + row, scalarType: type,
      sharding: Sharding(
        mesh: mesh, .sharded(axis: 0, CutPoints(evenly: mesh.count, into: mesh.count))))
    return try Redistribution(rows, to: .replicated(on: mesh))
  }
}
