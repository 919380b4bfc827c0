import Shapes

/// Rows taken from an axis, or put into it, at positions that a tensor of integers names.
///
/// Where the axis is whole on every rank the indices stay a tensor, and may be sharded themselves;
/// only the rank that holds an index looks at it. Where the axis is cut, every rank knows all
/// indices (`RowRoutes`), or sends its own to those who have the rows (`RowRequests`).
extension Planner {
  /// The shape of what is taken: the axis gives way to those of the indices.
  public static func shape(taking indices: Shape, from shape: Shape, axis: Int) -> Shape {
    Shape(shape[..<axis] + Array(indices) + shape[(axis + 1)...])
  }

  /// Takes rows of an axis. Tensors that are cut along it take them by `RowRoutes`, without moving
  /// what is not taken; a cotangent of any layout may come here.
  public static func taking(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription, axis: Int
  ) throws(TensorError) -> Plan {
    _ = try mesh(of: [operand, indices], for: operation)
    try check([axis], of: operand, for: operation)
    let shape = try shape(taking: indices.shape, from: operand.shape, axis: axis)
      .validated(for: operation)
    if let cut = operand.sharding.cut(of: axis), cut.points.count == 1 {
      // One rank has all; the result lies as that of several does.
      let held = operand.sharding.reduced
      let takers = cut.at(CutPoints(evenly: indices.shape.first ?? 1, into: 1))
      return Plan(
        operation: operation, operands: [operand, indices],
        alignments: try align(
          [operand, indices], [held, indices.sharding.reduced.mapCuts { _ in nil }]),
        local: TensorDescription(
          shape: shape, scalarType: operand.scalarType,
          sharding: held.taken(by: indices.shape, takers)))
    }
    let held = operand.sharding.reduced.whole(along: axis, in: operand.shape)
    // The indices may stay cut over axes of the mesh that do not cut the operand.
    let taken = held.cuts.meshAxes
    let positions = indices.sharding.reduced.mapCuts { cut in
      cut.over.contains(where: taken.contains) ? nil : cut
    }
    let moved = held.moved(for: indices.shape, at: axis)
    return Plan(
      operation: operation, operands: [operand, indices],
      alignments: try align([operand, indices], [held, positions]),
      local: TensorDescription(
        shape: shape, scalarType: operand.scalarType,
        sharding: Sharding(
          mesh: held.mesh, cuts: moved.cuts + positions.cuts.map { $0.along($0.axis + axis) })))
  }

  /// Adds rows to zeros at the positions that indices name: what the cotangent of taking them
  /// becomes. Rows that different ranks hold leave terms.
  public static func accumulating(
    _ operation: String, _ rows: TensorDescription, _ indices: TensorDescription, axis: Int,
    into shape: Shape
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: [rows, indices], for: operation)
    let list = axis..<axis + indices.shape.count
    let layout = firstLayout([rows, indices], on: mesh) { meshAxis in
      let line = rows.sharding.line(along: meshAxis)
      switch (line, indices.sharding.line(along: meshAxis)) {
      case (.terms(.sum), _): return LineRule(operands: [line, .whole], result: line)
      case (.terms, _): return .whole(operands: 2)
      case (.split(let cut), _) where list.contains(cut):
        return LineRule(operands: [line, .split(axis: cut - axis)], result: .terms(.sum))
      case (.split(let cut), _):
        let moved = cut < axis ? cut : cut - indices.shape.count + 1
        return LineRule(operands: [line, .whole], result: .split(axis: moved))
      case (.whole, .split(let cut)):
        return LineRule(
          operands: [.split(axis: axis + cut), .split(axis: cut)], result: .terms(.sum))
      case (.whole, _): return .whole(operands: 2)
      }
    }
    return Plan(
      operation: operation, operands: [rows, indices],
      alignments: try align([rows, indices], layout.operands),
      local: TensorDescription(shape: shape, scalarType: rows.scalarType, sharding: layout.result))
  }

  /// Puts rows into an axis; the target keeps its sharding where the axis is whole on every rank.
  public static func putting(
    _ operation: String, _ target: TensorDescription, _ indices: TensorDescription,
    _ rows: TensorDescription, axis: Int
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: [target, indices, rows], for: operation)
    try check([axis], of: target, for: operation)
    let isWhole = target.sharding.division(of: axis) == nil
    let held =
      isWhole
      ? target.sharding.reduced : target.sharding.reduced.whole(along: axis, in: target.shape)
    let taken = TensorDescription(
      shape: shape(taking: indices.shape, from: target.shape, axis: axis),
      scalarType: target.scalarType,
      sharding: held.mapCuts { $0.axis == axis ? nil : $0 }.moved(for: indices.shape, at: axis))
    let values = try elementwise(operation, [rows], into: taken)
    return Plan(
      operation: operation, operands: [target, indices, rows],
      alignments: try align([target, indices], [held, .replicated(on: mesh)]) + values.alignments,
      local: target.with(held))
  }
}

