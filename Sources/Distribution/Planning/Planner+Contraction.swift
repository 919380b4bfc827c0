import Shapes

/// The index string of a contraction: `bmk,bkn->bmn`, one label an axis.
public struct ContractionLabels: Hashable, Sendable {
  /// One label for each axis of each operand.
  public var operands: [[Int]]
  /// One label for each axis of the result.
  public var result: [Int]

  /// Labels of operands and result.
  public init(operands: [[Int]], result: [Int]) {
    self.operands = operands
    self.result = result
  }
}

extension Planner {
  /// A sum of products over the labels that the result lacks.
  ///
  /// One candidate for each label and each way in which an operand is cut along it: operands that have it are cut so,
  /// others are replicated, and a contracted label leaves partial sums. The cheapest in elements moved wins, the first
  /// of equals. Operands that are all replicated stay so. Extents of 1 may be broadcast.
  public static func contraction(
    _ operation: String, _ labels: ContractionLabels, _ operands: [TensorDescription],
    result shape: Shape, request: Placement? = nil
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: operands, for: operation)
    let scalarType = operands[0].scalarType
    let isReplicated = operands.allSatisfy { $0.sharding.isReplicated }

    // A product is linear: one partial sum times replicated operands is a partial sum.
    if operands.count(where: { $0.sharding.partialReduction == .sum }) == 1,
      operands.allSatisfy({ $0.sharding.isReplicated || $0.sharding.partialReduction == .sum })
    {
      let local = TensorDescription(
        shape: shape, scalarType: scalarType, sharding: Sharding(mesh: mesh, .partial(.sum)))
      return try plan(
        operation, operands,
        operands.map { .keeping($0) }, local: local, request: request)
    }

    var best: (moved: Int, plan: Plan)?
    for label in isReplicated ? [] : candidates(labels, operands) {
      let axes = zip(labels.operands, operands).map { labels, operand in
        labels.firstIndex(of: label).map { (axis: $0, extent: operand.shape[$0]) }
      }
      guard let extent = axes.compactMap({ $0?.extent }).max(by: { abs($0 - 1) < abs($1 - 1) })
      else { continue }
      for cuts in cuts(of: extent, axes, operands, mesh) {
        let candidate = try plan(
          operation, labels, operands, along: label, axes, extent, cuts, shape: shape, mesh: mesh,
          request: request)
        let moved =
          candidate.alignments.reduce(0) { $0 + $1.elementsMoved }
          + (candidate.finish?.elementsMoved ?? 0)
        if best == nil || moved < best!.moved { best = (moved, candidate) }
      }
    }
    if let best { return best.plan }
    // All operands are replicated, or there is no label to cut.
    let replicated = Sharding.replicated(on: mesh)
    return try plan(
      operation, operands,
      try operands.map { (operand) throws(TensorError) in
        try Redistribution(operand, to: replicated)
      },
      local: TensorDescription(shape: shape, scalarType: scalarType, sharding: replicated),
      request: request)
  }

  /// Labels in the order of preference: those of the result, then contracted ones.
  private static func candidates(
    _ labels: ContractionLabels, _ operands: [TensorDescription]
  ) -> [Int] {
    var candidates = labels.result
    for label in labels.operands.joined() where !candidates.contains(label) {
      candidates.append(label)
    }
    return candidates
  }

  /// An axis of an operand that has a label.
  private typealias LabelledAxis = (axis: Int, extent: Int)

  /// Where a label may be cut: as an operand is cut along it already, else evenly.
  private static func cuts(
    of extent: Int, _ axes: [LabelledAxis?], _ operands: [TensorDescription], _ mesh: Mesh
  ) -> [CutPoints] {
    var cuts: [CutPoints] = []
    for (axis, operand) in zip(axes, operands) {
      if let axis, axis.extent == extent, operand.sharding.shardedAxis == axis.axis,
        let own = operand.sharding.cutPoints, !cuts.contains(own)
      {
        cuts.append(own)
      }
    }
    return cuts.isEmpty ? [CutPoints(evenly: extent, into: mesh.count)] : cuts
  }

  /// The plan that cuts one label.
  private static func plan(
    _ operation: String, _ labels: ContractionLabels, _ operands: [TensorDescription],
    along label: Int, _ axes: [LabelledAxis?], _ extent: Int, _ cuts: CutPoints, shape: Shape,
    mesh: Mesh, request: Placement?
  ) throws(TensorError) -> Plan {
    var alignments: [Redistribution] = []
    for (axis, operand) in zip(axes, operands) {
      let target =
        if let axis, axis.extent == extent {
          Sharding(mesh: mesh, .sharded(axis: axis.axis, cuts))
        } else { Sharding.replicated(on: mesh) }
      alignments.append(try Redistribution(operand, to: target))
    }
    let sharding =
      if let axis = labels.result.firstIndex(of: label) {
        Sharding(mesh: mesh, .sharded(axis: axis, cuts))
      } else { Sharding(mesh: mesh, .partial(.sum)) }
    let local = TensorDescription(
      shape: shape, scalarType: operands[0].scalarType, sharding: sharding)
    return try plan(operation, operands, alignments, local: local, request: request)
  }

  /// Ends a contraction: terms are scattered along the longest axis of the result unless asked otherwise.
  private static func plan(
    _ operation: String, _ operands: [TensorDescription], _ alignments: [Redistribution],
    local: TensorDescription, request: Placement?
  ) throws(TensorError) -> Plan {
    var otherwise = Placement.replicated
    if let axis = local.shape.indices.max(by: { local.shape[$0] < local.shape[$1] }),
      local.shape[axis] > 1, local.sharding.count > 1
    {
      otherwise = .sharded(axis: axis)
    }
    return try finished(
      operation, operands, alignments, local: local, request: request, otherwise: otherwise)
  }
}
