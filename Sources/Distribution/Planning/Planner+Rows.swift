import Shapes

/// Rows taken from an axis, or put into it, at positions that a tensor of integers names.
///
/// Where the axis is whole on every rank the indices stay a tensor, and may be sharded themselves; only the
/// rank that holds an index looks at it. Where the axis is cut, every rank knows all indices (`RowRoutes`).
extension Planner {
  /// The shape of what is taken: the axis gives way to those of the indices.
  public static func shape(taking indices: Shape, from shape: Shape, axis: Int) -> Shape {
    Shape(shape[..<axis] + Array(indices) + shape[(axis + 1)...])
  }

  /// Rows of an axis of an operand, which comes to lie whole on every rank: where it is cut along that axis, it is cut
  /// along the longest other one for it, or replicated if there is none.
  private static func whole(
    _ operand: TensorDescription, along axis: Int, for operation: String
  ) throws(TensorError) -> Redistribution {
    try check([axis], of: operand, for: operation)
    let alignment = try reduced(operand)
    guard alignment.target.shardedAxis == axis else { return alignment }
    let mesh = operand.sharding.mesh
    guard
      let other = operand.shape.indices.filter({ $0 != axis && operand.shape[$0] > 1 })
        .max(by: { operand.shape[$0] < operand.shape[$1] })
    else { return try Redistribution(operand, to: .replicated(on: mesh)) }
    return try Redistribution(
      operand, to: Sharding(.sharded(axis: other), of: operand.shape, on: mesh, for: operation))
  }

  /// Takes rows of an axis. Tensors that are cut along it take them by `RowRoutes`, without moving what is not taken; a
  /// cotangent of any layout may come here.
  public static func taking(
    _ operation: String, _ operand: TensorDescription, _ indices: TensorDescription, axis: Int
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: [operand, indices], for: operation)
    let alignment = try whole(operand, along: axis, for: operation)
    let shape = try shape(taking: indices.shape, from: operand.shape, axis: axis)
      .validated(for: operation)
    var positions = try reduced(indices)
    var sharding = Sharding.replicated(on: mesh)
    switch (alignment.target.placement, positions.target.placement) {
    case (.sharded(let cut, let cuts), _):
      positions = try Redistribution(indices, to: .replicated(on: mesh))
      let moved = cut < axis ? cut : cut + indices.shape.count - 1
      sharding = Sharding(mesh: mesh, .sharded(axis: moved, cuts))
    case (_, .sharded(let cut, let cuts)):
      sharding = Sharding(mesh: mesh, .sharded(axis: axis + cut, cuts))
    default: break
    }
    return Plan(
      operation: operation, operands: [operand, indices], alignments: [alignment, positions],
      local: TensorDescription(shape: shape, scalarType: operand.scalarType, sharding: sharding))
  }

  /// Adds rows to zeros at the positions that indices name: what the cotangent of taking them becomes. Rows
  /// that different ranks hold leave terms.
  public static func accumulating(
    _ operation: String, _ rows: TensorDescription, _ indices: TensorDescription, axis: Int,
    into shape: Shape
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: [rows, indices], for: operation)
    let last = axis + indices.shape.count
    let terms = Sharding(mesh: mesh, .partial(.sum))
    var positions = Sharding.replicated(on: mesh)
    var target = rows.sharding
    var result = Sharding.replicated(on: mesh)
    switch (rows.sharding.placement, indices.sharding.placement) {
    case (.partial(.sum), _): result = terms
    case (.partial, _): target = .replicated(on: mesh)
    case (.sharded(let cut, let cuts), _) where (axis..<last).contains(cut):
      positions = Sharding(mesh: mesh, .sharded(axis: cut - axis, cuts))
      result = terms
    case (.sharded(let cut, let cuts), _):
      let moved = cut < axis ? cut : cut - indices.shape.count + 1
      result = Sharding(mesh: mesh, .sharded(axis: moved, cuts))
    case (.replicated, .sharded(let cut, let cuts)):
      target = Sharding(mesh: mesh, .sharded(axis: axis + cut, cuts))
      positions = indices.sharding
      result = terms
    case (.replicated, _): break
    }
    return Plan(
      operation: operation, operands: [rows, indices],
      alignments: [
        try Redistribution(rows, to: target), try Redistribution(indices, to: positions),
      ],
      local: TensorDescription(shape: shape, scalarType: rows.scalarType, sharding: result))
  }

  /// Puts rows into an axis; the target keeps its sharding where the axis is whole on every rank.
  public static func putting(
    _ operation: String, _ target: TensorDescription, _ indices: TensorDescription,
    _ rows: TensorDescription, axis: Int
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: [target, indices, rows], for: operation)
    let alignment = try whole(target, along: axis, for: operation)
    var taken = TensorDescription(
      shape: shape(taking: indices.shape, from: target.shape, axis: axis),
      scalarType: target.scalarType, sharding: .replicated(on: mesh))
    if case .sharded(let cut, let cuts) = alignment.target.placement {
      let moved = cut < axis ? cut : cut + indices.shape.count - 1
      taken.sharding = Sharding(mesh: mesh, .sharded(axis: moved, cuts))
    }
    let values = try elementwise(operation, [rows], into: taken)
    return Plan(
      operation: operation, operands: [target, indices, rows],
      alignments: [
        alignment, try Redistribution(indices, to: .replicated(on: mesh)), values.alignments[0],
      ],
      local: alignment.result)
  }
}