// Routed rows
extension Planner {
  /// Takes rows of a cut axis: they travel to where the list of indices is cut. `list` is the shape
  /// of the indices, with at least one axis, and `takers` the cut of the first.
  public static func taking(
    _ operation: String, _ operand: TensorDescription, axis: Int, list: Shape, takers: CutPoints,
    positions: [Int]
  ) throws(TensorError) -> Plan {
    let shape = try shape(taking: list, from: operand.shape, axis: axis).validated(for: operation)
    let cut = operand.sharding.cut(of: axis)!
    return Plan(
      operation: operation, operands: [operand], alignments: [.keeping(operand)],
      steps: .rows(move(operand, axis, cut, .toTakers, list, takers, positions)),
      local: TensorDescription(
        shape: shape, scalarType: operand.scalarType,
        sharding: operand.sharding.taken(by: list, cut.at(takers))))
  }

  /// Brings rows back to the owners of their positions: `whole` is cut along the axis and keeps its
  /// sharding, the rows are cut as those that were taken.
  public static func returning(
    _ operation: String, _ operands: [TensorDescription], rows: Int, to whole: TensorDescription,
    axis: Int, list: Shape, takers: CutPoints, positions: [Int]
  ) throws(TensorError) -> Plan {
    let cut = whole.sharding.cut(of: axis)!
    let taken = TensorDescription(
      shape: shape(taking: list, from: whole.shape, axis: axis), scalarType: whole.scalarType,
      sharding: whole.sharding.taken(by: list, cut.at(takers)))
    let values = try elementwise(operation, [operands[rows]], into: taken)
    return Plan(
      operation: operation, operands: operands,
      alignments: operands.enumerated().map {
        $0.offset == rows ? values.alignments[0] : .keeping($0.element)
      },
      steps: .rows(move(whole, axis, cut, .toOwners, list, takers, positions)), local: whole)
  }

  private static func move(
    _ whole: TensorDescription, _ axis: Int, _ cut: AxisCut, _ direction: RowMove.Direction,
    _ list: Shape, _ takers: CutPoints, _ positions: [Int]
  ) -> RowMove {
    RowMove(
      RowRoutes(
        positions: positions, owners: cut.points,
        takers: takers.scaled(by: list.elementCount(of: 1..<list.count))),
      direction, of: whole, along: axis)
  }
}

// Requested rows
extension Planner {
  /// How rows of a cut axis are taken at positions of which ranks hold parts, or written there:
  /// what moves the fewest bytes, counts included, if positions are spread evenly over the axis.
  /// Where ways are equal the one with fewer steps.
  /// Where rows are written, the tensor stays where it lies.
  public static func rowWay(
    _ operand: TensorDescription, _ indices: TensorDescription, axis: Int, writes: Bool = false
  ) -> RowWay {
    // Where there is nothing to move, all ranks look at all positions, none of which is right.
    if operand.shape.elementCount == 0 { return .list }
    let ranks = operand.sharding.count
    let rest = operand.shape.indices.filter { $0 != axis }
    let number = ScalarType.int64.byteCount
    let size = operand.scalarType.byteCount
    let row = operand.shape.elementCount(of: rest).clampedTimes(size)
    // Bytes times ranks ÷ (ranks − 1).
    func bytes(_ named: Int) -> Int {
      indices.shape.elementCount.clampedTimes(named.clampedPlus(row))
    }
    let everywhere = operand.shape.elementCount.clampedTimes(size).clampedTimes(ranks)
    let list = bytes(number.clampedTimes(ranks))
    let counts = ranks.clampedTimes(ranks).clampedTimes(ranks).clampedTimes(number)
    let requests = counts.clampedPlus(bytes(number))
    if !writes, everywhere <= min(list, requests) { return .everywhere }
    return list <= requests ? .list : .requests
  }

