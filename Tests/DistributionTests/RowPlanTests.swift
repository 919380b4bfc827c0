import Distribution
import Shapes
import Testing

/// Rows taken from an axis or put into it, over all placements of tensors and indices.
///
/// The ways that leave an axis whole: as the tensor lies, cut evenly along another axis where it is
/// cut along this one, or on every rank. Indices are then wanted by every rank, or stay where the
/// tensor is on every rank. Where the axis is cut there is the way of routes besides: rows go from
/// their owners to their takers, as all know the positions.
@Suite struct RowPlanTests {
  private let shapes: [Shape] = [[5, 3], [1, 4], [4, 1], [0, 2], [2, 3, 2]]
  private let lists: [Shape] = [[], [3], [0], [2, 2]]

  private func indices(
    _ shape: Shape, _ ranks: Int, _ layouts: (Shape, Int) -> [Sharding] = Layouts.all
  ) -> [TensorDescription] {
    Layouts.tensors(shape, ranks: ranks, layouts).map {
      TensorDescription(shape: $0.shape, scalarType: .int64, sharding: $0.sharding)
    }
  }

  /// How a tensor comes to lie so that an axis is whole on every rank.
  private func whole(_ x: TensorDescription, along axis: Int) -> Sharding {
    x.sharding.shardedAxis == axis
      ? Ways.whole(x.shape, along: axis, x.sharding.mesh)[0] : x.whole.sharding
  }

  private func everywhere(_ x: TensorDescription) throws -> Int {
    try Ways.bytes(x, to: .replicated(on: x.sharding.mesh))
  }

  /// A case for each way in which tensor and indices may lie.
  private func each(
    _ layouts: (Shape, Int) -> [Sharding],
    _ body: (TensorDescription, TensorDescription, _ axis: Int) throws -> Void
  ) rethrows {
    for ranks in Layouts.ranks {
      for shape in shapes {
        for axis in shape.indices {
          for list in lists {
            for x in Layouts.tensors(shape, ranks: ranks) {
              for index in indices(list, ranks, layouts) { try body(x, index, axis) }
            }
          }
        }
      }
    }
  }

  /// Of the ways that leave an axis whole the longest other axis moves the least.
  @Test func wholeAxesTakeTheLeast() throws {
    var findings = Findings()
    for x in Layouts.divisible {
      guard let axis = x.sharding.shardedAxis, x.shape[axis] > 1 else { continue }
      let index = indices([3], x.sharding.count)[0]
      let rows = x.with(.replicated(on: x.sharding.mesh))
      let least = try Ways.leastWhole(x, along: axis, back: false)
      var one = x.shape
      one[axis] = 1
      let plans = [
        try Planner.taking("t", x, index, axis: axis),
        try Planner.putting(
          "p", x, index,
          TensorDescription(
            shape: one, scalarType: .float32, sharding: rows.sharding), axis: axis),
      ]
      for plan in plans {
        findings.check(plan.bytesMoved == least, "\(plan): least \(least)")
      }
    }
    findings.report(atLeast: 50)
  }

  @Test func rowsAreTakenFromWholeAxes() throws {
    var findings = Findings()
    try each(Layouts.all) { x, index, axis in
      let plan = try Planner.taking("t", x, index, axis: axis)
      let count = index.shape.count
      let shape = Planner.shape(taking: index.shape, from: x.shape, axis: axis)
      findings.check(
        Array(shape) == x.shape[..<axis] + Array(index.shape) + x.shape[(axis + 1)...]
          && plan.result.shape == shape, "\(plan): shape")
      // A rank that picks from its part of the tensor needs every index.
      let isCut = plan.alignments[0].target.shardedAxis != nil
      let least =
        try Ways.bytes(x, to: whole(x, along: axis))
        + (isCut ? everywhere(index) : Ways.bytesReduced(index))
      findings.check(plan.bytesMoved == least, "\(plan): least \(least)")
      if index.whole.sharding.isReplicated {
        findings.check(
          try plan.bytesMoved <= Ways.bytesReduced(index) + everywhere(x),
          "\(plan): the tensor on every rank moves less")
      }
      findings.check(!plan.result.isPartial, "\(plan): terms")
      // One rank may have an axis whole that it cuts.
      findings.check(
        plan.result.sharding.isReplicated
          == plan.alignments.allSatisfy(\.target.isReplicated)
          || x.sharding.count == 1 && count == 0, "\(plan): lies elsewhere")
      findings.checkWork(plan) { place in
        let number = index.shape.number(at: Array(place[axis..<axis + count]))
        return (0..<x.shape[axis]).map { position in
          let source = place[..<axis] + [position] + place[(axis + count)...]
          return [(0, x.shape.number(at: Array(source))), (1, number)]
        }
      }
    }
    findings.report(atLeast: 5_000)
  }

