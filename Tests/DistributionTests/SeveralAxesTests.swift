import Distribution
import Shapes
import Testing

/// Plans on meshes of several axes, with numbers on ranks that are not there: the same results as
/// on one rank, whatever the layouts.
@Suite struct SeveralAxesTests {
  private func tensors(
    _ shape: Shape, on mesh: Mesh, terms: [Reduction] = [.sum], atMost count: Int = 40
  ) -> [TensorDescription] {
    MeshLayouts.some(shape, on: mesh, terms: terms, atMost: count).map {
      TensorDescription(shape: shape, scalarType: .int64, sharding: $0)
    }
  }

  private func value(_ position: [Int]) -> Int { position.reduce(3) { $0 * 10 + $1 + 1 } }

  private func check(_ cases: Int, atLeast count: Int, _ wrong: [String]) {
    #expect(cases >= count)
    #expect(wrong.isEmpty, "\(wrong.count) of \(cases): \(wrong.prefix(5).joined(separator: "\n"))")
  }

  @Test func redistributionsBringEveryElement() throws {
    var (cases, wrong) = (0, [String]())
    for mesh in MeshLayouts.meshes {
      for shape in [[4, 3], [2, 5], [0, 3], [1, 1], [8, 8]] as [Shape] {
        for x in tensors(shape, on: mesh) {
          for target in MeshLayouts.some(shape, on: mesh, terms: [], atMost: 30) {
            let plan = try Planner.redistribution(x, to: target)
            let result = SimulatedTensor(x, value).redistributed(plan.alignments[0])
            cases += 1
            if !result.holds(value) { wrong.append("\(plan)") }
            // Complete elements travel at once, to ranks that lack them.
            guard x.sharding.terms == nil else { continue }
            for rank in 0..<mesh.count {
              let missing = x.with(target).box(of: rank).positions.count {
                !x.box(of: rank).contains($0)
              }
              if plan.elementsReceived(by: rank) != missing { wrong.append("\(plan): \(rank)") }
            }
          }
        }
      }
    }
    check(cases, atLeast: 5_000, wrong)
  }

  /// Sums over all ranks found at once are those of the ranks.
  @Test func totalsAreSumsOverRanks() throws {
    var (cases, wrong) = (0, [String]())
    for mesh in MeshLayouts.meshes + [Mesh.world(ranks: 3)] {
      for shape in [[4, 3], [0, 3], [80, 90]] as [Shape] {
        for x in tensors(shape, on: mesh) {
          for target in MeshLayouts.some(shape, on: mesh, terms: [], atMost: 30) {
            let plan = try Planner.redistribution(x, to: target)
            let sum = (0..<mesh.count).reduce(0) { $0 + plan.elementsReceived(by: $1) }
            cases += 1
            if plan.alignments[0].elementsMoved != sum || plan.communicates != (sum > 0) {
              wrong.append("\(plan): \(sum)")
            }
          }
        }
      }
    }
    check(cases, atLeast: 3_000, wrong)
  }

  @Test func elementwiseWorkIsThatOfOneRank() throws {
    var (cases, wrong) = (0, [String]())
    let functions: [(Linearity, (Int, Int) -> Int)] = [
      (.none, { $0 * $0 + $1 }), (.addition, { $0 + $1 }), (.multiplication, { $0 * $1 }),
    ]
    for mesh in MeshLayouts.meshes {
      for other in [[4, 3], [3], [4, 1]] as [Shape] {
        for a in tensors([4, 3], on: mesh, atMost: 16) {
          for b in tensors(other, on: mesh, atMost: 16) {
            for (linearity, function) in functions {
              let plan = try Planner.elementwise("f", [a, b], result: .int64, linearity: linearity)
              func place(_ position: [Int]) -> [Int] {
                other.count == 1 ? [position[1]] : other[1] == 1 ? [position[0], 0] : position
              }
              let result = plan.simulated(
                [SimulatedTensor(a, value), SimulatedTensor(b, value)]
              ) { position, held in
                guard let x = held[0][position], let y = held[1][place(position)] else {
                  return nil
                }
                return function(x, y)
              }
              cases += 1
              if !result.holds({ function(value($0), value(place($0))) }) {
                wrong.append("\(plan)")
              }
              // Not more than if all were brought to the layout of one of them.
              for way in [a, b] where way.shape == [4, 3] && way.sharding.terms == nil {
                let one = try Planner.elementwise("f", [a, b], into: way)
                if plan.bytesMoved > one.bytesMoved { wrong.append("\(plan): less to \(way)") }
              }
            }
          }
        }
      }
    }
    check(cases, atLeast: 3_000, wrong)
  }