  /// How many positions each part of a list, which is cut along its first axis, has of each part of
  /// an axis: a row for each part of the list, and every rank gets all of them.
  public static func countingRequests(
    _ operation: String, _ indices: TensorDescription, owners: CutPoints
  ) throws(TensorError) -> Plan {
    let mesh = indices.sharding.mesh
    let cut = indices.sharding.cut(of: 0)!
    let parts = cut.points.count
    let local = TensorDescription(
      shape: [parts, owners.count], scalarType: .int64,
      sharding: Sharding(mesh: mesh, cuts: [cut.at(CutPoints(evenly: parts, into: parts))]))
    return Plan(
      operation: operation, operands: [indices], alignments: [.keeping(indices)], local: local,
      finish: try Redistribution(local, to: .replicated(on: mesh)))
  }

  /// Takes rows of a cut axis at positions that are cut along their first axis over the same ranks:
  /// positions travel to the owners of rows, rows to the positions. `counts` has what
  /// `countingRequests` gives.
  public static func taking(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription, axis: Int,
    counts: [Int]
  ) throws(TensorError) -> Plan {
    let local = try taken(operation, from: operand, at: indices, axis: axis)
    return Plan(
      operation: operation, operands: [operand, indices],
      alignments: [.keeping(operand), .keeping(indices)],
      steps: .requests(RowRequests(counts, .toTakers, of: operand, along: axis)), local: local)
  }

  /// Brings rows, which come to lie as those that were taken, to the owners of their positions,
  /// which travel too: `whole` keeps its sharding. The positions are the second operand.
  public static func returning(
    _ operation: String, _ operands: [TensorDescription], rows: Int, to whole: TensorDescription,
    axis: Int, counts: [Int]
  ) throws(TensorError) -> Plan {
    let taken = try taken(operation, from: whole, at: operands[1], axis: axis)
    let values = try elementwise(operation, [operands[rows]], into: taken)
    return Plan(
      operation: operation, operands: operands,
      alignments: operands.enumerated().map {
        $0.offset == rows ? values.alignments[0] : .keeping($0.element)
      },
      steps: .requests(RowRequests(counts, .toOwners, of: whole, along: axis)), local: whole)
  }

  /// What is taken from a cut axis at positions that are cut along their first axis.
  private static func taken(
    _ operation: String, from whole: TensorDescription, at indices: TensorDescription, axis: Int
  ) throws(TensorError) -> TensorDescription {
    let shape = try shape(taking: indices.shape, from: whole.shape, axis: axis)
      .validated(for: operation)
    let takers = indices.sharding.cut(of: 0)!.points
    return TensorDescription(
      shape: shape, scalarType: whole.scalarType,
      sharding: whole.sharding.taken(
        by: indices.shape, whole.sharding.cut(of: axis)!.at(takers)))
  }
}

extension Sharding {
  /// The sharding of what is left where an axis, which is not cut, gives way to those of indices.
  fileprivate func moved(for indices: Shape, at axis: Int) -> Sharding {
    mapCuts { $0.along($0.axis < axis ? $0.axis : $0.axis + indices.count - 1) }
  }

  /// The sharding of rows where a cut axis gives way to a list, whose first axis has another cut of
  /// the same ranks.
  fileprivate func taken(by list: Shape, _ takers: AxisCut) -> Sharding {
    let rest = mapCuts { $0.axis == takers.axis ? nil : $0 }.moved(for: list, at: takers.axis)
    if list.isEmpty { return rest }
    return Sharding(mesh: mesh, cuts: rest.cuts + [takers], terms: terms)
  }
}