// Routed rows
extension Planner {
  /// Takes rows of a cut axis: they travel to where the list of indices is cut. `list` is the shape of the
  /// indices, with at least one axis, and `takers` the cut of the first.
  public static func taking(
    _ operation: String, _ operand: TensorDescription, axis: Int, list: Shape, takers: CutPoints,
    positions: [Int]
  ) throws(TensorError) -> Plan {
    let mesh = operand.sharding.mesh
    let shape = try shape(taking: list, from: operand.shape, axis: axis).validated(for: operation)
    let routes = RowRoutes(
      positions: positions, owners: operand.sharding.cutPoints!,
      takers: takers.scaled(by: list.elementCount(of: 1..<list.count)))
    let result = TensorDescription(
      shape: shape, scalarType: operand.scalarType,
      sharding: Sharding(mesh: mesh, .sharded(axis: axis, takers)))
    return Plan(
      operation: operation, operands: [operand], alignments: [.keeping(operand)],
      rowMove: RowMove(routes, .toTakers, rowLength: operand.shape.rowLength(without: axis)),
      local: result)
  }

  /// Brings rows back to the owners of their positions: `whole` is cut along the axis and keeps its sharding,
  /// the rows are cut as those that were taken.
  public static func returning(
    _ operation: String, _ operands: [TensorDescription], rows: Int, to whole: TensorDescription,
    axis: Int, list: Shape, takers: CutPoints, positions: [Int]
  ) throws(TensorError) -> Plan {
    let mesh = whole.sharding.mesh
    let routes = RowRoutes(
      positions: positions, owners: whole.sharding.cutPoints!,
      takers: takers.scaled(by: list.elementCount(of: 1..<list.count)))
    let taken = TensorDescription(
      shape: shape(taking: list, from: whole.shape, axis: axis), scalarType: whole.scalarType,
      sharding: Sharding(mesh: mesh, .sharded(axis: axis, takers)))
    let values = try elementwise(operation, [operands[rows]], into: taken)
    return Plan(
      operation: operation, operands: operands,
      alignments: operands.enumerated().map {
        $0.offset == rows ? values.alignments[0] : .keeping($0.element)
      },
      rowMove: RowMove(routes, .toOwners, rowLength: whole.shape.rowLength(without: axis)),
      local: whole)
  }
}

extension Shape {
  fileprivate func rowLength(without axis: Int) -> Int {
    elementCount(of: indices.filter { $0 != axis })
  }
}