  /// Where the rows of an element of the target may come from: all of the list.
  private func rows(_ place: [Int], _ list: Shape, axis: Int) -> [(index: Int, place: [Int])] {
    list.places.map { (list.number(at: $0), place[..<axis] + $0 + place[(axis + 1)...]) }
  }

  /// Indices come to the rows, never rows to the indices unless every rank has them.
  @Test func rowsAreAddedWhereTheyLie() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for shape in shapes {
        for axis in shape.indices {
          for list in lists {
            let taken = Planner.shape(taking: list, from: shape, axis: axis)
            for x in Layouts.tensors(taken, ranks: ranks) {
              for index in indices(list, ranks) {
                let plan = try Planner.accumulating("a", x, index, axis: axis, into: shape)
                findings.check(plan.result.shape == shape, "\(plan): shape")
                let own = x.sharding.partialReduction
                var least = own == nil || own == .sum ? 0 : try Ways.bytesReduced(x)
                switch x.sharding.placement {
                case .sharded(let cut, let cuts) where (axis..<axis + list.count).contains(cut):
                  least += try Ways.bytes(
                    index,
                    to: Sharding(mesh: x.sharding.mesh, .sharded(axis: cut - axis, cuts)))
                case .replicated: least += try Ways.bytesReduced(index)
                default: least += try everywhere(index)
                }
                findings.check(plan.bytesMoved == least, "\(plan): least \(least)")
                let isInList = x.sharding.shardedAxis.map((axis..<axis + list.count).contains)
                let givesTerms =
                  own == .sum || isInList == true
                  || x.sharding.isReplicated && index.sharding.shardedAxis != nil
                findings.check(plan.result.isPartial == givesTerms, "\(plan): terms")
                findings.checkWork(plan) { place in
                  rows(place, list, axis: axis).map {
                    [(0, taken.number(at: $0.place)), (1, $0.index)]
                  }
                }
              }
            }
          }
        }
      }
    }
    findings.report(atLeast: 10_000)
  }

  @Test func rowsArePutIntoWholeAxes() throws {
    var findings = Findings()
    try each(Layouts.few) { x, index, axis in
      let taken = Planner.shape(taking: index.shape, from: x.shape, axis: axis)
      let repeated = Shape(taken.indices.map { $0 == axis ? 1 : taken[$0] })
      for shape in Set([taken, repeated, Shape(taken.dropFirst())]) {
        for values in Layouts.tensors(shape, ranks: x.sharding.count, Layouts.few) {
          let plan = try Planner.putting("p", x, index, values, axis: axis)
          findings.check(plan.result.shape == x.shape && !plan.result.isPartial, "\(plan): shape")
          if x.sharding.shardedAxis != axis {
            findings.check(plan.result == x.whole, "\(plan): lies elsewhere")
          }
          let target = plan.alignments[2].target
          let least =
            try Ways.bytes(x, to: whole(x, along: axis)) + everywhere(index)
            + Ways.bytes(values, to: target)
          findings.check(plan.bytesMoved == least, "\(plan): least \(least)")
          // No more of the values is asked for than the rows that a rank writes.
          findings.check(
            target.isReplicated
              == (plan.result.sharding.isReplicated
                || !shape.indices.contains { own in
                  let place = own + taken.count - shape.count
                  let old = place < axis ? place : place - index.shape.count + 1
                  return !(axis..<axis + index.shape.count).contains(place)
                    && plan.result.sharding.shardedAxis == old && shape[own] == taken[place]
                }),
            "\(plan): values lie elsewhere")
          findings.checkWork(plan) { place in
            [[(0, x.shape.number(at: place))]]
              + rows(place, index.shape, axis: axis).map {
                [(1, $0.index), (2, shape.number(at: $0.place))]
              }
          }
        }
      }
    }
    findings.report(atLeast: 20_000)
  }

  /// Tensors that are cut along an axis, with a list of positions and its cut.
  private func eachRouted(
    _ body: (TensorDescription, _ axis: Int, _ list: Shape, CutPoints, [Int]) throws -> Void
  ) rethrows {
    for ranks in Layouts.ranks {
      for shape in shapes {
        for x in Layouts.tensors(shape, ranks: ranks, Layouts.complete) {
          guard let axis = x.sharding.shardedAxis, shape[axis] > 0 else { continue }
          for list in lists where !list.isEmpty {
            let positions = (0..<list.elementCount).map { ($0 * 7 + 2) % shape[axis] }
            for takers in Layouts.cuts(of: list[0], ranks: ranks) {
              try body(x, axis, list, takers, positions)
            }
          }
        }
      }
    }
  }

  /// Every row of the list is one message's, between the one who owns its position and the one who
  /// takes it.
  private func check(_ plan: Plan, _ x: TensorDescription, axis: Int, _ findings: inout Findings) {
    let move = plan.rowMove!
    let routes = move.routes
    let list = routes.positions.indices
    for rank in 0..<x.sharding.count {
      let taken = routes.rows(takenBy: rank)
      let own = list.filter { routes.takers.range(of: rank).contains($0) }
      findings.check(taken.joined().sorted() == Array(own), "\(plan): rank \(rank) takes others")
      for owner in 0..<x.sharding.count {
        let cuts = x.sharding.cutPoints!.range(of: owner)
        findings.check(
          taken[owner].allSatisfy { cuts.contains(routes.positions[$0]) }
            && routes.rows(ownedBy: owner)[rank] == taken[owner],
          "\(plan): rank \(owner) owns others")
      }
    }
    // Rows that are not where they are wanted, and nothing else.
    let row = x.shape.reduced(over: [axis], keepingAxes: false).elementCount
    let travelling = list.filter {
      routes.takers.part(holding: $0) != routes.owners.part(holding: routes.positions[$0])
    }
    findings.check(
      move.elementsMoved == travelling.count * row, "\(plan): \(travelling.count) rows travel")
  }

  @Test func routedRowsGoToTheirTakers() throws {
    var findings = Findings()
    try eachRouted { x, axis, list, takers, positions in
      let plan = try Planner.taking(
        "t", x, axis: axis, list: list, takers: takers, positions: positions)
      let shape = Planner.shape(taking: list, from: x.shape, axis: axis)
      findings.check(
        plan.result.shape == shape
          && plan.result.sharding.placement == .sharded(axis: axis, takers),
        "\(plan): lies elsewhere")
      findings.checkSteps(plan)
      check(plan, x, axis: axis, &findings)
      // Element by element: what a rank wants and has not.
      let (before, after) = (ElementModel(x), ElementModel(plan.result))
      let missing = (0..<x.sharding.count).map { rank in
        shape.places.count { place in
          let number = list.number(at: Array(place[axis..<axis + list.count]))
          let source = place[..<axis] + [positions[number]] + place[(axis + list.count)...]
          return after.holds(shape.number(at: place), on: rank)
            && !before.holds(x.shape.number(at: Array(source)), on: rank)
        }
      }
      findings.check(
        missing == missing.indices.map { plan.elementsReceived(by: $0) },
        "\(plan): ranks lack \(missing)")
    }
    findings.report(atLeast: 2_000)
  }

  @Test func routedRowsReturnToTheirOwners() throws {
    var findings = Findings()
    try eachRouted { x, axis, list, takers, positions in
      let taken = Planner.shape(taking: list, from: x.shape, axis: axis)
      let lying = Sharding(mesh: x.sharding.mesh, .sharded(axis: axis, takers))
      let repeated = Shape(taken.indices.map { $0 == axis ? 1 : taken[$0] })
      for shape in Set([taken, repeated]) {
        for values in Layouts.tensors(shape, ranks: x.sharding.count) {
          for operands in [[values], [x, values]] {
            let plan = try Planner.returning(
              "r", operands, rows: operands.count - 1, to: x, axis: axis, list: list,
              takers: takers, positions: positions)
            findings.check(plan.result == x, "\(plan): lies elsewhere")
            findings.checkSteps(plan)
            check(plan, x, axis: axis, &findings)
            // A row for all is wanted by all.
            let target =
              shape[axis] == taken[axis] ? lying : Sharding.replicated(on: x.sharding.mesh)
            findings.check(
              plan.alignments.last!.target == target, "\(plan): values lie elsewhere")
            let least = try Ways.bytes(values, to: target) + plan.rowMove!.elementsMoved * 4
            findings.check(plan.bytesMoved == least, "\(plan): least \(least)")
            findings.check(plan.rowMove!.direction == .toOwners, "\(plan): wrong way")
            // Owners receive what others took from them.
            let received = (0..<x.sharding.count).map { owner in
              plan.rowMove!.routes.rows(ownedBy: owner).enumerated()
                .reduce(0) { $0 + ($1.offset == owner ? 0 : $1.element.count) }
            }
            let row = x.shape.reduced(over: [axis], keepingAxes: false).elementCount
            findings.check(
              received.map { $0 * row }
                == received.indices.map { plan.rowMove!.elementsReceived(by: $0) },
              "\(plan): owners receive others")
          }
        }
      }
    }
    findings.report(atLeast: 5_000)
  }
}
