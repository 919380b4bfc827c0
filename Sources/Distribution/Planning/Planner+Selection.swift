import Shapes

/// Parts of a tensor that stay where they are: the cut points of the result follow from them.
extension Planner {
  /// The part of an operand that an index picks. A single element of a sharded tensor is broadcast.
  ///
  /// Along a sharded axis steps must be positive: going backwards along it is `flipped`, then a
  /// slice.
  public static func selection(
    _ operation: String, _ operand: TensorDescription, _ selection: Selection
  ) throws(TensorError) -> Plan {
    let alignment = try reduced(operand)
    let mesh = operand.sharding.mesh
    let shape = selection.shape
    var kept = Sharding.replicated(on: mesh)
    var dropped: [AxisCut] = []
    for cut in alignment.target.cuts {
      let chosen = selection.axes[cut.axis]
      if chosen.isDropped {
        dropped.append(cut)
        continue
      }
      let points = cut.points.points.map { chosen.countBefore($0) }
      kept = kept.adding(
        cut.along(selection.resultAxes.firstIndex(of: cut.axis)!)
          .at(CutPoints([0] + points.dropFirst())))
    }
    // A single value belongs to all: its owner holds it as the only element of an axis.
    let isValue = shape.isEmpty && !dropped.isEmpty
    let held = isValue ? [1] : shape
    for cut in dropped {
      // The owner keeps it: all of one axis belongs to the owner, the first that is not cut.
      let axis = held.indices.first { !kept.isCut(along: $0) } ?? 0
      let owner = cut.points.part(holding: selection.axes[cut.axis].start)
      let outer = kept.cut(of: axis)?.points ?? CutPoints(evenly: held[axis], into: 1)
      kept = kept.adding(
        AxisCut(axis: axis, over: cut.over, points: outer.given(to: owner, of: cut.points.count)))
    }
    let local = TensorDescription(shape: held, scalarType: operand.scalarType, sharding: kept)
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment], local: local,
      finish: isValue ? try Redistribution(local, to: .replicated(on: mesh)) : nil,
      view: isValue ? [] : nil)
  }

  /// A diagonal of matrices in the last two axes, `offset` above the main one.
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
    var sharding = Sharding.replicated(on: operand.sharding.mesh)
    for cut in alignment.target.cuts {
      if cut.axis < row {
        sharding = sharding.adding(cut)
        continue
      }
      let shift = cut.axis == row ? down : right
      let own = CutPoints(
        cut.points.points.enumerated().map { part, point in
          part == cut.points.count ? length : Swift.min(Swift.max(point &- shift, 0), length)
        })
      // Where rows and columns are cut, a rank holds what lies in its rows and its columns.
      let points = sharding.cut(of: row).map { $0.points.intersected(with: own) } ?? own
      sharding = sharding.adding(AxisCut(axis: row, over: cut.over, points: points))
    }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment],
      local: TensorDescription(
        shape: Shape(operand.shape[..<row]) + [length], scalarType: operand.scalarType,
        sharding: sharding))
  }
}

extension Sharding {
  /// The sharding with one more cut; inside of the one that its axis has, if it has one, with the
  /// points of both.
  fileprivate func adding(_ cut: AxisCut) -> Sharding {
    guard let own = self.cut(of: cut.axis) else {
      return Sharding(mesh: mesh, cuts: cuts + [cut], terms: terms)
    }
    let both = AxisCut(
      axis: cut.axis, over: own.over + cut.over, points: cut.points)
    return Sharding(
      mesh: mesh, cuts: cuts.filter { $0.axis != cut.axis } + [both], terms: terms)
  }
}

extension CutPoints {
  /// Each part cut into `count`, of which one has all.
  fileprivate func given(to owner: Int, of count: Int) -> CutPoints {
    var points = [0]
    for part in 0..<self.count {
      let range = self.range(of: part)
      points += (1...count).map { $0 <= owner ? range.lowerBound : range.upperBound }
    }
    return CutPoints(points)
  }

  /// Each part cut where another cut of the axis is.
  fileprivate func intersected(with other: CutPoints) -> CutPoints {
    var points = [0]
    for part in 0..<count {
      let range = self.range(of: part)
      points += (1...other.count).map {
        Swift.min(Swift.max(other[$0], range.lowerBound), range.upperBound)
      }
    }
    return CutPoints(points)
  }
}
