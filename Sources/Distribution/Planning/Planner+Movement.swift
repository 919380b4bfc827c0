import Shapes

extension Planner {
  /// Axes in another order: nothing moves.
  public static func permutation(
    _ operand: TensorDescription, axes: [Int]
  ) throws(TensorError) -> Plan {
    try check(axes, of: operand, for: "permuted")
    guard axes.count == operand.shape.count else {
      throw TensorError(
        "permuted", given: "axes \(axes) of shape \(operand.shape)",
        expected: "each axis once, in 0..<\(operand.shape.count)")
    }
    let shape = Shape(axes.map { operand.shape[$0] })
    let sharding =
      if case .sharded(let axis, let cuts) = operand.sharding.placement {
        Sharding(mesh: operand.sharding.mesh, .sharded(axis: axes.firstIndex(of: axis)!, cuts))
      } else { operand.sharding }
    return Plan(
      operation: "permuted", operands: [operand],
      alignments: [.keeping(operand)],
      local: TensorDescription(
        shape: shape, scalarType: operand.scalarType, sharding: sharding))
  }

  /// The part of an operand that an index picks. Elements stay where they are: the cut points of the result
  /// follow from them. A single element of a sharded tensor is broadcast.
  ///
  /// Along a sharded axis steps must be positive: going backwards along it is `flipped`, then a slice.
  public static func selection(
    _ operation: String, _ operand: TensorDescription, _ selection: Selection
  ) throws(TensorError) -> Plan {
    let alignment = try reduced(operand)
    let mesh = operand.sharding.mesh
    let shape = selection.shape
    var local = TensorDescription(
      shape: shape, scalarType: operand.scalarType, sharding: .replicated(on: mesh))
    if case .sharded(let axis, let cuts) = alignment.target.placement {
      let chosen = selection.axes[axis]
      if !chosen.isDropped {
        let points = cuts.points.map { chosen.countBefore($0) }
        let axis = selection.resultAxes.firstIndex(of: axis)!
        local.sharding = Sharding(
          mesh: mesh, .sharded(axis: axis, CutPoints([0] + points.dropFirst())))
      } else if let first = shape.indices.first {
        // The owner keeps it: all of the first axis belongs to the owner.
        let owner = cuts.part(holding: chosen.start)
        local.sharding = Sharding(
          mesh: mesh,
          .sharded(axis: first, CutPoints((0...mesh.count).map { $0 <= owner ? 0 : shape[first] })))
      } else {
        // A single value belongs to all: the owner holds it as the only element of an axis.
        let owner = cuts.part(holding: chosen.start)
        let held = TensorDescription(
          shape: [1], scalarType: operand.scalarType,
          sharding: Sharding(
            mesh: mesh, .sharded(axis: 0, CutPoints((0...mesh.count).map { $0 <= owner ? 0 : 1 }))))
        return Plan(
          operation: operation, operands: [operand], alignments: [alignment], local: held,
          finish: try Redistribution(held, to: .replicated(on: mesh)), view: [])
      }
    }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment], local: local)
  }

  /// Blocks put next to each other or over each other in a new tensor; each block is an operand, placed at
  /// an offset. Places that no block covers are left to the caller.
  ///
  /// The result is cut like the operands along an axis where they agree and cover the whole result, else
  /// evenly along the axis of the first sharded operand.
  public static func assembly(
    _ operation: String, _ operands: [TensorDescription], offsets: [[Int]], result shape: Shape,
    sharding: Sharding? = nil
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: operands, for: operation)
    guard offsets.count == operands.count,
      zip(offsets, operands).allSatisfy({
        $0.count == shape.count && $1.shape.count == shape.count
      })
    else {
      throw TensorError(
        operation, given: "offsets \(offsets) of \(operands.count) blocks in shape \(shape)",
        expected: "one number an axis for each block")
    }
    let alignments = try operands.map { (operand) throws(TensorError) in try reduced(operand) }
    let target =
      sharding ?? commonSharding(zip(operands, alignments).map { $0.with($1.target) }, shape, mesh)
    let result = TensorDescription(
      shape: shape, scalarType: operands[0].scalarType, sharding: target)
    let pieces = operands.indices.map { index in
      Assembly.Piece(
        operand: index, shape: operands[index].shape,
        ownership: .init(alignments[index].target), offset: offsets[index])
    }
    return Plan(
      operation: operation, operands: operands, alignments: alignments,
      assembly: Assembly(result: result, pieces: pieces), local: result)
  }

  private static func commonSharding(
    _ operands: [TensorDescription], _ shape: Shape, _ mesh: Mesh
  ) -> Sharding {
    // Candidates: the cuts of operands that span the result along their sharded axis, and an even cut.
    var candidates: [(sharding: Sharding, bytes: Int)] = []
    for operand in operands {
      guard case .sharded(let axis, let cuts) = operand.sharding.placement else { continue }
      let own =
        operand.shape[axis] == shape[axis] ? cuts : CutPoints(evenly: shape[axis], into: mesh.count)
      let sharding = Sharding(mesh: mesh, .sharded(axis: axis, own))
      let size = operand.shape.elementCount
      if let index = candidates.firstIndex(where: { $0.sharding == sharding }) {
        candidates[index].bytes += size
      } else {
        candidates.append((sharding, size))
      }
    }
    // What most elements follow already moves the fewest.
    var best: (sharding: Sharding, bytes: Int)?
    for candidate in candidates where best == nil || candidate.bytes > best!.bytes {
      best = candidate
    }
    return best?.sharding ?? .replicated(on: mesh)
  }

  /// Elements in reverse order along some axes. Along the sharded axis they move to where an even cut has
  /// them; `assembly` is nil where nothing moves.
  public static func flip(_ operand: TensorDescription, axes: [Int]) throws(TensorError) -> Plan {
    try check(axes, of: operand, for: "flipped")
    let alignment = try reduced(operand)
    let mesh = operand.sharding.mesh
    guard case .sharded(let axis, let cuts) = alignment.target.placement, axes.contains(axis),
      mesh.count > 1
    else {
      return Plan(
        operation: "flipped", operands: [operand], alignments: [alignment],
        local: alignment.result)
    }
    let extent = operand.shape[axis]
    let ranges = (0..<mesh.count).map { part in
      extent - cuts[part + 1]..<extent - cuts[part]
    }
    let result = operand.with(
      Sharding(
        mesh: mesh, .sharded(axis: axis, CutPoints(evenly: extent, into: mesh.count))))
    let piece = Assembly.Piece(
      operand: 0, shape: operand.shape, ownership: .split(axis: axis, ranges: ranges),
      offset: [Int](repeating: 0, count: operand.shape.count))
    return Plan(
      operation: "flipped", operands: [operand], alignments: [alignment],
      assembly: Assembly(result: result, pieces: [piece]), local: result)
  }

  /// A diagonal of matrices in the last two axes, `offset` above the main one. Elements stay where they are:
  /// along a cut row or column axis the cut points of the result follow from them.
  public static func diagonal(
    _ operation: String, _ operand: TensorDescription, offset: Int
  ) throws(TensorError) -> Plan {
    let row = operand.shape.count - 2
    guard row >= 0 else {
      throw TensorError(
        operation, given: "shape \(operand.shape)", expected: "at least two axes")
    }
    let alignment = try reduced(operand)
    // Element i lies in row i + down and column i + right.
    let (down, right) = (Swift.max(-Swift.max(offset, -.max), 0), Swift.max(offset, 0))
    let length = Swift.max(
      0, Swift.min(operand.shape[row] &- down, operand.shape[row + 1] &- right))
    var sharding = alignment.target
    if case .sharded(let axis, let cuts) = sharding.placement, axis >= row {
      let shift = axis == row ? down : right
      sharding = Sharding(
        mesh: sharding.mesh,
        .sharded(
          axis: row,
          CutPoints(
            cuts.points.enumerated().map { part, point in
              part == cuts.count ? length : Swift.min(Swift.max(point &- shift, 0), length)
            })))
    }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment],
      local: TensorDescription(
        shape: Shape(operand.shape[..<row]) + [length], scalarType: operand.scalarType,
        sharding: sharding))
  }
}
