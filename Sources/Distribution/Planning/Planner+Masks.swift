import Shapes

/// Elements that a mask picks. How many there are is counted first, at the call (one number a rank is
/// gathered); with the counts, cut points are known as for any other operation.
extension Planner {
  /// How a tensor and a mask over its first axes must lie so that every rank can pick from what it holds and
  /// the picked elements are in order: cut alike along the first axis, or the tensor along an axis that the
  /// mask does not have.
  public static func maskAlignment(
    _ operand: TensorDescription, _ mask: TensorDescription
  ) throws(TensorError) -> (operand: Sharding, mask: Sharding) {
    let mesh = try mesh(of: [operand, mask], for: "index")
    func even() throws(TensorError) -> Sharding {
      try Sharding(.sharded(axis: 0), of: mask.shape, on: mesh, for: "index")
    }
    switch (operand.sharding.placement, mask.sharding.placement) {
    case (.sharded(0, _), _): return (operand.sharding, operand.sharding)
    case (.sharded(let axis, _), _) where axis >= mask.shape.count:
      return (operand.sharding, .replicated(on: mesh))
    case (.sharded, .sharded(0, _)), (.replicated, .sharded(0, _)):
      return (mask.sharding, mask.sharding)
    case (.sharded, _), (.replicated, .sharded): return (try even(), try even())
    case (.replicated, _), (.partial, _): return (.replicated(on: mesh), .replicated(on: mesh))
    }
  }

  /// Counts of true elements: one a rank where the mask is cut, else one in all.
  public static func counting(_ mask: TensorDescription) throws(TensorError) -> Plan {
    let mesh = mask.sharding.mesh
    let isCut = mask.sharding.shardedAxis != nil
    let local = TensorDescription(
      shape: [isCut ? mesh.count : 1], scalarType: .int64,
      sharding: isCut
        ? Sharding(
          mesh: mesh, .sharded(axis: 0, CutPoints(evenly: mesh.count, into: mesh.count)))
        : .replicated(on: mesh))
    return Plan(
      operation: "counting", operands: [mask], alignments: [.keeping(mask)], local: local,
      finish: isCut ? try Redistribution(local, to: .replicated(on: mesh)) : nil)
  }

  /// The tensor of what a mask picks, [count] + `rest`; operands lie as `maskAlignment` says, and `counts` has
  /// what is picked of each rank's part.
  public static func picked(
    _ operand: TensorDescription, maskAxes: Int, rest: Shape, scalarType: ScalarType,
    counts: [Int]
  ) -> TensorDescription {
    let mesh = operand.sharding.mesh
    var sharding = Sharding.replicated(on: mesh)
    if case .sharded(let axis, let cuts) = operand.sharding.placement {
      sharding =
        axis == 0
        ? Sharding(
          mesh: mesh,
          .sharded(axis: 0, CutPoints(counts.reduce(into: [0]) { $0.append($0.last! + $1) })))
        : Sharding(mesh: mesh, .sharded(axis: axis - maskAxes + 1, cuts))
    }
    return TensorDescription(
      shape: [counts.reduce(0, +)] + rest, scalarType: scalarType, sharding: sharding)
  }
}