  @Test func productsAreThoseOfOneRank() throws {
    var (cases, wrong) = (0, [String]())
    let labels = ContractionLabels(operands: [[0, 1], [1, 2]], result: [0, 2])
    for mesh in MeshLayouts.meshes {
      for (m, k, n) in [(4, 3, 5), (2, 6, 2), (1, 3, 8)] {
        for a in tensors([m, k], on: mesh, atMost: 20) {
          for b in tensors([k, n], on: mesh, atMost: 20) {
            let plan = try Planner.contraction("p", labels, [a, b], result: [m, n])
            let result = plan.simulated(
              [SimulatedTensor(a, value), SimulatedTensor(b, value)]
            ) { position, held in
              let rows = held[0].keys.filter { $0[0] == position[0] }.map { $0[1] }
              let columns = held[1].keys.filter { $0[1] == position[1] }.map { $0[0] }
              guard Set(rows) == Set(columns) else { return nil }
              return rows.reduce(0) {
                $0 + held[0][[position[0], $1]]! * held[1][[$1, position[1]]]!
              }
            }
            cases += 1
            let isRight = result.holds { position in
              (0..<k).reduce(0) { $0 + value([position[0], $1]) * value([$1, position[1]]) }
            }
            if !isRight { wrong.append("\(plan)") }
          }
        }
      }
    }
    check(cases, atLeast: 3_000, wrong)
  }

  @Test func reductionsAreThoseOfOneRank() throws {
    var (cases, wrong) = (0, [String]())
    for mesh in MeshLayouts.meshes {
      for x in tensors([4, 3, 2], on: mesh) {
        for axes in [[], [0], [1, 2], [0, 1, 2]] {
          for keepingAxes in [false, true] {
            let plan = try Planner.reduction(
              "s", .sum, x, axes: axes, keepingAxes: keepingAxes, result: .int64)
            func isReduced(_ position: [Int], _ other: [Int]) -> Bool {
              let kept = other.indices.filter { !axes.contains($0) }.map { other[$0] }
              let own =
                keepingAxes
                ? position.indices.filter { !axes.contains($0) }.map { position[$0] } : position
              return own == kept
            }
            let result = plan.simulated([SimulatedTensor(x, value)]) { position, held in
              held[0].reduce(0) { isReduced(position, $1.key) ? $0 + $1.value : $0 }
            }
            let all = Box(whole: x.shape).positions
            cases += 1
            let isRight = result.holds { position in
              all.reduce(0) { isReduced(position, $1) ? $0 + value($1) : $0 }
            }
            if !isRight { wrong.append("\(plan)") }
          }
        }
        let histogram = try Planner.histogram("h", x, bins: 3)
        let counts = histogram.simulated([SimulatedTensor(x, value)]) { position, held in
          held[0].count { $0.value % 3 == position[0] }
        }
        let isCounted = counts.holds { position in
          Box(whole: x.shape).positions.count { value($0) % 3 == position[0] }
        }
        if !isCounted { wrong.append("\(histogram)") }
        // One row of each rank, with what a row has: every coordinate of the axes that were
        // reduced.
        let extreme = try Planner.extremePosition("m", x, axes: [0, 1], keepingAxes: false)
        let reduced = x.sharding.terms == nil ? x.sharding : extreme.alignments[0].target
        let parts = reduced.cuts.filter { $0.axis < 2 }.reduce(1) { $0 * $1.points.count }
        for summary in extreme.summaries where summary.source.shape != [parts, 2] {
          wrong.append("\(extreme)")
        }
        // Where an axis is cut into one part, all of it is there.
        let isDivided = reduced.cuts.contains { $0.axis < 2 && $0.points.count > 1 }
        if extreme.summaries.isEmpty == isDivided { wrong.append("\(extreme)") }
        let running = try Planner.running("r", [x], axis: 1, result: .int64, words: 1)
        let isRunningDivided = reduced.cut(of: 1).map { $0.points.count > 1 } == true
        if running.summaries.isEmpty == isRunningDivided { wrong.append("\(running)") }
        let others = try Planner.otherFactors("o", [x], axes: [0, 1], width: 3)
        let lost = others.local.sharding.cuts.filter { $0.axis < 2 && $0.points.count > 1 }
        let rows = lost.reduce(1) { $0 * $1.points.count }
        if others.summaries.map(\.source.shape) != (lost.isEmpty ? [] : [[rows, 2, 3]]) {
          wrong.append("\(others)")
        }
      }
    }
    check(cases, atLeast: 500, wrong)
  }

