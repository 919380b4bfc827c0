import Distribution
import Shapes
import Testing

/// The plans of every planner over all placements of small tensors: what they say that ranks
/// receive is what these do not hold, and no other of the ways that the rules leave open moves
/// less.
@Suite struct LeastMovementTests {
  private func pairs(_ extents: [Int] = Layouts.extents) -> [(Int, Int)] {
    extents.flatMap { m in extents.map { (m, $0) } }
  }

  @Test func redistributionsMoveWhatIsMissing() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for (m, n) in pairs() {
        for x in Layouts.tensors([m, n], ranks: ranks) {
          let model = ElementModel(x)
          for target in Layouts.complete(x.shape, ranks: ranks) {
            let plan = try Planner.redistribution(x, to: target)
            findings.check(plan.result == x.with(target), "\(plan): another result")
            for rank in 0..<ranks {
              let received = plan.elementsReceived(by: rank)
              // A small all-reduce gathers all terms, which takes one step instead of two.
              let gathers =
                target.isReplicated
                && plan.alignments[0].route == .allReduce(x.sharding.partialReduction ?? .sum)
              let least = model.received(by: rank, toLieAs: target)
              findings.check(
                received == least || gathers && received == x.shape.elementCount * (ranks - 1),
                "\(plan): rank \(rank) of \(x) receives \(received), needs \(least)")
            }
          }
        }
      }
    }
    findings.report(atLeast: 10_000)
  }

  /// The ways to lie that elementwise operands can be brought to: each along an axis of the result
  /// that one of them is cut along, as that is cut; replicated where there is none.
  private func ways(_ operands: [TensorDescription], _ shape: Shape, _ mesh: Mesh) -> [Sharding] {
    let own = operands.compactMap { operand -> Sharding? in
      guard case .sharded(let axis, let cuts) = operand.sharding.placement else { return nil }
      let place = axis + shape.count - operand.shape.count
      return operand.shape[axis] == shape[place]
        ? Sharding(mesh: mesh, .sharded(axis: place, cuts)) : nil
    }
    return own.isEmpty ? [.replicated(on: mesh)] : own
  }

  /// How an operand lies for a result that lies in a given way; where it is repeated every rank
  /// needs it.
  private func aligned(
    _ operand: TensorDescription, with way: Sharding, in shape: Shape
  ) -> Sharding {
    let mesh = way.mesh
    guard case .sharded(let axis, let cuts) = way.placement else { return way }
    let own = axis - (shape.count - operand.shape.count)
    guard own >= 0, operand.shape[own] == shape[axis] else { return .replicated(on: mesh) }
    return Sharding(mesh: mesh, .sharded(axis: own, cuts))
  }

  /// Bytes that a redistribution takes, as planned; `redistributionsMoveWhatIsMissing` compares it
  /// with the elements.
  private func planned(_ x: TensorDescription, to target: Sharding) throws -> Int {
    try Planner.redistribution(x, to: target).bytesMoved
  }

  @Test func elementwiseWorkMovesTheLeast() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for (m, n) in pairs([0, 1, 3, 5]) {
        let shapes: [(Shape, Shape)] = [
          ([m, n], [m, n]), ([m, n], [n]), ([m, 1], [1, n]), ([m, n], [1, n]), ([m, n], []),
        ]
        for (first, second) in shapes {
          for a in Layouts.tensors(first, ranks: ranks) {
            for b in Layouts.tensors(second, ranks: ranks) {
              let plan = try Planner.elementwise("f", [a, b], result: .float32)
              let shape = plan.result.shape
              findings.check(
                plan.result.sharding.partialReduction == nil, "\(plan): terms of what is not linear"
              )
              for (operand, alignment) in zip([a, b], plan.alignments) {
                findings.check(
                  alignment.target == aligned(operand, with: plan.result.sharding, in: shape),
                  "\(plan): \(operand) does not lie as the result needs it")
              }
              let least = try ways([a, b], shape, a.sharding.mesh).map { way in
                try [a, b].reduce(0) {
                  $0 + (try planned($1, to: aligned($1, with: way, in: shape)))
                }
              }.min()!
              findings.check(plan.bytesMoved == least, "\(plan): least \(least)")
            }
          }
        }
      }
    }
    findings.report(atLeast: 10_000)
  }

  /// Terms pass a function if and only if it is linear in them: the rule for each function against
  /// its values.
  @Test func termsPassJustWhereTheyMay() throws {
    let functions: [(Linearity, Int, (Double, Double) -> Double)] = [
      (.none, 1, { x, _ in x * x }), (.none, 2, { max($0, $1) }), (.negation, 1, { x, _ in -x }),
      (.addition, 2, { $0 + $1 }), (.addition, 2, { $0 - $1 }), (.multiplication, 2, { $0 * $1 }),
      (.division, 2, { $0 / $1 }),
    ]
    var findings = Findings()
    for ranks in 2...4 {
      let mesh = Mesh.world(ranks: ranks)
      let layouts =
        [Sharding.replicated(on: mesh)]
        + Reduction.allCases.map { Sharding(mesh: mesh, .partial($0)) }
      // No two terms alike, none 0 or 1.
      let terms = [[3.0, -5, 7, 11], [4, -9, 6, 13]]
      for (linearity, count, function) in functions {
        for (first, second) in layouts.flatMap({ a in layouts.map { (a, $0) } }) {
          let shardings = [first, second].prefix(count)
          let plan = try Planner.elementwise(
            "f",
            shardings.map { TensorDescription(shape: [4], scalarType: .float64, sharding: $0) },
            result: .float64, linearity: linearity)
          func isSum(_ sharding: Sharding) -> Bool { sharding.partialReduction == .sum }
          func local(_ operand: Int, _ rank: Int) -> Double {
            isSum([first, second][operand]) ? terms[operand][rank] : 11
          }
          func whole(_ operand: Int) -> Double {
            isSum([first, second][operand]) ? terms[operand][..<ranks].reduce(0, +) : 11
          }
          let sum = (0..<ranks).reduce(0) { $0 + function(local(0, $1), local(1, $1)) }
          let isLinear = abs(sum - function(whole(0), whole(1))) < 1e-9
          // Terms of other reductions have no rule, nor has a function that is not said to be
          // linear in anything.
          let mayPass =
            shardings.contains(where: isSum)
            && shardings.allSatisfy { isSum($0) || $0.isReplicated } && isLinear
          findings.check(
            (plan.result.sharding.partialReduction == .sum) == mayPass,
            "\(linearity) of \(shardings.map(\.placement)) on \(ranks) ranks: \(plan.result)")
        }
      }
    }
    findings.report(atLeast: 400)
  }

  @Test func reductionsMoveTheirTermsAlone() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for (m, n) in pairs([0, 1, 3, 5]) {
        for x in Layouts.tensors([m, n], ranks: ranks) {
          for axes in [[], [0], [1], [0, 1]] {
            for reduction in [Reduction.sum, .max] {
              for request in [nil, Placement.replicated, .partial(reduction)] {
                let plan = try Planner.reduction(
                  "r", reduction, x, axes: axes, result: .float32, request: request)
                let shape = Shape([0, 1].filter { !axes.contains($0) }.map { x.shape[$0] })
                findings.check(plan.result.shape == shape, "\(plan): shape")
                let own = x.sharding.partialReduction
                let hasTerms =
                  own == reduction
                  || own == nil
                    && x.sharding.shardedAxis.map(axes.contains) == true
                // Terms of another reduction are reduced first.
                var expected = 0
                if let own, own != reduction {
                  expected = try planned(x, to: .replicated(on: x.sharding.mesh))
                }
                let isReplicated = own.map { $0 != reduction } ?? x.sharding.isReplicated
                if hasTerms, request != .partial(reduction) {
                  expected += try planned(
                    TensorDescription(
                      shape: shape, scalarType: .float32,
                      sharding: Sharding(mesh: x.sharding.mesh, .partial(reduction))),
                    to: .replicated(on: x.sharding.mesh))
                } else if !hasTerms, !isReplicated, request == .replicated {
                  expected += try planned(plan.local, to: .replicated(on: x.sharding.mesh))
                }
                findings.check(
                  plan.bytesMoved == expected,
                  "\(plan) over \(axes), asked for "
                    + "\(String(describing: request)): expected \(expected)")
              }
            }
          }
        }
      }
    }
    findings.report(atLeast: 5_000)
  }

  @Test func productsMoveTheLeast() throws {
    var findings = Findings()
    let labels = ContractionLabels(operands: [[0, 1], [1, 2]], result: [0, 2])
    for ranks in Layouts.ranks {
      let mesh = Mesh.world(ranks: ranks)
      for (m, k, n) in [
        (5, 3, 2), (2, 8, 3), (3, 2, 8), (1, 5, 4), (4, 1, 1), (8, 8, 8), (0, 3, 2),
      ] {
        let extents = [m, k, n]
        for a in Layouts.tensors([m, k], ranks: ranks) {
          for b in Layouts.tensors([k, n], ranks: ranks) {
            let plan = try Planner.contraction("p", labels, [a, b], result: [m, n])
            findings.check(plan.result.shape == [m, n], "\(plan): shape")
            let isLinear =
              [a, b].count { $0.sharding.partialReduction == .sum } == 1
              && [a, b].allSatisfy {
                $0.sharding.partialReduction == .sum || $0.sharding.isReplicated
              }
            if isLinear || a.sharding.isReplicated && b.sharding.isReplicated {
              findings.check(plan.alignments.allSatisfy { $0.route == .none }, "\(plan): moves")
              continue
            }
            // One label cut, as an operand has it or evenly; a sum over it is scattered along the
            // longest axis.
            var least = Int.max
            for label in 0..<3 {
              var cuts: [CutPoints] = []
              for (own, operand) in zip(labels.operands, [a, b]) {
                if let axis = own.firstIndex(of: label), operand.sharding.shardedAxis == axis {
                  cuts.append(operand.sharding.cutPoints!)
                }
              }
              if cuts.isEmpty { cuts = [CutPoints(evenly: extents[label], into: ranks)] }
              for cut in cuts {
                var bytes = 0
                for (own, operand) in zip(labels.operands, [a, b]) {
                  bytes += try planned(
                    operand,
                    to: own.firstIndex(of: label).map {
                      Sharding(mesh: mesh, .sharded(axis: $0, cut))
                    } ?? .replicated(on: mesh))
                }
                if label == 1 {
                  let terms = TensorDescription(
                    shape: [m, n], scalarType: .float32,
                    sharding: Sharding(mesh: mesh, .partial(.sum)))
                  let axis = m >= n ? 0 : 1
                  bytes += try planned(
                    terms,
                    to: max(m, n) > 1 && ranks > 1
                      ? Sharding(
                        mesh: mesh,
                        .sharded(axis: axis, CutPoints(evenly: terms.shape[axis], into: ranks)))
                      : .replicated(on: mesh))
                }
                least = min(least, bytes)
              }
            }
            findings.check(plan.bytesMoved == least, "\(plan): least \(least)")
          }
        }
      }
    }
    findings.report(atLeast: 1_000)
  }

  /// Whatever changes owner travels once, from one that has it; the result is covered.
  @Test func concatenationsMoveWhatChangesOwner() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for (m, k) in pairs([0, 1, 3, 5]) {
        for axis in 0..<2 {
          let first: Shape = axis == 0 ? [m, 3] : [3, m]
          let second: Shape = axis == 0 ? [k, 3] : [3, k]
          let shape: Shape = axis == 0 ? [m + k, 3] : [3, m + k]
          let offset = axis == 0 ? [m, 0] : [0, m]
          for a in Layouts.tensors(first, ranks: ranks, Layouts.complete) {
            for b in Layouts.tensors(second, ranks: ranks, Layouts.complete) {
              let plan = try Planner.assembly(
                "c", [a, b], offsets: [[0, 0], offset], result: shape)
              let assembly = plan.assembly!
              let result = ElementModel(plan.result)
              var sent = 0
              for rank in 0..<ranks {
                // Numbers of the result's elements that this rank has already.
                var own: Set<Int> = []
                for (operand, begin) in [(a, [0, 0]), (b, offset)] {
                  for number in ElementModel(operand).held(by: rank) {
                    let width = operand.shape[1]
                    let (row, column) = (number / width + begin[0], number % width + begin[1])
                    own.insert(row * shape[1] + column)
                  }
                }
                let missing = result.held(by: rank).subtracting(own)
                findings.check(
                  plan.elementsReceived(by: rank) == missing.count,
                  "\(plan): rank \(rank) receives \(plan.elementsReceived(by: rank)), lacks \(missing.count)"
                )
                for part in assembly.sends(of: rank) {
                  sent += part.box.elementCount
                  let mirror = Assembly.Part(piece: part.piece, peer: rank, box: part.box)
                  findings.check(
                    assembly.receives(of: part.peer).contains(mirror),
                    "\(plan): nobody expects \(part)")
                }
                let covered = (assembly.keeps(of: rank) + assembly.receives(of: rank))
                  .reduce(0) { $0 + $1.box.elementCount }
                findings.check(
                  covered == result.held(by: rank).count, "\(plan): rank \(rank) has \(covered)")
              }
              findings.check(
                sent == (0..<ranks).reduce(0) { $0 + plan.elementsReceived(by: $1) },
                "\(plan): \(sent) sent")
              findings.check(
                assembly.communicates == (sent > 0) && plan.communicates == (sent > 0),
                "\(plan): communicates \(assembly.communicates)")
            }
          }
        }
      }
    }
    findings.report(atLeast: 5_000)
  }

  /// Elements keep their numbers in row-major order; no rank receives one that it has.
  @Test func reshapesMoveLessThanARowABoundary() throws {
    var findings = Findings()
    let shapes: [Shape] = [
      [12], [12, 1], [1, 12], [3, 4], [4, 3], [2, 6], [2, 2, 3], [3, 2, 2], [1, 3, 4], [0, 5],
      [5, 0],
      [0],
    ]
    for ranks in Layouts.ranks {
      for from in shapes {
        for to in shapes where to.elementCount == from.elementCount {
          for x in Layouts.tensors(from, ranks: ranks, Layouts.complete) {
            let plan = try Planner.reshape(x, to: to)
            findings.check(plan.result.shape == to, "\(plan): shape")
            let (before, after) = (ElementModel(x), ElementModel(plan.result))
            let isDirect = plan.alignments[0].route == .none
            // What ranks hold is in one piece already, wherever it is cut.
            if let axis = x.sharding.shardedAxis, from[axis] > 1, from.elementCount > 0,
              from[..<axis].allSatisfy({ $0 == 1 })
            {
              findings.check(isDirect, "\(plan): cut evenly first")
            }
            for rank in 0..<ranks {
              let missing = after.held(by: rank).subtracting(before.held(by: rank)).count
              let received = plan.elementsReceived(by: rank)
              findings.check(
                isDirect ? received == missing : received >= missing,
                "\(plan): rank \(rank) receives \(received), lacks \(missing)")
            }
            // Rows of the result: what follows the outermost of the axes that are joined or split.
            // Uneven cuts are moved to even ones, if they do not fall between rows.
            if isDirect, x.sharding.cutPoints?.isEven == true,
              let axis = plan.result.sharding.shardedAxis, to.elementCount > 0
            {
              let row = to[(axis + 1)...].reduce(1, *)
              let outer = to[..<axis].reduce(1, *)
              let moved = (0..<ranks).reduce(0) { $0 + plan.elementsReceived(by: $1) }
              findings.check(
                moved <= (ranks - 1) * max(0, row - 1) * outer,
                "\(plan): more than a row a boundary")
            }
          }
        }
      }
    }
    findings.report(atLeast: 1_000)
  }
}
