import Shapes

/// Elements that a mask picks. How many there are is counted first, at the call (one number a rank
/// is gathered); with the counts, cut points are known as for any other operation.
extension Planner {
  /// How a tensor and a mask over its first axes must lie so that every rank can pick from what it
  /// holds and the picked elements are in order: cut alike along the first axis, or the tensor
  /// along an axis that the mask does not have.
  public static func maskAlignment(
    _ operand: TensorDescription, _ mask: TensorDescription
  ) throws(TensorError) -> (operand: Sharding, mask: Sharding) {
    let mesh = try mesh(of: [operand, mask], for: "index")
    let layout = firstLayout([operand, mask], on: mesh) { axis in
      switch (operand.sharding.line(along: axis), mask.sharding.line(along: axis)) {
      case (let line, _) where line.axis.map { $0 >= mask.shape.count } ?? false:
        LineRule(operands: [line, .whole], result: .whole)
      case (.split, _), (.whole, .split):
        LineRule(operands: [.split(axis: 0), .split(axis: 0)], result: .whole)
      case (.whole, _), (.terms, _): .whole(operands: 2)
      }
    }
    return (layout.operands[0], layout.operands[1])
  }

  /// Counts of true elements: one a part where the mask is cut, else one in all.
  public static func counting(_ mask: TensorDescription) throws(TensorError) -> Plan {
    let mesh = mask.sharding.mesh
    let over = mask.sharding.cuts.meshAxes
    let count = mesh.extent(of: over)
    let sharding =
      over.isEmpty
      ? Sharding.replicated(on: mesh)
      : Sharding(
        mesh: mesh,
        cuts: [AxisCut(axis: 0, over: over, points: CutPoints(evenly: count, into: count))])
    let local = TensorDescription(shape: [count], scalarType: .int64, sharding: sharding)
    return Plan(
      operation: "counting", operands: [mask], alignments: [.keeping(mask)], local: local,
      finish: over.isEmpty ? nil : try Redistribution(local, to: .replicated(on: mesh)))
  }

  /// The tensor of what a mask picks, [count] + `rest`; operands lie as `maskAlignment` says, and
  /// `counts` has what is picked of each part along the first axis.
  public static func picked(
    _ operand: TensorDescription, maskAxes: Int, rest: Shape, scalarType: ScalarType,
    counts: [Int]
  ) -> TensorDescription {
    let sharding = operand.sharding.reduced.mapCuts { cut in
      cut.axis == 0
        ? cut.at(CutPoints(counts.reduce(into: [0]) { $0.append($0.last! + $1) }))
        : cut.along(cut.axis - maskAxes + 1)
    }
    return TensorDescription(
      shape: [counts.reduce(0, +)] + rest, scalarType: scalarType, sharding: sharding)
  }
}

extension Line {
  /// The axis that is split; nil where none is.
  var axis: Int? {
    if case .split(let axis) = self { axis } else { nil }
  }
}
