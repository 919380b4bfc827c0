import Distribution
import Shapes
import Testing

/// Permutation, selection, flip, roll, diagonal and assembly over all placements of small tensors.
///
/// Terms are reduced first in all of them but the permutation. Then elements stay where they are,
/// but for a single element that all ranks want, and for elements along a cut axis that come to lie
/// elsewhere on it.
@Suite struct MovementPlanTests {
  private func shapes(_ extents: [Int]) -> [Shape] {
    extents.flatMap { m in extents.flatMap { n -> [Shape] in [[m, n], [2, m, n]] } }
  }

  private func cases(_ extents: [Int]) -> [TensorDescription] {
    Layouts.ranks.flatMap { ranks in
      shapes(extents).flatMap { Layouts.tensors($0, ranks: ranks) }
    }
  }

  @Test func permutationsMoveNothing() throws {
    var findings = Findings()
    for x in cases([0, 1, 3, 5]) {
      let orders = x.shape.count == 2 ? [[0, 1], [1, 0]] : [[1, 2, 0], [2, 0, 1], [0, 2, 1]]
      for axes in orders {
        let plan = try Planner.permutation(x, axes: axes)
        findings.check(plan.result.shape == Shape(axes.map { x.shape[$0] }), "\(plan): shape")
        findings.check(plan.bytesMoved == 0, "\(plan): moves")
        findings.check(plan.result.isPartial == x.isPartial, "\(plan): terms")
        findings.checkWork(plan) { place in
          var source = place
          for (new, old) in axes.enumerated() { source[old] = place[new] }
          return source
        }
      }
    }
    findings.report(atLeast: 5_000)
  }

  /// Every kind of index for an axis, with the positions that it picks; nil where there are none
  /// such.
  private func expressions(_ extent: Int) -> [(IndexExpression, [Int])] {
    let all = Array(0..<extent)
    var kinds: [(IndexExpression, [Int])] = [
      (.whole, all), (.range(1..<3), all.filter { $0 == 1 || $0 == 2 }),
      (.slice(start: 1, end: nil, step: 2), all.filter { $0 % 2 == 1 }),
      (.slice(start: nil, end: nil, step: 3), all.filter { $0 % 3 == 0 }),
      (.slice(start: nil, end: nil, step: -1), all.reversed()), (.range(2..<2), []),
    ]
    if extent > 0 { kinds += [(.index(0), [0]), (.index(-1), [extent - 1])] }
    return kinds
  }

  @Test func selectionsLeaveElementsWhereTheyAre() throws {
    var findings = Findings()
    for x in cases([0, 1, 5]) {
      // A third axis stays as it is, in front of the others or behind them.
      let axes = x.shape.count == 2 ? [0, 1] : [1, 2]
      for (first, firstPositions) in expressions(x.shape[axes[0]]) {
        for (second, secondPositions) in expressions(x.shape[axes[1]]) {
          let positions = [firstPositions, secondPositions]
          for isWidened in [false, true] {
            let index = (isWidened ? [.insertedAxis] : []) + [.remainingAxes, first, second]
            let selection = try Selection(index, of: x.shape, for: "test")
            if let axis = x.sharding.shardedAxis, selection.axes[axis].step < 0 { continue }
            let plan = try Planner.selection("s", x, selection)
            findings.check(plan.result.shape == selection.shape, "\(plan): shape")
            // Where in the operand an element of the result comes from.
            let kept = selection.resultAxes
            func source(_ place: [Int]) -> [Int] {
              x.shape.indices.map { axis in
                let number = kept.firstIndex(of: axis).map { place[$0] } ?? 0
                return axes.firstIndex(of: axis).map { positions[$0][number] } ?? number
              }
            }
            var least = try Ways.bytesReduced(x)
            if selection.shape.isEmpty {
              let held = ElementModel(x.whole)
              let element = x.shape.number(at: source([]))
              least += (0..<held.ranks).count { !held.holds(element, on: $0) } * 4
            }
            findings.check(plan.bytesMoved == least, "\(plan) of \(index): least \(least)")
            findings.check(!plan.result.isPartial, "\(plan): terms")
            if selection.shape.isEmpty {
              findings.check(plan.result.sharding.isReplicated, "\(plan): a single value is cut")
            }
            findings.checkWork(plan, from: { source(selection.shape.isEmpty ? [] : $0) })
          }
        }
      }
    }
    findings.report(atLeast: 50_000)
  }

