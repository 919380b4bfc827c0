import Distribution
import Execution
import Foundation
import MessagePassing
import Shapes
import Tessera
import TestSupport
import Testing

/// A sum that is collected in Double on each rank and between ranks.
private struct WideSum: Primitive {
  let axes: [Int]
  let placement: Placement?

  var name: String { "wideSum" }

  func hashOptions(into hash: inout StableHash) {
    hash.combine(axes)
    hash.combine(placement)
  }

  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.reduction(
      name, .sum, operands[0], axes: axes, result: .float32, in: .float64, request: placement)
  }

  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(
      plan.local.localShape(of: runtime.communicator.rank), plan.local.scalarType)
    try runtime.executor.reduce(
      .sum, Elements(of: operands[0]), shape: operands[0].shape, over: axes, in: .float64,
      into: result)
    return result
  }

  func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

/// Terms between ranks may be of another type than the result: they are joined in it, and rounded
/// once.
@Suite struct TermAccumulatorTests {
  /// One large term and small ones, whose sum Float loses if it rounds on the way.
  private static func term(_ rank: Int) -> Float { rank == 0 ? 0x1p24 : 1 }

  @Test(arguments: [1, 4, 5], [nil, 1, 2, 5] as [Int?])
  func termsAreRoundedOnce(ranks: Int, ranksPerNode: Int?) throws {
    let expected = Float((0..<ranks).reduce(0.0) { $0 + Double(Self.term($1)) })
    let narrow = (0..<ranks).reduce(Float(0)) { $0 + Self.term($1) }
    #expect(ranks < 4 || narrow != expected, "the terms must tell")
    let findings = try onLoopbackRanks(ranks, ranksPerNode: ranksPerNode) { runtime in
      var findings = Findings()
      let rank = runtime.communicator.rank
      for count in [1, 7, 1000, 40_001] {
        let source = try runtime.allocate([count], .float32)
        runtime.executor.fill(source, with: ScalarValue(Self.term(rank)))
        func check(_ block: StridedBlock, _ what: String) {
          let values = withExtendedLifetime(block.storage) {
            Array(block.range.bytes.bindMemory(to: Float.self))
          }
          findings.check(
            block.type == .float32 && values.allSatisfy { $0 == expected },
            "\(what) of \(count): \(values.first ?? 0)")
        }
        let result = try runtime.allocate([count], .float32)
        try runtime.allReduce(source, .sum, in: .float64, into: result)
        check(result, "all-reduce")
        let cuts = CutPoints(evenly: count, into: ranks)
        let part = try runtime.reduceScatter(
          (0..<ranks).map { source.slice([cuts.range(of: $0)]) }, .sum, in: .float64)
        findings.check(part.elementCount == cuts.range(of: rank).count)
        check(part, "reduce-scatter")
        try runtime.allReduce(source, .sum, in: .float64, into: source)
        check(source, "all-reduce in place")
      }
      return findings.all
    }
    #expect(findings.flatMap { $0 } == [])
  }

  @Test(arguments: [1, 2, 4, 5], [nil, .replicated, .sharded(axis: 0)] as [Placement?])
  func operationsAreRoundedOnce(ranks: Int, placement: Placement?) throws {
    let findings = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      let (rows, columns) = (4001, 5)
      let values = (0..<rows * columns).map { Float($0 % 4001 == 0 ? 0x1p24 : 1) }
      let whole = Tensor<Float>(values, shape: [rows, columns])
      for axis in [0, 1] {
        let x = whole.redistributed(to: .sharded(axis: axis))
        let received = runtime.communicator.traffic.bytesReceived
        let primitive = WideSum(axes: [axis], placement: placement)
        let plan = try primitive.plan([x.body.description])
        let sum = Tensor<Float>(try primitive.apply([x.body]))
        let moved = runtime.communicator.traffic.bytesReceived - received
        findings.check(
          moved == plan.bytesReceived(by: runtime.communicator.rank),
          "\(moved) bytes, \(plan)")
        findings.check(plan.result.scalarType == .float32 && plan.result == sum.body.description)
        // Sums of integers that Doubles hold.
        var expected = [Double](repeating: 0, count: axis == 0 ? columns : rows)
        for (index, value) in values.enumerated() {
          expected[axis == 0 ? index % columns : index / columns] += Double(value)
        }
        let result = sum.redistributed(to: .replicated).scalars
        findings.check(result == expected.map { Float($0) }, "axis \(axis)")
      }
      return findings.all
    }
    #expect(findings.flatMap { $0 } == [])
  }
}
