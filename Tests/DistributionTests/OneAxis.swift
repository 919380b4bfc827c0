import Distribution

/// Shardings over meshes of one axis, as most tests see them.
extension Sharding {
  var placement: ResolvedPlacement {
    if let cut = cuts.first { return .sharded(axis: cut.axis, cut.points) }
    return partialReduction.map { .partial($0) } ?? .replicated
  }

  var shardedAxis: Int? { cuts.first?.axis }

  var cutPoints: CutPoints? { cuts.first?.points }
}

extension Redistribution {
  /// The only step over a mesh of one axis; nil where the sharding stays.
  var route: Route? { steps.first?.route }
}