  /// Along the cut axis elements go to where an even cut of it has them. Nothing else moves.
  @Test func flipsMoveWhatChangesOwner() throws {
    var findings = Findings()
    for x in cases([0, 1, 2, 3, 5]) {
      for axes in [[0], [1], [0, 1], []] {
        let plan = try Planner.flip(x, axes: axes)
        func source(_ place: [Int]) -> [Int] {
          place.indices.map {
            axes.contains($0) ? x.shape[$0] - 1 - place[$0] : place[$0]
          }
        }
        findings.check(plan.result.shape == x.shape, "\(plan): shape")
        let before = ElementModel(x.whole)
        let ranks = 0..<before.ranks
        let own = ranks.map { rank in
          Set(
            x.shape.places.filter { before.holds(x.shape.number(at: source($0)), on: rank) }
              .map(x.shape.number))
        }
        guard let axis = x.sharding.shardedAxis, axes.contains(axis), ranks.count > 1 else {
          findings.check(plan.result == x.whole, "\(plan): lies elsewhere")
          findings.check(
            try plan.bytesMoved == Ways.bytesReduced(x) && plan.assembly == nil, "\(plan): moves")
          findings.checkWork(plan, from: source)
          continue
        }
        checkOwners(plan, axis: axis, own: own, &findings)
      }
    }
    findings.report(atLeast: 10_000)
  }

  /// Whether a plan cuts an axis evenly anew, and moves what changes its owner.
  ///
  /// - Parameter own: the elements that each rank has of the result before anything moves.
  private func checkOwners(
    _ plan: Plan, axis: Int, own: [Set<Int>], _ findings: inout Findings
  ) {
    let cuts = CutPoints(evenly: plan.result.shape[axis], into: own.count)
    findings.check(
      plan.result.sharding.placement == .sharded(axis: axis, cuts), "\(plan): another cut")
    findings.checkAssembly(plan, own: own)
    let after = ElementModel(plan.result)
    let missing = own.indices.reduce(0) { $0 + after.held(by: $1).subtracting(own[$1]).count }
    findings.check(plan.bytesMoved == missing * 4, "\(plan): \(missing) change owner")
  }

  /// The same for elements that move around an axis.
  @Test func rollsMoveWhatChangesOwner() throws {
    var findings = Findings()
    for x in cases([0, 1, 2, 3, 5]) {
      for axis in x.shape.indices {
        let extent = x.shape[axis]
        for distance in Set([0, 1, extent / 2, extent - 1, extent]).intersection(0...extent) {
          let plan = try Planner.roll(x, by: distance, axis: axis)
          func source(_ place: [Int]) -> [Int] {
            var source = place
            source[axis] = (place[axis] + extent - distance) % extent
            return source
          }
          findings.check(plan.result.shape == x.shape, "\(plan): shape")
          let before = ElementModel(x.whole)
          let ranks = 0..<before.ranks
          guard x.sharding.shardedAxis == axis, ranks.count > 1 else {
            findings.check(plan.result == x.whole, "\(plan): lies elsewhere")
            findings.check(
              try plan.bytesMoved == Ways.bytesReduced(x) && plan.assembly == nil, "\(plan): moves")
            findings.checkWork(plan, from: source)
            continue
          }
          let own = ranks.map { rank in
            Set(
              x.shape.places.filter { before.holds(x.shape.number(at: source($0)), on: rank) }
                .map(x.shape.number))
          }
          checkOwners(plan, axis: axis, own: own, &findings)
        }
      }
    }
    findings.report(atLeast: 10_000)
  }

