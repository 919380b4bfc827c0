import Shapes

/// Which axis is cut where a plan may choose.
extension Sharding {
  /// The sharding with an axis whole on every rank: the axes of the mesh that cut it cut the
  /// longest other one, or none where that is no longer than 1.
  func whole(along axis: Int, in shape: Shape) -> Sharding {
    guard let own = cut(of: axis) else { return self }
    return mapCuts { $0.axis == axis ? nil : $0 }
      .cutFurther(over: own.over, in: shape) { $0 != axis }
  }

  /// The sharding with the axis of which ranks hold most, of those that may be cut, cut evenly over
  /// further axes of the mesh, inside of its own cut; unchanged where all of these are of length 1.
  func cutFurther(
    over axes: MeshAxes, in shape: Shape, _ isAllowed: (Int) -> Bool
  ) -> Sharding {
    let allowed = shape.indices.filter { isAllowed($0) && shape[$0] > 1 }
    func length(_ axis: Int) -> Int { shape[axis] / (cut(of: axis)?.points.count ?? 1) }
    guard let axis = allowed.max(by: { length($0) < length($1) }) else { return self }
    let inner = mesh.extent(of: axes)
    let further =
      if let own = cut(of: axis) {
        AxisCut(axis: axis, over: own.over + axes, points: own.points.refined(by: inner))
      } else {
        AxisCut(axis: axis, over: axes, points: CutPoints(evenly: shape[axis], into: inner))
      }
    return Sharding(mesh: mesh, cuts: cuts.filter { $0.axis != axis } + [further], terms: terms)
  }
}
