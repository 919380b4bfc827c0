import Shapes

/// What one axis of the mesh does with a tensor.
enum Line: Hashable, Sendable {
  /// All coordinates hold the same.
  case whole
  /// Each coordinate holds a part of an axis.
  case split(axis: Int)
  /// Each coordinate holds a term.
  case terms(Reduction)
}

extension Sharding {
  /// What an axis of the mesh does.
  func line(along meshAxis: Int) -> Line {
    if let terms, terms.over.contains(meshAxis) { return .terms(terms.reduction) }
    for cut in cuts where cut.over.contains(meshAxis) { return .split(axis: cut.axis) }
    return .whole
  }
}

/// How operands lie along one axis of the mesh so that work without communication gives a result
/// that lies in some way along it. Rules of several axes hold together: each is of a step that does
/// not look at the others.
struct LineRule: Hashable, Sendable {
  /// One an operand.
  var operands: [Line]
  var result: Line

  /// Whether all coordinates do the same.
  var isIdle: Bool { result == .whole && operands.allSatisfy { $0 == .whole } }

  /// All coordinates do the same.
  static func whole(operands count: Int) -> LineRule {
    LineRule(operands: [Line](repeating: .whole, count: count), result: .whole)
  }
}

/// How operands and the result of work lie.
struct WorkLayout: Hashable, Sendable {
  var operands: [Sharding]
  var result: Sharding
}

extension WorkLayout {
  /// The layouts that follow from one rule for each axis of the mesh. Axes with the same rule cut
  /// the same axes of tensors together. They cut them where an operand is cut so already, one
  /// layout for each such way, or evenly where none is.
  static func all(
    _ rules: [LineRule], _ operands: [TensorDescription], on mesh: Mesh
  ) -> [WorkLayout] {
    if rules.count == 1, rules[0].isIdle {
      let whole = Sharding.replicated(on: mesh)
      return [
        WorkLayout(
          operands: [Sharding](repeating: whole, count: operands.count), result: whole)
      ]
    }
    var groups: [(rule: LineRule, over: MeshAxes)] = []
    for (axis, rule) in rules.enumerated() {
      if let index = groups.firstIndex(where: { $0.rule == rule }) {
        groups[index].over.append(axis)
      } else {
        groups.append((rule, [axis]))
      }
    }
    var layouts = [
      WorkLayout(
        operands: operands.map { _ in .replicated(on: mesh) }, result: .replicated(on: mesh))
    ]
    for (rule, over) in groups where !rule.isIdle {
      let ways = cuts(by: rule, operands, over: over, on: mesh)
      layouts = layouts.flatMap { layout in
        ways.map { layout.adding(rule, over: $0.over, $0.points) }
      }
    }
    return layouts
  }

  /// Where a rule that axes of the mesh share may cut.
  private static func cuts(
    by rule: LineRule, _ operands: [TensorDescription], over: MeshAxes, on mesh: Mesh
  ) -> [(over: MeshAxes, points: CutPoints?)] {
    var ways: [(over: MeshAxes, points: CutPoints?)] = []
    var extent: Int?
    for (line, operand) in zip(rule.operands, operands) {
      guard case .split(let axis) = line else { continue }
      extent = operand.shape[axis]
      if let cut = operand.sharding.cut(of: axis), cut.over.ascending == over,
        !ways.contains(where: { $0.over == cut.over && $0.points == cut.points })
      {
        ways.append((cut.over, cut.points))
      }
    }
    if !ways.isEmpty { return ways }
    return [(over, extent.map { CutPoints(evenly: $0, into: mesh.extent(of: over)) })]
  }

  private func adding(_ rule: LineRule, over: MeshAxes, _ points: CutPoints?) -> WorkLayout {
    WorkLayout(
      operands: zip(operands, rule.operands).map { $0.adding($1, over: over, points) },
      result: result.adding(rule.result, over: over, points))
  }
}

extension Sharding {
  fileprivate func adding(_ line: Line, over: MeshAxes, _ points: CutPoints?) -> Sharding {
    switch line {
    case .whole: return self
    case .split(let axis):
      // Only rules that split an operand split a result.
      return Sharding(
        mesh: mesh, cuts: cuts + [AxisCut(axis: axis, over: over, points: points!)], terms: terms)
    case .terms(let reduction):
      let all = (terms?.over ?? []) + over
      return Sharding(mesh: mesh, cuts: cuts, terms: Terms(reduction, over: all.ascending))
    }
  }
}
