import Shapes

/// How one axis of a tensor is cut, and over which axes of the mesh: rank r holds the part that is
/// its position along them.
public struct AxisCut: Hashable, Sendable {
  /// The axis of the tensor.
  public let axis: Int
  /// The axes of the mesh, outermost first.
  public let over: MeshAxes
  /// Where the axis is cut, into as many parts as these have coordinates.
  public let points: CutPoints

  /// A cut of an axis over axes of a mesh.
  package init(axis: Int, over: MeshAxes, points: CutPoints) {
    self.axis = axis
    self.over = over
    self.points = points
  }

  /// The same cut of another axis.
  package func along(_ axis: Int) -> AxisCut { AxisCut(axis: axis, over: over, points: points) }

  /// The same axis cut elsewhere.
  func at(_ points: CutPoints) -> AxisCut { AxisCut(axis: axis, over: over, points: points) }
}

/// Which ranks hold terms of a tensor, and how these are reduced.
public struct Terms: Hashable, Sendable {
  /// What the terms give together.
  public let reduction: Reduction
  /// The axes of the mesh along which ranks hold different terms, ascending.
  public let over: MeshAxes

  /// Terms along axes of a mesh.
  package init(_ reduction: Reduction, over: MeshAxes) {
    self.reduction = reduction
    self.over = over
  }
}
