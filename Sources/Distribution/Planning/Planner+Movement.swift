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
    return Plan(
      operation: "permuted", operands: [operand],
      alignments: [.keeping(operand)],
      local: TensorDescription(
        shape: Shape(axes.map { operand.shape[$0] }), scalarType: operand.scalarType,
        sharding: operand.sharding.mapCuts { $0.along(axes.firstIndex(of: $0.axis)!) }))
  }

  /// Blocks put next to each other or over each other in a new tensor; each block is an operand,
  /// placed at an offset. Places that no block covers are left to the caller.
  ///
  /// The result is cut like the operands along an axis where they agree and cover the whole result,
  /// else evenly along the axis of the first sharded operand.
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
      steps: .blocks(Assembly(result: result, pieces: pieces)), local: result)
  }

  private static func commonSharding(
    _ operands: [TensorDescription], _ shape: Shape, _ mesh: Mesh
  ) -> Sharding {
    // Candidates: the cuts of operands that span the result along their sharded axes, and even
    // cuts.
    var candidates: [(sharding: Sharding, size: Int)] = []
    for operand in operands where !operand.sharding.cuts.isEmpty {
      let sharding = operand.sharding.mapCuts { cut in
        operand.shape[cut.axis] == shape[cut.axis]
          ? cut : cut.at(CutPoints(evenly: shape[cut.axis], into: cut.points.count))
      }
      let size = operand.shape.elementCount
      if let index = candidates.firstIndex(where: { $0.sharding == sharding }) {
        candidates[index].size += size
      } else {
        candidates.append((sharding, size))
      }
    }
    // What most elements follow already moves the fewest.
    var best: (sharding: Sharding, size: Int)?
    for candidate in candidates where best == nil || candidate.size > best!.size {
      best = candidate
    }
    return best?.sharding ?? .replicated(on: mesh)
  }

  /// Elements in reverse order along some axes. Along a sharded one they move to where an even cut
  /// has them; nothing moves where none of the axes is.
  public static func flip(_ operand: TensorDescription, axes: [Int]) throws(TensorError) -> Plan {
    try check(axes, of: operand, for: "flipped")
    let alignment = try reduced(operand)
    let sharding = alignment.target
    guard sharding.count > 1, sharding.cuts.contains(where: { axes.contains($0.axis) }) else {
      return Plan(
        operation: "flipped", operands: [operand], alignments: [alignment],
        local: alignment.result)
    }
    let result = operand.with(
      sharding.mapCuts { cut in
        axes.contains(cut.axis)
          ? cut.at(CutPoints(evenly: cut.points.extent, into: cut.points.count)) : cut
      })
    let ownership = Assembly.Ownership(sharding) { cut in
      (0..<cut.points.count).map { part in
        let range = cut.points.range(of: part)
        if !axes.contains(cut.axis) { return range }
        let extent = cut.points.extent
        return extent - range.upperBound..<extent - range.lowerBound
      }
    }
    let piece = Assembly.Piece(
      operand: 0, shape: operand.shape, ownership: ownership,
      offset: [Int](repeating: 0, count: operand.shape.count))
    return Plan(
      operation: "flipped", operands: [operand], alignments: [alignment],
      steps: .blocks(Assembly(result: result, pieces: [piece])), local: result)
  }

  /// Elements moved towards higher positions along an axis; those that leave at its end come in at
  /// its start. Along a sharded one they move to where an even cut has them; else nothing moves.
  ///
  /// - Parameter distance: at least 0, and at most the extent.
  package static func roll(
    _ operand: TensorDescription, by distance: Int, axis: Int
  ) throws(TensorError) -> Plan {
    try check([axis], of: operand, for: "rolled")
    let extent = operand.shape[axis]
    guard (0...extent).contains(distance) else {
      throw TensorError(
        "rolled", given: "a distance of \(distance) along an axis of \(extent)",
        expected: "one in 0...\(extent)")
    }
    let alignment = try reduced(operand)
    let sharding = alignment.target
    guard sharding.count > 1, sharding.cuts.contains(where: { $0.axis == axis }) else {
      return Plan(
        operation: "rolled", operands: [operand], alignments: [alignment],
        local: alignment.result)
    }
    let result = operand.with(
      sharding.mapCuts { cut in
        cut.axis == axis ? cut.at(CutPoints(evenly: extent, into: cut.points.count)) : cut
      })
    let pieces = [
      piece(of: operand, sharding, 0..<extent - distance, along: axis, at: distance),
      piece(of: operand, sharding, extent - distance..<extent, along: axis, at: 0),
    ]
    return Plan(
      operation: "rolled", operands: [operand], alignments: [alignment],
      steps: .blocks(Assembly(result: result, pieces: pieces)), local: result)
  }

  /// The positions of an operand in a range along an axis, from another position on.
  private static func piece(
    of operand: TensorDescription, _ sharding: Sharding, _ range: Range<Int>, along axis: Int,
    at place: Int
  ) -> Assembly.Piece {
    var shape = operand.shape
    shape[axis] = range.count
    var offset = [Int](repeating: 0, count: shape.count)
    offset[axis] = place
    let ownership = Assembly.Ownership(sharding) { cut in
      (0..<cut.points.count).map { part in
        let held = cut.points.range(of: part)
        return cut.axis == axis ? held.within(range) : held
      }
    }
    return Assembly.Piece(operand: 0, shape: shape, ownership: ownership, offset: offset)
  }
}

extension Range<Int> {
  /// What it has of another range, counted from where that begins.
  fileprivate func within(_ whole: Range<Int>) -> Range<Int> {
    let common = clamped(to: whole)
    return common.lowerBound - whole.lowerBound..<common.upperBound - whole.lowerBound
  }
}
