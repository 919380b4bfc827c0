import Shapes

extension Planner {
  /// The plan that moves the fewest bytes of those that follow from the rules that each axis of the
  /// mesh may take; the first of equals.
  ///
  /// - Parameters:
  ///   - rules: those for one axis of the mesh, at least one, the preferred first.
  ///   - finish: ends a plan whose work gives a result that lies in a given way.
  static func search(
    _ operands: [TensorDescription], on mesh: Mesh,
    rules: (_ meshAxis: Int) -> [LineRule],
    finish: (_ alignments: [Redistribution], _ local: Sharding) throws(TensorError) -> Plan
  ) throws(TensorError) -> Plan {
    var choices = mesh.axes.indices.map(rules)
    if choices.count == 1, choices[0].count == 1 {
      let layouts = WorkLayout.all(choices[0], operands, on: mesh)
      // Nothing to compare.
      if layouts.count == 1 {
        return try finish(try align(operands, layouts[0].operands), layouts[0].result)
      }
    }
    if choices.count > 1 {
      // It may pay to leave an axis of the mesh idle, where the others are what operands have in
      // common.
      let whole = LineRule.whole(operands: operands.count)
      for axis in choices.indices where !choices[axis].contains(whole) {
        choices[axis].append(whole)
      }
    }
    var best: (bytes: Int, plan: Plan)?
    var chosen = [Int](repeating: 0, count: choices.count)
    repeat {
      let rules = zip(choices, chosen).map { $0[$1] }
      for layout in WorkLayout.all(rules, operands, on: mesh) {
        let plan = try finish(try align(operands, layout.operands), layout.result)
        let bytes = plan.alignedAndFinishedBytes
        if best == nil || bytes < best!.bytes { best = (bytes, plan) }
      }
    } while advance(&chosen, choices)
    return best!.plan
  }

  /// The layout that follows from one rule for each axis of the mesh, cut where the first operand
  /// is that is cut so.
  static func firstLayout(
    _ operands: [TensorDescription], on mesh: Mesh, rule: (_ meshAxis: Int) -> LineRule
  ) -> WorkLayout {
    WorkLayout.all(mesh.axes.indices.map(rule), operands, on: mesh)[0]
  }

  /// What each operand takes to lie in a given way.
  static func align(
    _ operands: [TensorDescription], _ shardings: [Sharding]
  ) throws(TensorError) -> [Redistribution] {
    var alignments: [Redistribution] = []
    alignments.reserveCapacity(operands.count)
    for (operand, sharding) in zip(operands, shardings) {
      alignments.append(try Redistribution(operand, to: sharding))
    }
    return alignments
  }

  /// The next of all choices, the last one changing fastest; false after the last.
  private static func advance(_ chosen: inout [Int], _ choices: [[LineRule]]) -> Bool {
    for axis in chosen.indices.reversed() {
      chosen[axis] += 1
      if chosen[axis] < choices[axis].count { return true }
      chosen[axis] = 0
    }
    return false
  }
}

extension Plan {
  /// What it takes to align the operands and to finish, in bytes of all ranks.
  var alignedAndFinishedBytes: Int {
    (alignments + (finish.map { [$0] } ?? [])).lazy.map {
      $0.bytesMoved
    }.clampedSum
  }
}
