import Shapes

/// Elements picked or written along one axis by an index for each of them: the tensor and its
/// indices are cut alike along other axes.
extension Planner {
  /// How one axis of the mesh cuts both the tensor and its indices: along another axis, along which
  /// it cuts either; if it cuts the tensor along the axis itself, along the longest other one.
  private static func commonLine(
    _ operand: TensorDescription, _ indices: TensorDescription, along axis: Int, meshAxis: Int
  ) -> Line {
    let line = operand.sharding.line(along: meshAxis)
    for candidate in [line, indices.sharding.line(along: meshAxis)] {
      if let cut = candidate.axis, cut != axis { return candidate }
    }
    guard line == .split(axis: axis),
      let other = operand.shape.indices.filter({ $0 != axis && operand.shape[$0] > 1 })
        .max(by: { operand.shape[$0] < operand.shape[$1] })
    else { return .whole }
    return .split(axis: other)
  }

  /// Elements picked along an axis by an index for each element of the result. Where operand and
  /// indices do not lie alike, they are aligned; nothing moves along the axis itself.
  public static func gathering(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription,
    along axis: Int
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: [operand, indices], for: operation)
    try check([axis], of: operand, for: operation)
    let layout = firstLayout([operand, indices], on: mesh) { meshAxis in
      let common = commonLine(operand, indices, along: axis, meshAxis: meshAxis)
      // Every rank that holds all of the tensor may pick for its own part of the indices.
      let own = indices.sharding.line(along: meshAxis)
      let target = common == .whole && own == .split(axis: axis) ? own : common
      return LineRule(operands: [common, target], result: target)
    }
    return Plan(
      operation: operation, operands: [operand, indices],
      alignments: try align([operand, indices], layout.operands),
      local: TensorDescription(
        shape: indices.shape, scalarType: operand.scalarType, sharding: layout.result))
  }

  /// The same from a tensor that is cut along the axis itself and stays where it lies: each rank
  /// picks what it holds, and all get the sum of what was picked and zeros elsewhere, as bits.
  public static func gatheringFromOwners(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription,
    along axis: Int
  ) throws(TensorError) -> Plan {
    _ = try mesh(of: [operand, indices], for: operation)
    try check([axis], of: operand, for: operation)
    let alignment = try reduced(operand)
    let whole = alignment.target.mapCuts { $0.axis == axis ? nil : $0 }
    let local = TensorDescription(
      shape: indices.shape, scalarType: operand.scalarType, sharding: whole)
    var steps = Plan.WorkSteps.none
    if let cut = alignment.target.cut(of: axis), cut.points.count > 1 {
      let terms = Sharding(
        mesh: whole.mesh, cuts: whole.cuts, terms: Terms(.sum, over: cut.over.ascending))
      steps = .summaries([
        try Redistribution(
          TensorDescription(
            shape: indices.shape, scalarType: operand.scalarType.bits, sharding: terms), to: whole)
      ])
    }
    return Plan(
      operation: operation, operands: [operand, indices],
      alignments: [alignment, try Redistribution(indices, to: whole)], steps: steps, local: local)
  }

  /// The result lies as the tensor did, where that is cut along the axis itself.
  public static func scattering(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription,
    _ values: TensorDescription, along axis: Int
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: [operand, indices, values], for: operation)
    try check([axis], of: operand, for: operation)
    let common = firstLayout([operand, indices], on: mesh) { meshAxis in
      let line = commonLine(operand, indices, along: axis, meshAxis: meshAxis)
      return LineRule(operands: [line, line], result: line)
    }.result
    let local = operand.with(common)
    let placed = TensorDescription(
      shape: indices.shape, scalarType: operand.scalarType, sharding: common)
    return Plan(
      operation: operation, operands: [operand, indices, values],
      alignments: try align([operand, indices], [common, common])
        + (try elementwise(operation, [values], into: placed)).alignments,
      local: local,
      finish: operand.sharding.isCut(along: axis)
        ? try Redistribution(local, to: operand.sharding.reduced) : nil)
  }

  /// The same with values added to what is there. Where the indices are cut along the axis itself,
  /// ranks may also add their own values to zeros, as terms of the result: of the two ways the one
  /// that moves fewer bytes. Each term begins with what one rank alone gives of the tensor: its
  /// part, or all of it on the first rank.
  public static func scatteringSum(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription,
    _ values: TensorDescription, along axis: Int
  ) throws(TensorError) -> Plan {
    let common = try scattering(operation, operand, indices, values, along: axis)
    let own = operand.sharding.cuts
    guard operand.shape.elementCount > 0, let cut = indices.sharding.cut(of: axis),
      indices.sharding.cuts.count == 1,
      cut.points.count > 1, operand.sharding.terms == nil, indices.sharding.terms == nil,
      own.allSatisfy({ $0.axis == axis && $0.over.ascending == cut.over.ascending })
    else { return common }
    let placed = TensorDescription(
      shape: indices.shape, scalarType: operand.scalarType, sharding: indices.sharding)
    let local = operand.with(
      Sharding(
        mesh: operand.sharding.mesh, cuts: [], terms: Terms(.sum, over: cut.over.ascending)))
    let terms = Plan(
      operation: operation, operands: [operand, indices, values],
      alignments: [.keeping(operand), .keeping(indices)]
        + (try elementwise(operation, [values], into: placed)).alignments,
      local: local, finish: try Redistribution(local, to: operand.sharding))
    return terms.alignedAndFinishedBytes < common.alignedAndFinishedBytes ? terms : common
  }
}

extension ScalarType {
  /// The integers with as many bits.
  fileprivate var bits: ScalarType {
    switch byteCount {
    case 1: .uint8
    case 2: .uint16
    case 4: .uint32
    default: .uint64
    }
  }
}
