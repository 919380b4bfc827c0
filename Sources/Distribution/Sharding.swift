import Shapes

/// How a tensor lies on a mesh: which of its axes are cut over which axes of the mesh, and along
/// which ranks hold terms. Along all other axes of the mesh it is replicated.
public struct Sharding: Hashable, Sendable {
  /// The ranks that it spreads over.
  public let mesh: Mesh
  /// The axes that are cut, ascending. An axis of the mesh cuts one of them at most.
  public let cuts: [AxisCut]
  /// The terms that ranks hold; nil where elements are complete.
  public let terms: Terms?

  /// A sharding with such cuts, in any order, and terms along other axes of the mesh than those
  /// that they take.
  package init(mesh: Mesh, cuts: [AxisCut], terms: Terms? = nil) {
    self.mesh = mesh
    self.cuts = cuts.count < 2 ? cuts : cuts.sorted { $0.axis < $1.axis }
    self.terms = terms
  }

  /// A sharding over all ranks.
  public init(mesh: Mesh, _ placement: ResolvedPlacement) {
    switch placement {
    case .replicated: self.init(mesh: mesh, cuts: [])
    case .partial(let reduction):
      self.init(mesh: mesh, cuts: [], terms: Terms(reduction, over: mesh.allAxes))
    case .sharded(let axis, let points):
      self.init(mesh: mesh, cuts: [AxisCut(axis: axis, over: mesh.allAxes, points: points)])
    }
  }

  /// Every rank holds everything.
  public static func replicated(on mesh: Mesh) -> Sharding { Sharding(mesh: mesh, cuts: []) }

  /// Resolves a request for a tensor of the given shape, over all ranks, cutting evenly.
  public init(
    _ request: Placement, of shape: Shape, on mesh: Mesh, for operation: String
  ) throws(TensorError) {
    switch request {
    case .replicated: self.init(mesh: mesh, .replicated)
    case .partial(let reduction): self.init(mesh: mesh, .partial(reduction))
    case .sharded(let axis):
      let axis = try shape.resolvedAxis(axis, for: operation)
      self.init(
        mesh: mesh, .sharded(axis: axis, CutPoints(evenly: shape[axis], into: mesh.count)))
    }
  }

  /// Whether every rank holds everything.
  public var isReplicated: Bool { cuts.isEmpty && terms == nil }

  /// The reduction of which ranks hold terms; nil where elements are complete.
  public var partialReduction: Reduction? { terms?.reduction }

  /// The cut of an axis; nil where every rank holds all of it, or a term.
  public func cut(of axis: Int) -> AxisCut? {
    for index in cuts.indices where cuts[index].axis == axis { return cuts[index] }
    return nil
  }

  /// Whether an axis is cut.
  public func isCut(along axis: Int) -> Bool { cut(of: axis) != nil }

  /// The cut of an axis into more than one part: one rank alone has all of an axis that it cuts.
  package func division(of axis: Int) -> AxisCut? {
    guard let cut = cut(of: axis), cut.points.count > 1 else { return nil }
    return cut
  }

  /// The number of ranks.
  public var count: Int { mesh.count }

  /// The same without terms: replicated where ranks hold them.
  package var reduced: Sharding { terms == nil ? self : Sharding(mesh: mesh, cuts: cuts) }

  /// The sharding with cuts that follow from its own, and its terms; a cut that has no counterpart
  /// is lost.
  package func mapCuts(_ body: (AxisCut) -> AxisCut?) -> Sharding {
    cuts.isEmpty ? self : Sharding(mesh: mesh, cuts: cuts.compactMap(body), terms: terms)
  }

  /// Which part of a cut a rank holds.
  package func part(of rank: Int, under cut: AxisCut) -> Int {
    mesh.position(ofRank: rank, along: cut.over)
  }

  /// The part of a tensor of the given shape that a rank holds. A rank or an axis that is not there
  /// ends the program with a message.
  public func box(of rank: Int, in shape: Shape) -> Box {
    var box = Box(whole: shape)
    for cut in cuts {
      shape.checkAxis(cut.axis)
      box.ranges[cut.axis] = cut.points.range(of: part(of: rank, under: cut))
    }
    return box
  }

  /// The extents of what a rank holds of a tensor of the given shape; ends the program as
  /// `box(of:in:)` does.
  public func localShape(of rank: Int, in shape: Shape) -> Shape {
    var result = shape
    for cut in cuts { result[cut.axis] = cut.points.range(of: part(of: rank, under: cut)).count }
    return result
  }

  /// The number of elements of a tensor of the given shape that a rank holds, as
  /// `Shape.elementCount`.
  func localElementCount(of rank: Int, in shape: Shape) -> Int {
    if cuts.isEmpty { return shape.elementCount }
    var count = 1
    for axis in shape.indices {
      let extent = cut(of: axis).map { $0.points.range(of: part(of: rank, under: $0)).count }
      let (product, overflows) = count.multipliedReportingOverflow(by: extent ?? shape[axis])
      if overflows { return localShape(of: rank, in: shape).elementCount }
      count = product
    }
    return count
  }
}

extension Sharding: CustomStringConvertible {
  /// Such as `sharded(axis: 0) over world[4]`.
  public var description: String {
    if isReplicated { return "replicated over \(mesh)" }
    var parts = cuts.map { cut in
      let points = cut.points.isEven ? "" : ", cut at \(cut.points)"
      return "sharded(axis: \(cut.axis)\(points)) over \(mesh.description(of: cut.over))"
    }
    if let terms {
      parts.append("partial(\(terms.reduction)) over \(mesh.description(of: terms.over))")
    }
    return parts.joined(separator: ", ")
  }
}
