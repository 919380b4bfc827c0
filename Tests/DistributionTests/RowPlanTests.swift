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
  /// Positions of a list as its parts have them, and how many each has of each part of an axis.
  private func requests(
    _ x: TensorDescription, _ list: Shape, _ takers: CutPoints, _ positions: [Int]
  ) -> (index: TensorDescription, counts: [Int]) {
    let routes = RowRoutes(
      positions: positions, owners: x.sharding.cutPoints!,
      takers: takers.scaled(by: list.elementCount(of: 1..<list.count)))
    let index = TensorDescription(
      shape: list, scalarType: .int64,
      sharding: Sharding(mesh: x.sharding.mesh, .sharded(axis: 0, takers)))
    return (index, (0..<x.sharding.count).flatMap { routes.rows(takenBy: $0).map(\.count) })
  }

  /// Positions that others have of what a rank owns.
  private func named(_ counts: [Int], ranks: Int) -> [Int] {
    (0..<ranks).map { owner in
      (0..<ranks).reduce(0) { $0 + ($1 == owner ? 0 : counts[$1 * ranks + owner]) }
    }
  }

  @Test func requestsMovePositionsAndTheRowsOfLists() throws {
    var findings = Findings()
    try eachRouted { x, axis, list, takers, positions in
      let ranks = x.sharding.count
      let (index, counts) = requests(x, list, takers, positions)
      let named = named(counts, ranks: ranks)
      let counting = try Planner.countingRequests("t", index, owners: x.sharding.cutPoints!)
      findings.checkSteps(counting)
      findings.check(
        counting.result.shape == [ranks, ranks] && counting.result.sharding.isReplicated
          && counting.local.localShape(of: 0) == [1, ranks]
          && counting.bytesMoved == Ways.bytesOfRows([ranks], .int64, ranks: ranks),
        "\(counting): not a row a rank")

      let listed = try Planner.taking(
        "t", x, axis: axis, list: list, takers: takers, positions: positions)
      let plan = try Planner.taking("t", x, index, axis: axis, counts: counts)
      findings.checkSteps(plan)
      findings.check(plan.result == listed.result, "\(plan): lies elsewhere than \(listed.result)")
      findings.check(
        (0..<ranks).allSatisfy {
          plan.bytesReceived(by: $0) == listed.bytesReceived(by: $0) + 8 * named[$0]
            && plan.elementsReceived(by: $0) == listed.elementsReceived(by: $0) + named[$0]
        }, "\(plan): \(named) positions")
      let sent = named.reduce(0, +)
      findings.check(plan.communicates == (sent > 0), "\(plan): communicates")

      let taken = Planner.shape(taking: list, from: x.shape, axis: axis)
      let repeated = Shape(taken.indices.map { $0 == axis ? 1 : taken[$0] })
      for shape in Set([taken, repeated]) {
        for values in Layouts.tensors(shape, ranks: ranks) {
          let listed = try Planner.returning(
            "r", [values], rows: 0, to: x, axis: axis, list: list, takers: takers,
            positions: positions)
          for (operands, rows) in [([values, index], 0), ([x, index, values], 2)] {
            let plan = try Planner.returning(
              "r", operands, rows: rows, to: x, axis: axis, counts: counts)
            findings.checkSteps(plan)
            findings.check(
              plan.result == x && plan.alignments[rows] == listed.alignments[0]
                && plan.bytesMoved == listed.bytesMoved + 8 * sent, "\(plan): not as \(listed)")
          }
        }
      }
    }
    findings.report(atLeast: 10_000)
  }

  /// Of positions that are spread evenly the way that is taken moves the least.
  @Test func theWayOfRowsMovesTheLeast() throws {
    var findings = Findings()
    var ways: Set<RowWay> = []
    for ranks in [2, 3, 4, 6] {
      for extent in [1, 4, 40, 400] {
        for width in [1, 3, 50] {
          for count in [1, 2, 8, 30, 100] {
            let mesh = Mesh.world(ranks: ranks)
            let x = TensorDescription(
              shape: [extent * ranks, width], scalarType: .float32,
              sharding: Sharding(
                mesh: mesh, .sharded(axis: 0, CutPoints(evenly: extent * ranks, into: ranks))))
            // Each part of the list has as many of each part of the axis.
            let list: Shape = [count * ranks * ranks]
            let positions = (0..<list[0]).map { $0 % ranks * extent }
            let takers = CutPoints(evenly: list[0], into: ranks)
            let (index, counts) = requests(x, list, takers, positions)
            let all = try everywhere(index)
            let listed = try Planner.taking(
              "t", x, axis: 0, list: list, takers: takers, positions: positions
            ).bytesMoved
            let requested = try [
              Planner.countingRequests("t", index, owners: x.sharding.cutPoints!),
              Planner.taking("t", x, index, axis: 0, counts: counts),
            ].reduce(0) { $0 + $1.bytesMoved }
            let bytes: [(RowWay, Int)] = [
              (.everywhere, try everywhere(x)), (.list, all + listed), (.requests, requested),
            ]
            for writes in [false, true] {
              let way = Planner.rowWay(x, index, axis: 0, writes: writes)
              let possible = bytes.filter { !writes || $0.0 != .everywhere }
              let least = possible.map(\.1).min()!
              ways.insert(way)
              findings.check(
                way == possible.first { $0.1 == least }!.0, "\(x) at \(index): \(way) of \(bytes)")
            }
          }
        }
      }
    }
    #expect(ways == [.everywhere, .requests, .list])
    findings.report(atLeast: 200)
  }
}
