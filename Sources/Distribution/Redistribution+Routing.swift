import Shapes

/// The collectives that lead from one sharding to another.
extension Redistribution {
  static func steps(
    _ source: TensorDescription, _ target: Sharding
  ) throws(TensorError) -> [Step] {
    let mesh = target.mesh
    guard source.sharding.mesh == mesh else {
      throw TensorError(
        "redistributed", given: "\(source.sharding) and \(target)", expected: "one mesh")
    }
    for cut in target.cuts {
      guard source.shape.indices.contains(cut.axis), source.shape[cut.axis] == cut.points.extent
      else {
        throw TensorError(
          "redistributed",
          given: "shape \(source.shape) to become \(target) of extent \(cut.points.extent)",
          expected: "a target that cuts an axis of the shape in its whole extent")
      }
    }
    var steps: [Step] = []
    var current = source.sharding
    func step(_ route: Route, _ over: MeshAxes, to next: Sharding) {
      steps.append(Step(route: route, over: over, source: current, target: next))
      current = next
    }

    let kept = target.terms?.over ?? []
    guard target.terms == nil || target.terms?.reduction == current.terms?.reduction,
      kept.allSatisfy({ current.terms?.over.contains($0) == true })
    else {
      throw TensorError(
        "redistributed", given: "\(source.sharding) to become \(target)",
        expected: "a target that is sharded or replicated")
    }
    if let terms = current.terms, terms != target.terms {
      // Scattered first, which leaves less for all to get.
      let reduced = terms.over.subtracting(kept)
      let scattered = current.scattered(to: target, over: reduced)
      if !scattered.over.isEmpty {
        let rest = terms.over.subtracting(scattered.over)
        step(
          .reduceScatter(terms.reduction), scattered.over,
          to: Sharding(
            mesh: mesh, cuts: scattered.cuts,
            terms: rest.isEmpty ? nil : Terms(terms.reduction, over: rest)))
      }
      let all = reduced.subtracting(scattered.over)
      if !all.isEmpty {
        step(
          .allReduce(terms.reduction), all,
          to: Sharding(mesh: mesh, cuts: current.cuts, terms: target.terms))
      }
    }
    if current != target {
      let (route, over) = current.route(to: target)
      step(route, over, to: target)
    }
    return steps
  }
}

extension Sharding {
  /// The cuts that terms over axes of the mesh are scattered into, on the way to a target, and the
  /// axes that these take: those by which the target cuts what is cut already further, or what is
  /// not cut.
  fileprivate func scattered(
    to target: Sharding, over axes: MeshAxes
  ) -> (cuts: [AxisCut], over: MeshAxes) {
    var cuts = self.cuts
    var taken = MeshAxes()
    for cut in target.cuts {
      let own = self.cut(of: cut.axis)
      let added = cut.over.dropFirst(own?.over.count ?? 0)
      guard !added.isEmpty, added.allSatisfy({ axes.contains($0) }),
        own.map({ cut.refines($0) }) ?? true
      else { continue }
      cuts.removeAll { $0.axis == cut.axis }
      cuts.append(cut)
      for axis in added { taken.append(axis) }
    }
    return (cuts, taken.ascending)
  }

  /// How elements get to a sharding with the same terms.
  fileprivate func route(to target: Sharding) -> (Redistribution.Route, MeshAxes) {
    let owners = MeshAxes(cuts.flatMap { Array($0.over) }.filter { mesh.axes[$0].extent > 1 })
    if owners.isEmpty || cuts.allSatisfy({ target.cut(of: $0.axis)?.refines($0) == true }) {
      return (.local, [])
    }
    // Parts are joined where each cut of the target is one of this sharding, or the outer part of
    // one.
    guard target.cuts.allSatisfy({ cut(of: $0.axis)?.refines($0) == true }) else {
      return (.exchange, owners)
    }
    var joined = MeshAxes()
    for cut in cuts {
      for axis in cut.over.dropFirst(target.cut(of: cut.axis)?.over.count ?? 0) {
        joined.append(axis)
      }
    }
    if mesh.extent(of: joined) == 1 { return (.local, []) }
    let lost = cuts.filter { target.cut(of: $0.axis) != $0 }
    if lost.count == 1, lost[0].over == joined {
      // The first part that has anything may have all.
      let points = lost[0].points
      let first = points.extent == 0 ? 0 : points.part(holding: 0)
      if points.range(of: first).count == points.extent {
        return (.broadcast(root: first), joined)
      }
    }
    return (.allGather, joined.ascending)
  }
}

extension AxisCut {
  /// Whether each part of this cut lies in one of another cut of the axis, that of the same ranks.
  fileprivate func refines(_ other: AxisCut) -> Bool {
    guard over.starts(with: other.over) else { return false }
    if points == other.points || points.isEven && other.points.isEven {
      return points.extent == other.points.extent
    }
    let inner = points.count / other.points.count
    return (0...other.points.count).allSatisfy { points[$0 * inner] == other.points[$0] }
  }
}