  @Test func movementsAreThoseOfOneRank() throws {
    var (cases, wrong) = (0, [String]())
    for mesh in MeshLayouts.meshes {
      for x in tensors([4, 6], on: mesh, atMost: 60) {
        let tensor = SimulatedTensor(x, value)
        func tell(
          _ plan: Plan, _ result: SimulatedTensor, _ expected: ([Int]) -> Int
        ) {
          cases += 1
          if !result.holds(expected) { wrong.append("\(plan)") }
        }
        let permuted = try Planner.permutation(x, axes: [1, 0])
        tell(permuted, permuted.simulated([tensor]) { $1[0][$0.reversed()] }) {
          value($0.reversed())
        }
        for axes in [[0], [1], [0, 1]] {
          let flip = try Planner.flip(x, axes: axes)
          func turned(_ position: [Int]) -> [Int] {
            position.indices.map {
              axes.contains($0) ? x.shape[$0] - 1 - position[$0] : position[$0]
            }
          }
          let result =
            flip.assembly == nil
            ? flip.simulated([tensor]) { $1[0][turned($0)] }
            : flip.assembled([tensor]) { _, position in turned(position) }
          tell(flip, result) { value(turned($0)) }
        }
        for (axis, distance) in [(0, 1), (0, 3), (1, 4)] {
          let roll = try Planner.roll(x, by: distance, axis: axis)
          func moved(_ position: [Int]) -> [Int] {
            var source = position
            source[axis] = (position[axis] + x.shape[axis] - distance) % x.shape[axis]
            return source
          }
          let result =
            roll.assembly == nil
            ? roll.simulated([tensor]) { $1[0][moved($0)] }
            : roll.assembled([tensor]) { _, position in moved(position) }
          tell(roll, result) { value(moved($0)) }
        }
        let picks: [([IndexExpression], ([Int]) -> [Int])] = [
          ([.index(2)], { [2, $0[0]] }), ([.remainingAxes, .index(1)], { [$0[0], 1] }),
          ([.slice(start: 1, end: 4, step: 2)], { [1 + 2 * $0[0], $0[1]] }),
          ([.index(1), .index(5)], { _ in [1, 5] }),
        ]
        for (expressions, source) in picks {
          let plan = try Planner.selection(
            "x", x, try Selection(expressions, of: x.shape, for: "x"))
          // The view of a single value is of one element.
          let result = plan.simulated([tensor]) { $1[0][source($0)] }
          tell(plan, result) { value(source($0)) }
        }
        for offset in [-1, 0, 2] {
          let plan = try Planner.diagonal("d", x, offset: offset)
          func source(_ position: [Int]) -> [Int] {
            [position[0] + max(-offset, 0), position[0] + max(offset, 0)]
          }
          tell(plan, plan.simulated([tensor]) { $1[0][source($0)] }) { value(source($0)) }
        }
        for shape in [[24], [2, 2, 6], [8, 3], [4, 2, 3], [6, 4], [1, 24, 1]] as [Shape] {
          let plan = try Planner.reshape(x, to: shape)
          func place(_ position: [Int], in shape: Shape) -> Int {
            zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 }
          }
          func position(_ place: Int, in shape: Shape) -> [Int] {
            shape.indices.map { place / shape.elementCount(of: $0 + 1..<shape.count) % shape[$0] }
          }
          var seen = tensor.redistributed(plan.alignments[0])
          if let move = plan.joinedMove {
            let joined = SimulatedTensor(
              move.source,
              held: seen.held.map { held in
                Dictionary(
                  uniqueKeysWithValues: held.map {
                    (position(place($0, in: x.shape), in: move.source.shape), $1)
                  })
              })
            seen = joined.redistributed(move)
          }
          let result = SimulatedTensor(
            plan.local,
            held: seen.held.map { held in
              Dictionary(
                uniqueKeysWithValues: held.map {
                  (position(place($0, in: seen.description.shape), in: shape), $1)
                })
            })
          tell(plan, result) { value(position(place($0, in: shape), in: x.shape)) }
        }
        for y in tensors([2, 6], on: mesh, terms: [], atMost: 10) {
          let plan = try Planner.assembly(
            "c", [x, y], offsets: [[0, 0], [4, 0]], result: [6, 6])
          let result = plan.assembled([tensor, SimulatedTensor(y, value)]) { piece, position in
            zip(position, piece.offset).map { $0 - $1 }
          }
          tell(plan, result) { value($0[0] < 4 ? $0 : [$0[0] - 4, $0[1]]) }
          let assembly = plan.assembly!
          let sent = (0..<mesh.count).flatMap { rank in
            assembly.sends(of: rank).map { Assembly.Part(piece: $0.piece, peer: rank, box: $0.box) }
          }
          let received = (0..<mesh.count).flatMap { assembly.receives(of: $0) }
          if Set(sent) != Set(received) || assembly.communicates != !sent.isEmpty {
            wrong.append("\(plan): sends and receives")
          }
        }
      }
    }
    check(cases, atLeast: 3_000, wrong)
  }

  @Test func rowsAreThoseOfOneRank() throws {
    var (cases, wrong) = (0, [String]())
    let list = [3, 0, 2, 2]
    for mesh in MeshLayouts.meshes {
      for axis in 0..<2 {
        for x in tensors([4, 6], on: mesh, atMost: 25) {
          for indices in tensors([4], on: mesh, terms: [], atMost: 8) {
            let positions = SimulatedTensor(indices) { list[$0[0]] }
            let take = try Planner.taking("t", x, indices, axis: axis)
            func source(_ position: [Int], _ index: Int) -> [Int] {
              axis == 0 ? [index, position[1]] : [position[0], index]
            }
            let taken = take.simulated([SimulatedTensor(x, value), positions]) { position, held in
              held[1][[position[axis]]].flatMap { held[0][source(position, $0)] }
            }
            cases += 1
            if !taken.holds({ value(source($0, list[$0[axis]])) }) { wrong.append("\(take)") }

            let rows = TensorDescription(
              shape: axis == 0 ? [4, 6] : [4, 4], scalarType: .int64, sharding: x.sharding)
            guard axis == 0 else { continue }
            let add = try Planner.accumulating("a", rows, indices, axis: 0, into: [5, 6])
            let sum = add.simulated([SimulatedTensor(rows, value), positions]) { position, held in
              held[1].reduce(0) { sum, entry in
                let row = [entry.key[0], position[1]]
                return entry.value == position[0] ? sum + (held[0][row] ?? 0) : sum
              }
            }
            cases += 1
            let isRight = sum.holds { position in
              list.indices.reduce(0) {
                list[$1] == position[0] ? $0 + value([$1, position[1]]) : $0
              }
            }
            if !isRight { wrong.append("\(add)") }
          }
          guard x.sharding.terms == nil, let cut = x.sharding.cut(of: axis) else { continue }
          // Each rank receives once what others have of rows, as long as rows are with it.
          let takers = CutPoints(evenly: 4, into: cut.points.count)
          let plan = try Planner.taking(
            "t", x, axis: axis, list: [4], takers: takers, positions: list)
          cases += 1
          for rank in 0..<mesh.count {
            let part = mesh.position(ofRank: rank, along: cut.over)
            let missing = takers.range(of: part).count {
              !cut.points.range(of: part).contains(list[$0])
            }
            let length = x.localShape(of: rank)[1 - axis]
            if plan.elementsReceived(by: rank) != missing * length { wrong.append("\(plan)") }
          }
          // The same with positions that are sent to the owners.
          let parts = 0..<cut.points.count
          let counts = parts.flatMap { taker in
            parts.map { owner in
              takers.range(of: taker).count { cut.points.range(of: owner).contains(list[$0]) }
            }
          }
          let index = TensorDescription(
            shape: [4], scalarType: .int64,
            sharding: Sharding(
              mesh: mesh, cuts: [AxisCut(axis: 0, over: cut.over, points: takers)]))
          let requested = try Planner.taking("t", x, index, axis: axis, counts: counts)
          cases += 1
          for rank in 0..<mesh.count {
            let part = mesh.position(ofRank: rank, along: cut.over)
            let named = parts.reduce(0) {
              $0 + ($1 == part ? 0 : counts[$1 * parts.count + part])
            }
            if requested.result != plan.result
              || requested.elementsReceived(by: rank) != plan.elementsReceived(by: rank) + named
            {
              wrong.append("\(requested)")
            }
          }
        }
      }
    }
    check(cases, atLeast: 1_000, wrong)
  }

  @Test func alongAnAxisItIsThatOfOneRank() throws {
    var (cases, wrong) = (0, [String]())
    for mesh in MeshLayouts.meshes {
      for x in tensors([4, 6], on: mesh, atMost: 25) {
        for indices in tensors([3, 6], on: mesh, terms: [], atMost: 15) {
          func index(_ position: [Int]) -> Int { (position[0] + position[1]) % 4 }
          let plan = try Planner.gathering("g", x, indices, along: 0)
          let result = plan.simulated(
            [SimulatedTensor(x, value), SimulatedTensor(indices, index)]
          ) { position, held in
            held[1][position].flatMap { held[0][[$0, position[1]]] }
          }
          cases += 1
          if !result.holds({ value([index($0), $0[1]]) }) { wrong.append("\(plan)") }
          let scatter = try Planner.scattering("s", x, indices, indices, along: 0)
          let placed = scatter.simulated(
            [x, indices, indices].map { SimulatedTensor($0, value) }
          ) { position, held in
            let column = (0..<3).map { held[1][[$0, position[1]]] }
            return column.contains(nil) ? nil : held[0][position]
          }
          if !placed.holds(value) { wrong.append("\(scatter)") }
          let sum = try Planner.scatteringSum("s", x, indices, indices, along: 0)
          let bytes = min(sum.bytesMoved, scatter.bytesMoved)
          if sum.result != scatter.result || sum.bytesMoved > bytes { wrong.append("\(sum)") }
        }
        let sort = try Planner.sorting("s", x, axis: 1, result: .int64)
        let ordered = sort.simulated([SimulatedTensor(x, value)]) { position, held in
          (0..<6).contains { held[0][[position[0], $0]] == nil } ? nil : held[0][position]
        }
        cases += 1
        if !ordered.holds(value) { wrong.append("\(sort)") }
        let top = try Planner.sorting("s", x, axis: 1, places: 0..<2, result: .int64)
        if top.result.sharding.isCut(along: 1) { wrong.append("\(top)") }
        for mask in tensors([4], on: mesh, terms: [], atMost: 10) {
          let (operand, aligned) = try Planner.maskAlignment(x, mask)
          let isAlike = (0..<mesh.count).allSatisfy {
            operand.box(of: $0, in: [4, 6]).ranges[0] == aligned.box(of: $0, in: [4]).ranges[0]
          }
          cases += 1
          if !isAlike || operand.terms != nil { wrong.append("\(operand) \(aligned)") }
          let counts = try Planner.counting(mask.with(aligned))
          if counts.result.shape != [aligned.cuts.first?.points.count ?? 1] {
            wrong.append("\(counts)")
          }
        }
      }
    }
    check(cases, atLeast: 1_000, wrong)
  }
}

extension Box {
  fileprivate func contains(_ position: [Int]) -> Bool {
    zip(ranges, position).allSatisfy { $0.contains($1) }
  }
}
