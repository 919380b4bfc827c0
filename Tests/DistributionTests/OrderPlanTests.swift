import Distribution
import Shapes
import Testing

/// Work along axes of which ranks hold parts: running values, extremes, sums with more than one
/// term, products, order.
///
/// Along a cut axis there are these ways: a summary of what each rank holds, for all; or the axis
/// made whole, with an even cut along another one or on every rank, and back where the result lies
/// as its operand. Summaries move the least where the axis is long, and are taken always; all
/// elements in order leave only the others. Summaries that are joined on one rank each and then
/// shared out again, as of products, are compared for these alone.
@Suite struct OrderPlanTests {
  private func cases(_ extents: [Int]) -> [TensorDescription] {
    Layouts.ranks.flatMap { ranks in
      extents.flatMap { m in extents.map { [m, $0] as Shape } + [[m, 2, 3], [3, m, 4]] }
        .flatMap { Layouts.tensors($0, ranks: ranks) }
    }
  }

  /// Tensors that are cut evenly along an axis with many elements a rank.
  private func long(_ axis: Int) -> [TensorDescription] {
    [2, 3, 4].flatMap { ranks in
      [1, 3, 5, 8].map { other in
        let shape: Shape = axis == 0 ? [96, other] : [other, 96]
        let cuts = CutPoints(evenly: 96, into: ranks)
        return TensorDescription(
          shape: shape, scalarType: .float32,
          sharding: Sharding(mesh: .world(ranks: ranks), .sharded(axis: axis, cuts)))
      }
    }
  }

  @Test func runningValuesShareTotals() throws {
    var findings = Findings()
    for x in cases([0, 1, 2, 5]) {
      for axis in x.shape.indices {
        for type in [ScalarType.float32, .int64] {
          let words = type == .int64 ? 2 : 1
          let plan = try Planner.running("r", [x], axis: axis, result: type, words: words)
          let isCut = x.sharding.shardedAxis == axis && x.sharding.count > 1
          let lines = x.shape.reduced(over: [axis], keepingAxes: false)
          let row = lines + [words]
          let rows = Ways.bytesOfRows(row, .int64, ranks: x.sharding.count)
          findings.check(
            try plan.bytesMoved == Ways.bytesReduced(x) + (isCut ? rows : 0), "\(plan): moves")
          let result = TensorDescription(
            shape: x.shape, scalarType: type, sharding: x.whole.sharding)
          findings.check(plan.result == result, "\(plan): another result")
          findings.check(
            plan.summaries.map(\.source.shape) == (isCut ? [[x.sharding.count] + row] : []),
            "\(plan): other totals")
          findings.checkWork(plan) { place in
            x.shape.line(along: axis, through: place).filter { isCut || $0[axis] <= place[axis] }
              .map { [(0, x.shape.number(at: $0))] }
          }
        }
      }
    }
    for axis in [0, 1] {
      for x in long(axis) {
        let plan = try Planner.running("r", [x], axis: axis, result: .float32, words: 2)
        findings.check(
          try plan.bytesMoved <= Ways.leastWhole(x, along: axis, back: true),
          "\(plan): not the least")
      }
    }
    findings.report(atLeast: 5_000)
  }

