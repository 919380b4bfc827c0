import Shapes

extension Planner {
  /// A reduction over some axes (ascending, from the front).
  ///
  /// Over a sharded axis every rank reduces what it holds to a term, and the terms are reduced as
  /// the last step, to what `request` says: to all by default; `.partial` leaves them.
  /// Terms that are reduced so are of the accumulator's type, or else of the reduction's.
  public static func reduction(
    _ operation: String, _ reduction: Reduction, _ operand: TensorDescription, axes: [Int],
    keepingAxes: Bool = false, result scalarType: ScalarType, in accumulator: ScalarType? = nil,
    request: Placement? = nil
  ) throws(TensorError) -> Plan {
    try check(axes, of: operand, for: operation)
    // A partial sum of terms may be summed further before the terms are; anything else reduces them
    // first.
    let passes = operand.sharding.partialReduction == reduction
    let alignment = passes ? .keeping(operand) : try reduced(operand)
    let local = alignment.result.reduced(
      over: axes, keepingAxes: keepingAxes, as: scalarType, leaving: reduction)
    return try finished(
      operation, [operand], [alignment], local: local, in: accumulator, request: request
    ) { $0.sharding.reduced }
  }

  /// Counts of a tensor's elements in bins: where it is cut, every rank counts what it holds, and
  /// all sum the counts.
  public static func histogram(
    _ operation: String, _ operand: TensorDescription, bins: Int
  ) throws(TensorError) -> Plan {
    let alignment = try reduced(operand)
    let local = alignment.result.reduced(
      over: Array(operand.shape.indices), keepingAxes: false, as: .int64, leaving: .sum
    ).with([bins] as Shape)
    return try finished(operation, [operand], [alignment], local: local, request: nil) {
      $0.sharding.reduced
    }
  }

  /// Running values along one axis, of operands that broadcast to one shape and come to lie alike.
  /// Along a sharded axis every rank works on what it holds, and all gather what is to be known of
  /// it, `words` numbers of 64 bits a line, from which each finds what comes before its own part.
  public static func running(
    _ operation: String, _ operands: [TensorDescription], axis: Int, result scalarType: ScalarType,
    words: Int
  ) throws(TensorError) -> Plan {
    let plan = try elementwise(operation, operands, result: scalarType)
    try check([axis], of: plan.local, for: operation)
    guard let cut = plan.local.sharding.division(of: axis) else { return plan }
    let totals = plan.local.reduced(over: [axis], keepingAxes: false, as: .int64)
    return Plan(
      operation: operation, operands: operands, alignments: plan.alignments,
      steps: .summaries([try summary(totals.with(totals.shape + [words]), over: cut.over)]),
      local: plan.local)
  }

  /// The positions of extremes over some axes (ascending, from the front). Over a sharded axis
  /// every rank finds the candidate among what it holds, and all gather the candidates: a value and
  /// a position.
  public static func extremePosition(
    _ operation: String, _ operand: TensorDescription, axes: [Int], keepingAxes: Bool
  ) throws(TensorError) -> Plan {
    try check(axes, of: operand, for: operation)
    let alignment = try reduced(operand)
    let aligned = alignment.result
    let values = aligned.reduced(
      over: axes, keepingAxes: keepingAxes, as: operand.scalarType)
    let positions = aligned.reduced(over: axes, keepingAxes: keepingAxes, as: .int64)
    let over = aligned.sharding.cuts.filter {
      axes.contains($0.axis) && $0.points.count > 1
    }.meshAxes
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment],
      steps: over.isEmpty
        ? .none
        : .summaries([try summary(values, over: over), try summary(positions, over: over)]),
      local: positions)
  }

  /// The gathering of one row of each rank that differs along axes of the mesh: [ranks] + the shape
  /// of a row.
  static func summary(
    _ row: TensorDescription, over: MeshAxes
  ) throws(TensorError) -> Redistribution {
    let mesh = row.sharding.mesh
    let count = mesh.extent(of: over)
    let whole = row.sharding.mapCuts { $0.along($0.axis + 1) }
    let rows = TensorDescription(
      shape: [count] + row.shape, scalarType: row.scalarType,
      sharding: Sharding(
        mesh: mesh,
        cuts: [AxisCut(axis: 0, over: over, points: CutPoints(evenly: count, into: count))]
          + whole.cuts))
    return try Redistribution(rows, to: whole)
  }
}

extension TensorDescription {
  /// What is left of a tensor when some axes (ascending, from the front) are reduced. Where those
  /// are cut, ranks hold terms, in addition to any that they hold already; or, without a reduction,
  /// each has all.
  func reduced(
    over axes: [Int], keepingAxes: Bool, as type: ScalarType, leaving reduction: Reduction? = nil
  ) -> TensorDescription {
    let shape = shape.reduced(over: axes, keepingAxes: keepingAxes)
    if sharding.cuts.isEmpty {
      return TensorDescription(shape: shape, scalarType: type, sharding: sharding)
    }
    var kept: [AxisCut] = []
    var lost: MeshAxes = []
    for cut in sharding.cuts {
      if axes.contains(cut.axis) {
        lost = lost + cut.over
      } else {
        kept.append(keepingAxes ? cut : cut.along(cut.axis - axes.count { $0 < cut.axis }))
      }
    }
    var terms = sharding.terms
    if let reduction, !lost.isEmpty {
      terms = Terms(reduction, over: ((terms?.over ?? []) + lost).ascending)
    }
    return TensorDescription(
      shape: shape, scalarType: type,
      sharding: Sharding(mesh: sharding.mesh, cuts: kept, terms: terms))
  }
}

extension [AxisCut] {
  /// The axes of the mesh that they take.
  var meshAxes: MeshAxes { reduce([]) { $0 + $1.over } }
}
