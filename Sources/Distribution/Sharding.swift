import Shapes

/// How a tensor lies on a mesh: one placement a mesh axis, with the cut points of its sharded axes.
public struct Sharding: Hashable, Sendable, CustomStringConvertible {
  /// The ranks that it spreads over.
  public let mesh: Mesh
  /// One a mesh axis.
  public let placements: [ResolvedPlacement]

  /// A sharding over a mesh of one axis.
  public init(mesh: Mesh, _ placement: ResolvedPlacement) {
    self.mesh = mesh
    self.placements = [placement]
  }

  /// Every rank holds everything.
  public static func replicated(on mesh: Mesh) -> Sharding {
    Sharding(mesh: mesh, .replicated)
  }

  /// Resolves a request for a tensor of the given shape, cutting evenly.
  public init(
    _ request: Placement, of shape: Shape, on mesh: Mesh, for operation: String
  ) throws(TensorError) {
    guard mesh.axes.count == 1 else {
      throw TensorError(
        operation, given: "mesh \(mesh)", expected: "a mesh of one axis, such as Mesh.world")
    }
    switch request {
    case .replicated: self.init(mesh: mesh, .replicated)
    case .partial(let reduction): self.init(mesh: mesh, .partial(reduction))
    case .sharded(let axis):
      let axis = try shape.resolvedAxis(axis, for: operation)
      self.init(
        mesh: mesh, .sharded(axis: axis, CutPoints(evenly: shape[axis], into: mesh.count)))
    }
  }

  /// The placement over the only axis of the mesh.
  public var placement: ResolvedPlacement { placements[0] }

  /// Whether every rank holds everything.
  public var isReplicated: Bool { placement == .replicated }

  /// The reduction of which every rank holds a term; nil where elements are complete.
  public var partialReduction: Reduction? {
    if case .partial(let reduction) = placement { return reduction }
    return nil
  }

  /// The same without terms: replicated where every rank holds one.
  package var reduced: Sharding { partialReduction == nil ? self : .replicated(on: mesh) }

  /// The axis of which every rank holds a part; nil where there is none.
  public var shardedAxis: Int? {
    if case .sharded(let axis, _) = placement { return axis }
    return nil
  }

  /// Where that axis is cut; nil where there is none.
  public var cutPoints: CutPoints? {
    if case .sharded(_, let cuts) = placement { return cuts }
    return nil
  }

  /// The number of ranks.
  public var count: Int { mesh.count }

  /// The part of a tensor of the given shape that a rank holds. A rank or an axis that is not there ends the program
  /// with a message.
  public func box(of rank: Int, in shape: Shape) -> Box {
    var box = Box(whole: shape)
    if case .sharded(let axis, let cuts) = placement {
      shape.checkAxis(axis)
      box.ranges[axis] = cuts.range(of: rank)
    }
    return box
  }

  /// The extents of what a rank holds of a tensor of the given shape; ends the program as `box(of:in:)` does.
  public func localShape(of rank: Int, in shape: Shape) -> Shape {
    var result = shape
    if case .sharded(let axis, let cuts) = placement { result[axis] = cuts.range(of: rank).count }
    return result
  }

  /// Such as `sharded(axis: 0) over world[4]`.
  public var description: String {
    switch placement {
    case .replicated: "replicated over \(mesh)"
    case .partial(let reduction): "partial(\(reduction)) over \(mesh)"
    case .sharded(let axis, let cuts):
      cuts.isEven
        ? "sharded(axis: \(axis)) over \(mesh)"
        : "sharded(axis: \(axis), cut at \(cuts)) over \(mesh)"
    }
  }
}
