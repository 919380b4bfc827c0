import Distribution
import Shapes
import Testing

/// Plans whose movement `LeastMovementTests` compares, element by element: ranks have what their
/// work needs.
@Suite struct WorkPlanTests {
  @Test func elementwiseWorkHasItsElements() throws {
    var findings = Findings()
    let shapes: [(Shape, Shape)] = [
      ([3, 5], [3, 5]), ([3, 5], [5]), ([3, 1], [1, 5]), ([2, 3, 4], [3, 1]), ([0, 3], [3]),
      ([3], []),
    ]
    for ranks in Layouts.ranks {
      for (first, second) in shapes {
        for a in Layouts.tensors(first, ranks: ranks) {
          for b in Layouts.tensors(second, ranks: ranks) {
            for linearity in [Linearity.none, .multiplication] {
              let plan = try Planner.elementwise(
                "f", [a, b], result: .float32, linearity: linearity)
              findings.checkWork(plan) {
                [[(0, first.number(at: $0)), (1, second.number(at: $0))]]
              }
            }
          }
        }
      }
    }
    findings.report(atLeast: 3_000)
  }

  @Test func reductionsHaveTheirElements() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for shape in [[3, 5], [1, 4], [0, 2], [2, 3, 2]] as [Shape] {
        for x in Layouts.tensors(shape, ranks: ranks) {
          for axes in [[0], [1], [0, 1], []] {
            for keepingAxes in [false, true] {
              for request in [nil, Placement.partial(.sum), .sharded(axis: 0)] {
                let result = shape.reduced(over: axes, keepingAxes: keepingAxes)
                if request == .sharded(axis: 0), result.isEmpty { continue }
                let plan = try Planner.reduction(
                  "r", .sum, x, axes: axes, keepingAxes: keepingAxes, result: .float32,
                  request: request)
                findings.check(plan.result.shape == result, "\(plan): shape")
                findings.checkWork(plan) {
                  shape.parts(of: $0, over: axes, keepingAxes: keepingAxes)
                }
                if request == .sharded(axis: 0) {
                  findings.check(
                    plan.result.sharding.shardedAxis == 0, "\(plan): lies elsewhere")
                  let scattered = (ranks - 1) * result.elementCount * 4
                  findings.check(
                    !plan.local.isPartial || plan.bytesMoved == scattered,
                    "\(plan): terms are not scattered")
                }
              }
            }
          }
        }
      }
    }
    findings.report(atLeast: 3_000)
  }

  @Test func productsHaveTheirElements() throws {
    var findings = Findings()
    let labels = ContractionLabels(operands: [[0, 1, 2], [0, 2, 3]], result: [0, 1, 3])
    for ranks in Layouts.ranks {
      for (batch, m, k, n) in [(2, 3, 4, 3), (1, 5, 2, 1), (2, 1, 0, 3)] {
        for first in Set([batch, 1]) {
          for a in Layouts.tensors([first, m, k], ranks: ranks) {
            for b in Layouts.tensors([batch, k, n], ranks: ranks) {
              let plan = try Planner.contraction("p", labels, [a, b], result: [batch, m, n])
              findings.checkWork(plan) { place in
                (0..<k).map {
                  [
                    (0, a.shape.number(at: [place[0], place[1], $0])),
                    (1, b.shape.number(at: [place[0], $0, place[2]])),
                  ]
                }
              }
            }
          }
        }
      }
    }
    findings.report(atLeast: 3_000)
  }

  /// What is not linear in an operand needs the sums of its terms.
  @Test func searchesHaveTheirElements() throws {
    var findings = Findings()
    for ranks in Layouts.ranks {
      for (length, shape) in [(5, [3, 4]), (7, [2]), (1, [4]), (0, [3]), (6, []), (4, [0, 2])]
        as [(Int, Shape)]
      {
        let axes = Array(1..<shape.count + 1)
        let labels = ContractionLabels(operands: [[0], axes], result: axes)
        for sorted in Layouts.tensors([length], ranks: ranks) {
          for values in Layouts.tensors(shape, ranks: ranks) {
            let plan = try Planner.contraction(
              "s", labels, [sorted, values], result: shape, of: .int64, isLinear: false)
            findings.checkWork(plan) { place in
              (0..<length).map { [(0, $0), (1, shape.number(at: place))] }
            }
            findings.check(
              plan.alignments.allSatisfy { !$0.result.isPartial } && !plan.result.isPartial,
              "\(plan): terms are searched")
            findings.check(plan.result.scalarType == .int64, "\(plan): another type")
            if sorted.sharding.isReplicated, !values.isPartial {
              findings.check(
                plan.bytesMoved == 0 && plan.result.sharding == values.sharding,
                "\(plan): does not lie as the values")
            }
          }
        }
      }
    }
    findings.report(atLeast: 1_000)
  }

  /// Terms have the shape of their sum.
  @Test func termsAreReshapedAsTheyAre() throws {
    for reduction in Reduction.allCases {
      let terms = Sharding(mesh: .world(ranks: 3), .partial(reduction))
      let x = TensorDescription(shape: [3, 4], scalarType: .float32, sharding: terms)
      let plan = try Planner.reshape(x, to: [2, 6])
      #expect(plan.result.shape == [2, 6] && plan.result.sharding == terms)
      #expect(plan.bytesMoved == 0)
    }
  }
}