  /// Operands come to lie alike as for elementwise work, and each line has one row of each rank.
  @Test func recurrencesShareOneRow() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for shapes in [[[3, 5], [3, 5]], [[0, 2], [2]], [[2, 1], [2, 3]]] as [[Shape]] {
        for a in Layouts.tensors(shapes[0], ranks: ranks) {
          for b in Layouts.tensors(shapes[1], ranks: ranks) {
            for axis in [0, 1] {
              let plan = try Planner.running("r", [a, b], axis: axis, result: .float32, words: 2)
              let alike = try Planner.elementwise("f", [a, b], result: .float32)
              let isCut = plan.local.sharding.shardedAxis == axis && ranks > 1
              let lines = plan.local.shape.reduced(over: [axis], keepingAxes: false)
              let rows = Ways.bytesOfRows(lines + [2], .int64, ranks: ranks)
              findings.check(
                plan.bytesMoved == alike.bytesMoved + (isCut ? rows : 0), "\(plan): moves")
              findings.check(plan.result == alike.result, "\(plan): another result")
              findings.check(
                plan.summaries.map(\.source.shape) == (isCut ? [[ranks] + lines + [2]] : []),
                "\(plan): other totals")
            }
          }
        }
      }
    }
    findings.report(atLeast: 1_000)
  }

  @Test func extremesShareCandidates() throws {
    var findings = Findings()
    for x in cases([0, 1, 2, 5]) {
      for axes in [[0], [1], Array(x.shape.indices)] {
        for keepingAxes in [false, true] {
          let plan = try Planner.extremePosition("e", x, axes: axes, keepingAxes: keepingAxes)
          let shape = x.shape.reduced(over: axes, keepingAxes: keepingAxes)
          let isCut = x.sharding.shardedAxis.map(axes.contains) == true
          let rows = [ScalarType.float32, .int64].reduce(0) {
            $0 + Ways.bytesOfRows(shape, $1, ranks: x.sharding.count)
          }
          findings.check(
            try plan.bytesMoved == Ways.bytesReduced(x) + (isCut ? rows : 0), "\(plan): moves")
          findings.check(
            plan.result.shape == shape && plan.result.scalarType == .int64, "\(plan): shape")
          findings.check(
            plan.summaries.map(\.source.scalarType)
              == (isCut && x.sharding.count > 1 ? [.float32, .int64] : []),
            "\(plan): other candidates")
          findings.check(
            plan.result.sharding.isReplicated == (isCut || x.whole.sharding.isReplicated),
            "\(plan): lies elsewhere")
          findings.checkWork(plan) {
            x.shape.parts(of: $0, over: axes, keepingAxes: keepingAxes)
          }
        }
      }
    }
    for axis in [0, 1] {
      for x in long(axis) {
        let plan = try Planner.extremePosition("e", x, axes: [axis], keepingAxes: false)
        findings.check(
          try plan.bytesMoved <= Ways.leastWhole(x, along: axis, back: false),
          "\(plan): not the least")
      }
    }
    findings.report(atLeast: 5_000)
  }

  /// Each step is one reduction of its terms, as that of a sum.
  @Test func joinedReductionsMoveTheirTerms() throws {
    var findings = Findings()
    for x in cases([0, 1, 2, 5]) {
      for axes in [[], [0], [1], [0, 1]] {
        for keepingAxes in [false, true] {
          for terms in [[[]], [[], [2]], [[3], [], []]] as [[Shape]] {
            let plan = try Planner.joining(
              "j", x, axes: axes, keepingAxes: keepingAxes, terms: terms)
            let shape = x.shape.reduced(over: axes, keepingAxes: keepingAxes)
            let mesh = x.sharding.mesh
            let isCut =
              x.sharding.shardedAxis.map(axes.contains) == true && x.sharding.count > 1
            var expected = try Ways.bytesReduced(x)
            for term in isCut ? terms : [] {
              expected += try Ways.bytesReduced(
                TensorDescription(
                  shape: term + shape, scalarType: x.scalarType,
                  sharding: Sharding(mesh: mesh, .partial(.sum))))
            }
            findings.check(plan.bytesMoved == expected, "\(plan): expected \(expected)")
            findings.check(
              plan.summaries.map(\.source.shape) == (isCut ? terms.map { $0 + shape } : []),
              "\(plan): other terms")
            findings.check(plan.result.shape == shape && !plan.result.isPartial, "\(plan): result")
            findings.checkWork(plan) {
              x.shape.parts(of: $0, over: axes, keepingAxes: keepingAxes)
            }
          }
        }
      }
    }
    findings.report(atLeast: 10_000)
  }

  /// Operands come to lie alike as for elementwise work, and each line has one row of each rank.
  @Test func otherFactorsShareOneRow() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for shape in [[3, 5], [0, 2], [2, 1], [2, 3, 2]] as [Shape] {
        for a in Layouts.tensors(shape, ranks: ranks) {
          for b in Layouts.tensors(shape, ranks: ranks) {
            for axes in [[0], [1], [0, 1]] {
              for operands in [[a], [a, b]] {
                let plan = try Planner.otherFactors("o", operands, axes: axes, width: 3)
                let alike = try Planner.elementwise("f", operands, result: .float32)
                let isCut =
                  plan.local.sharding.shardedAxis.map(axes.contains) == true && ranks > 1
                let lines = shape.reduced(over: axes, keepingAxes: false)
                let rows = Ways.bytesOfRows(lines + [3], .float64, ranks: ranks)
                findings.check(
                  plan.bytesMoved == alike.bytesMoved + (isCut ? rows : 0), "\(plan): moves")
                findings.check(plan.result == alike.result, "\(plan): another result")
                findings.checkWork(plan) { place in
                  operands.indices.flatMap { operand in
                    shape.places.filter { other in
                      shape.indices.allSatisfy { axes.contains($0) || other[$0] == place[$0] }
                    }.map { [(operand, shape.number(at: $0))] }
                  }
                }
              }
            }
          }
        }
      }
    }
    findings.report(atLeast: 5_000)
  }

  /// Terms travel as two Doubles. Where all ranks want many results each is joined on one rank and
  /// shared out, which moves the least; of few the terms are gathered, which takes one step.
  @Test func productsMoveTermsInPairs() throws {
    var findings = Findings()
    let shapes: [Shape] = [[3, 5], [0, 2], [2, 0], [4, 1], [2, 3, 4], [3, 700], [2, 1500]]
    for x in Layouts.ranks.flatMap({ ranks in
      shapes.flatMap { Layouts.tensors($0, ranks: ranks) + product($0, ranks) }
    }) {
      let isLarge = x.shape.elementCount > 100
      let (mesh, ranks) = (x.sharding.mesh, x.sharding.count)
      for axes in [[0], [1], [0, 1]] where !isLarge || axes == [0] {
        for keepingAxes in [false, true] {
          for request in [nil, Placement.replicated, .partial(.product), .sharded(axis: 0)] {
            let shape = x.shape.reduced(over: axes, keepingAxes: keepingAxes)
            if request == .sharded(axis: 0), shape.isEmpty { continue }
            let plan = try Planner.product(
              "p", x, axes: axes, keepingAxes: keepingAxes, request: request)
            findings.check(plan.result.shape == shape, "\(plan): shape")
            let terms = x.sharding.partialReduction
            let hasTerms =
              ranks > 1
              && (terms == .product || x.sharding.shardedAxis.map(axes.contains) == true)
            guard hasTerms, request != .partial(.product) else {
              let plain = try Planner.reduction(
                "p", .product, x, axes: axes, keepingAxes: keepingAxes, result: .float32,
                request: request)
              findings.check(plan == plain, "\(plan): not a plain reduction")
              continue
            }
            let pairs = shape.elementCount * 16
            var expected = pairs * (ranks - 1)
            if request == .sharded(axis: 0) {
              let cuts = CutPoints(evenly: shape[0], into: ranks)
              findings.check(
                plan.result.sharding.placement == .sharded(axis: 0, cuts), "\(plan): lies")
            } else {
              findings.check(plan.result.sharding.isReplicated, "\(plan): lies elsewhere")
              let gathered = expected * ranks
              expected += shape.elementCount * 4 * (ranks - 1)
              findings.check(expected <= gathered, "\(plan): gathering moves less")
              if pairs * ranks <= 32 * 1024 { expected = gathered }
            }
            findings.check(plan.bytesMoved == expected, "\(plan): expected \(expected)")
            let rows = plan.summaries[0].result
            findings.check(
              plan.summaries.count == 1 && rows.scalarType == .float64
                && rows.shape == [ranks] + plan.local.shape + [2], "\(plan): other pairs")
            // Whoever joins an element has the pairs of all ranks.
            let (held, joins) = (ElementModel(rows), ElementModel(plan.local))
            let hasPairs = (0..<plan.local.shape.elementCount).allSatisfy { number in
              (0..<ranks).allSatisfy { rank in
                !joins.holds(number, on: rank)
                  || (0..<ranks * 2).allSatisfy {
                    let row = $0 / 2 * plan.local.shape.elementCount
                    return held.holds((row + number) * 2 + $0 % 2, on: rank)
                  }
              }
            }
            findings.check(hasPairs, "\(plan): pairs that are not where they are joined")
            findings.check(
              plan.alignments.map(\.result) == [x]
                && rows.sharding.mesh == mesh, "\(plan): terms are not left")
            findings.checkSteps(plan)
          }
        }
      }
    }
    findings.report(atLeast: 2_000)
  }

  private func product(_ shape: Shape, _ ranks: Int) -> [TensorDescription] {
    [
      TensorDescription(
        shape: shape, scalarType: .float32,
        sharding: Sharding(mesh: .world(ranks: ranks), .partial(.product)))
    ]
  }

  /// A few places of a long axis are searched where it lies, if this moves less than the axis: with
  /// a sample of as many elements of each rank as it has, counts, and the last candidates.
  @Test func placesOfALongAxisAreSearched() throws {
    for ranks in [2, 3, 8] {
      let mesh = Mesh.world(ranks: ranks)
      func vector(_ extent: Int, _ cuts: CutPoints? = nil) -> TensorDescription {
        TensorDescription(
          shape: [extent], scalarType: .float64,
          sharding: Sharding(
            mesh: mesh,
            .sharded(axis: 0, cuts ?? CutPoints(evenly: extent, into: ranks))))
      }
      func plan(_ x: TensorDescription, _ places: Range<Int>) throws -> Plan {
        try Planner.sorting("quantile", x, axis: 0, places: places, result: .float64)
      }
      let extent = 1 << 24
      let search = try plan(vector(extent), 5000..<5002)
      #expect(search.summaries.count == 4 && search.alignments[0].isKeeping)
      #expect(search.result.sharding.isReplicated && search.result.shape == [2])
      let sample = search.summaries[0].source
      #expect(sample.shape == [4096])
      #expect((0..<ranks).allSatisfy { sample.localShape(of: $0)[0] >= 4096 / ranks })
      #expect(search.bytesMoved < extent)
      // Ranks without elements give none.
      let first = CutPoints([0] + Array(repeating: extent, count: ranks))
      let sampled = try plan(vector(extent, first), 1..<2).summaries[0].source
      #expect(
        (0..<ranks).map { sampled.localShape(of: $0)[0] } == [4096] + (1..<ranks).map { _ in 0 })
      // Shorter ones are gathered, and so are those of which many places are wanted.
      for (extent, places) in [(1000, 5..<6), (extent, 5..<500)] {
        let gathering = try plan(vector(extent), places)
        #expect(gathering.summaries.isEmpty && gathering.alignments[0].target.isReplicated)
      }
      let most = try plan(vector(1 << 15), 5..<6)
      #expect(most.bytesMoved <= (1 << 15) * 8 * (ranks - 1))
    }
  }

  @Test func orderMovesTheLeastThatMakesAnAxisWhole() throws {
    var findings = Findings()
    for x in cases([0, 1, 2, 5]) {
      for axis in x.shape.indices {
        let isCut = x.sharding.shardedAxis == axis
        let plan = try Planner.sorting("sorted", x, axis: axis, result: .float32)
        // The longest other axis is cut for it.
        let way = isCut ? Ways.whole(x.shape, along: axis, x.sharding.mesh)[0] : x.whole.sharding
        findings.check(
          try plan.bytesMoved == Ways.bytes(x, to: way, back: isCut)
            && plan.alignments.map(\.target) == [way], "\(plan): not to \(way)")
        findings.check(plan.result == x.whole, "\(plan): another result")
        findings.checkWork(plan) {
          x.shape.line(along: axis, through: $0).map { [(0, x.shape.number(at: $0))] }
        }
        // Places in the middle stay where the axis is whole.
        if x.shape[axis] > 1 {
          let middle = try Planner.sorting(
            "quantile", x, axis: axis, places: 1..<2, result: .float32)
          var shape = x.shape
          shape[axis] = 1
          findings.check(
            try middle.bytesMoved == Ways.bytes(x, to: way, back: false)
              && middle.result.sharding == way && middle.result.shape == shape,
            "\(middle): not to \(way)")
          findings.checkWork(middle) { place in
            var first = place
            first[axis] = 0
            return x.shape.line(along: axis, through: first).map {
              [(0, x.shape.number(at: $0))]
            }
          }
        }
        for count in Set([0, x.shape[axis] / 2, x.shape[axis]]) {
          let few = try Planner.sorting("topK", x, axis: axis, places: 0..<count, result: .int64)
          var shape = x.shape
          shape[axis] = count
          let row = x.shape.reduced(over: [axis], keepingAxes: false) + [count]
          let rows = [ScalarType.float32, .int64].reduce(0) {
            $0 + Ways.bytesOfRows(row, $1, ranks: x.sharding.count)
          }
          findings.check(
            try few.bytesMoved == Ways.bytesReduced(x) + (isCut ? rows : 0), "\(few): moves")
          findings.check(
            few.summaries.map(\.source.shape)
              == (isCut && x.sharding.count > 1
                ? [[x.sharding.count] + row, [x.sharding.count] + row] : []),
            "\(few): other candidates")
          if !isCut {
            findings.check(few.result.sharding == x.whole.sharding, "\(few): lies elsewhere")
          } else {
            findings.check(few.result.sharding.isReplicated, "\(few): lies elsewhere")
          }
          findings.check(few.result.shape == shape, "\(few): shape")
          // Any of a line may be among the first.
          findings.checkWork(few) { place in
            var first = place
            first[axis] = 0
            return x.shape.line(along: axis, through: first).map {
              [(0, x.shape.number(at: $0))]
            }
          }
        }
      }
    }
    for x in Layouts.divisible {
      guard let axis = x.sharding.shardedAxis, x.shape[axis] > 1 else { continue }
      let plan = try Planner.sorting("sorted", x, axis: axis, result: .float32)
      let least = try Ways.leastWhole(x, along: axis, back: true)
      findings.check(plan.bytesMoved == least, "\(plan): least \(least)")
    }
    for axis in [0, 1] {
      for x in long(axis) {
        let few = try Planner.sorting("topK", x, axis: axis, places: 0..<1, result: .int64)
        findings.check(
          try few.bytesMoved <= Ways.leastWhole(x, along: axis, back: false),
          "\(few): not the least")
      }
    }
    findings.report(atLeast: 5_000)
  }
}