  @Test func diagonalsLeaveElementsWhereTheyAre() throws {
    var findings = Findings()
    for x in cases([0, 1, 2, 3, 5]) {
      let row = x.shape.count - 2
      for offset in -6...6 {
        let plan = try Planner.diagonal("d", x, offset: offset)
        let (down, right) = (max(-offset, 0), max(offset, 0))
        let length = max(0, min(x.shape[row] - down, x.shape[row + 1] - right))
        findings.check(
          plan.result.shape == Shape(x.shape[..<row]) + [length], "\(plan): shape")
        findings.check(try plan.bytesMoved == Ways.bytesReduced(x), "\(plan): moves")
        findings.checkWork(plan) { place in
          Array(place[..<row]) + [place[row] + down, place[row] + right]
        }
      }
    }
    findings.report(atLeast: 10_000)
  }

  /// Ways to lie of what is put together: as an operand lies that reaches over the whole axis which
  /// it is cut along, or an even cut of that axis for any other. What most elements follow is
  /// taken, the first of equals.
  private func followed(
    _ blocks: [TensorDescription], _ shape: Shape, _ mesh: Mesh
  ) -> Sharding {
    var followers: [(sharding: Sharding, count: Int)] = []
    for block in blocks {
      guard case .sharded(let axis, let own) = block.sharding.placement else { continue }
      let even = CutPoints(evenly: shape[axis], into: mesh.count)
      let way = Sharding(
        mesh: mesh, .sharded(axis: axis, own.extent == shape[axis] ? own : even))
      let index = followers.firstIndex { $0.sharding == way } ?? followers.count
      if index == followers.count { followers.append((way, 0)) }
      followers[index].count += block.shape.elementCount
    }
    let most = followers.map(\.count).max() ?? 0
    return followers.first { $0.count == most }?.sharding ?? .replicated(on: mesh)
  }

  /// Blocks beside each other, with a gap that nothing covers, or taking turns as in rolling; the
  /// result cut by the operands or as it is asked to be.
  @Test func assembliesMoveWhatChangesOwner() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      let mesh = Mesh.world(ranks: ranks)
      for (m, k) in [(0, 2), (1, 2), (3, 2), (5, 1), (2, 5)] {
        // The second block first, then a gap in both axes.
        let shape: Shape = [m + k + 2, 4]
        let offsets = [[k + 1, 1], [1, 0]]
        let requests: [Sharding?] =
          [nil] + Layouts.few(shape, ranks: ranks).filter { $0.partialReduction == nil }
        for a in Layouts.tensors([m, 3], ranks: ranks) {
          for b in Layouts.tensors([k, 4], ranks: ranks) {
            for request in requests {
              let plan = try Planner.assembly(
                "a", [a, b], offsets: offsets, result: shape, sharding: request)
              let target = request ?? followed([a, b], shape, mesh)
              findings.check(
                plan.result.sharding == target && plan.result.shape == shape,
                "\(plan): lies elsewhere")
              func placed(_ number: Int, _ block: Int) -> Int {
                shape.number(
                  at: zip([a, b][block].shape.place(of: number), offsets[block]).map(+))
              }
              let own = (0..<ranks).map { rank in
                Set(
                  [a, b].enumerated().flatMap { block, x in
                    ElementModel(x.whole).held(by: rank).map { placed($0, block) }
                  })
              }
              let covered = own.reduce(into: Set()) { $0.formUnion($1) }
              findings.checkAssembly(plan, own: own, covered: covered)
              let reduced = try Ways.bytesReduced(a) + Ways.bytesReduced(b)
              let result = ElementModel(plan.result)
              let missing = (0..<ranks).reduce(0) { sum, rank in
                sum
                  + result.held(by: rank).intersection(covered).subtracting(own[rank]).count
              }
              findings.check(
                plan.bytesMoved == reduced + missing * 4, "\(plan): \(missing) change owner")
            }
          }
        }
      }
    }
    findings.report(atLeast: 30_000)
  }
}
