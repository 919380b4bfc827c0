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
  /// Each axis of the mesh may cut any label: operands that have it are cut so, as one of them is
  /// or evenly, others are replicated, and a contracted label leaves partial sums. The cheapest in
  /// bytes moved wins, the first of equals. Operands that are all replicated stay so. Extents of 1
  /// may be broadcast.
  /// The result is of the first operand's type, or of another one (`of`). Terms may be no products
  /// (`isLinear`), so that a partial sum of one operand gives no partial sum: operands that are
  /// partial are reduced first then, to all if none is cut.
  public static func contraction(
    _ operation: String, _ labels: ContractionLabels, _ operands: [TensorDescription],
    result shape: Shape, of scalarType: ScalarType? = nil, isLinear: Bool = true,
    request: Placement? = nil
  ) throws(TensorError) -> Plan {
    let mesh = try mesh(of: operands, for: operation)
    return try search(operands, on: mesh) { axis in
      rules(labels, operands, along: axis, isLinear: isLinear)
    } finish: { (alignments, sharding) throws(TensorError) in
      try finished(
        operation, operands, alignments,
        local: TensorDescription(
          shape: shape, scalarType: scalarType ?? operands[0].scalarType, sharding: sharding),
        request: request
      ) { $0.sharding.scattered(in: shape) }
    }
  }

  /// The rules for one axis of the mesh, those for labels of the result before contracted ones.
  private static func rules(
    _ labels: ContractionLabels, _ operands: [TensorDescription], along meshAxis: Int,
    isLinear: Bool
  ) -> [LineRule] {
    var lines = operands.map { $0.sharding.line(along: meshAxis) }
    if !isLinear { lines = lines.map { if case .terms = $0 { .whole } else { $0 } } }
    let termCount = lines.count { $0 == .terms(.sum) }
    let wholeCount = lines.count { $0 == .whole }
    // A product is linear: one partial sum times replicated operands is a partial sum.
    if termCount == 1, wholeCount == lines.count - 1 {
      return [LineRule(operands: lines, result: .terms(.sum))]
    }
    if wholeCount == lines.count { return [.whole(operands: operands.count)] }
    let cut = zip(labels.operands, lines).compactMap { labels, line in
      if case .split(let axis) = line { labels[axis] } else { nil }
    }
    // Of the result's labels those that are cut already come first: where nothing moves either way,
    // as on one rank, nothing is cut anew.
    var all = labels.result.filter(cut.contains) + labels.result.filter { !cut.contains($0) }
    for label in labels.operands.joined() where !all.contains(label) { all.append(label) }
    if all.isEmpty { return [.whole(operands: operands.count)] }
    return all.map { label in
      let axes = zip(labels.operands, operands).map { labels, operand in
        labels.firstIndex(of: label).map { (axis: $0, extent: operand.shape[$0]) }
      }
      let extent = axes.compactMap { $0?.extent }.max { abs($0 - 1) < abs($1 - 1) }
      return LineRule(
        operands: axes.map { axis in
          if let axis, axis.extent == extent { .split(axis: axis.axis) } else { .whole }
        },
        result: labels.result.firstIndex(of: label).map { .split(axis: $0) } ?? .terms(.sum))
    }
  }
}

extension Sharding {
  /// Where terms are reduced to if nothing is asked for: scattered along the axis of which ranks
  /// hold most, or to all where no axis is longer than 1.
  fileprivate func scattered(in shape: Shape) -> Sharding {
    guard let terms, mesh.extent(of: terms.over) > 1 else { return reduced }
    return reduced.cutFurther(over: terms.over, in: shape) { _ in true }
  }
}
