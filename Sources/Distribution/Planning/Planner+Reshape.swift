import Shapes

extension Planner {
  /// The same elements in another shape (already inferred, with as many elements).
  ///
  /// The operand is brought to a sharding whose shards are whole runs of the groups of axes that
  /// are joined or split; seen with each group as one axis, its cuts move to where the result has
  /// them (`joinedMove`); and it is seen in its new shape. Where a sharded axis is the outermost of
  /// the axes that it is joined with or split into, fewer than one row a boundary moves, else the
  /// operand is sharded along that axis first.
  public static func reshape(
    _ operand: TensorDescription, to shape: Shape
  ) throws(TensorError) -> Plan {
    let mesh = operand.sharding.mesh
    // Terms have the shape of their sum, so a partial tensor stays partial.
    if operand.sharding.cuts.isEmpty {
      return plan(operand, .keeping(operand), result: operand.reshaped(shape, operand.sharding))
    }
    // An empty tensor has nothing to move: any empty sharding will do.
    guard operand.shape.elementCount > 0 else {
      let axis = shape.firstIndex(of: 0) ?? 0
      let target =
        shape.isEmpty
        ? Sharding.replicated(on: mesh)
        : Sharding(mesh: mesh, .sharded(axis: axis, CutPoints(evenly: 0, into: mesh.count)))
      return plan(operand, .keeping(operand), result: operand.reshaped(shape, target))
    }
    let groups = Shape.matchedGroups(operand.shape, shape)
    let alignment = try Redistribution(
      operand, to: operand.sharding.cutOutermost(in: operand.shape, groups, shape))
    var joined = Shape([])
    var before: [AxisCut] = []
    var after: [AxisCut] = []
    var result: [AxisCut] = []
    for group in groups {
      let outer = group.source.first { operand.shape[$0] > 1 }
      guard let outer, let cut = alignment.target.cut(of: outer) else {
        joined = joined + Shape(operand.shape[group.source])
        continue
      }
      let newOuter = group.target.first { shape[$0] > 1 }!
      let newInner = shape.elementCount(of: newOuter + 1..<group.target.upperBound)
      let points = cut.points.scaled(
        by: operand.shape.elementCount(of: outer + 1..<group.source.upperBound))
      // Keep the cuts where they fall between rows of the new shape, else cut evenly.
      let newPoints =
        points.points.allSatisfy { $0.isMultiple(of: newInner) }
        ? CutPoints(points.points.map { $0 / newInner })
        : CutPoints(evenly: shape[newOuter], into: points.count)
      before.append(AxisCut(axis: joined.count, over: cut.over, points: points))
      after.append(
        AxisCut(axis: joined.count, over: cut.over, points: newPoints.scaled(by: newInner)))
      result.append(AxisCut(axis: newOuter, over: cut.over, points: newPoints))
      joined = joined + [operand.shape.elementCount(of: group.source)]
    }
    let terms = alignment.target.terms
    let move = try Redistribution(
      operand.reshaped(joined, Sharding(mesh: mesh, cuts: before, terms: terms)),
      to: Sharding(mesh: mesh, cuts: after, terms: terms))
    return plan(
      operand, alignment, steps: move.isKeeping ? .none : .joined(move),
      result: operand.reshaped(shape, Sharding(mesh: mesh, cuts: result, terms: terms)))
  }

  private static func plan(
    _ operand: TensorDescription, _ alignment: Redistribution, steps: Plan.WorkSteps = .none,
    result: TensorDescription
  ) -> Plan {
    Plan(
      operation: "reshaped", operands: [operand], alignments: [alignment], steps: steps,
      local: result)
  }
}

extension Sharding {
  /// The sharding that cuts the outermost axis alone of each group of axes that are joined or
  /// split, evenly where it did not; none of a group with one element, whose owner gives it to all.
  fileprivate func cutOutermost(
    in shape: Shape, _ groups: [(source: Range<Int>, target: Range<Int>)], _ target: Shape
  ) -> Sharding {
    var kept: [AxisCut] = []
    for group in groups {
      let own = cuts.filter { group.source.contains($0.axis) }
      guard !own.isEmpty, let outer = group.source.first(where: { shape[$0] > 1 }),
        group.target.contains(where: { target[$0] > 1 })
      else { continue }
      if own.count == 1, own[0].axis == outer {
        kept += own
      } else {
        let over = own.meshAxes
        kept.append(
          AxisCut(
            axis: outer, over: over,
            points: CutPoints(evenly: shape[outer], into: mesh.extent(of: over))))
      }
    }
    return Sharding(mesh: mesh, cuts: kept, terms: terms)
  }
}

extension TensorDescription {
  fileprivate func reshaped(_ shape: Shape, _ sharding: Sharding) -> TensorDescription {
    TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
  }
}
