import Distribution
import Execution
import Foundation
import MessagePassing
import Shapes
import TestSupport
import Testing

/// Collectives of loopback ranks on nodes of one to three ranks give what those of the same ranks
/// without memory to share give, for all reductions and types.
@Suite struct ClusterTests {
  /// Elements: none, one, odd ones in one slice a rank and in several.
  private static let counts = [0, 1, 7, 1001, 9_001]

  private struct Case: Hashable, Sendable {
    var type: ScalarType
    var reduction: Reduction
    var count: Int
  }

  private static let cases = ScalarType.allCases.flatMap { type in
    // Booleans have neither sums nor products.
    (type == .bool ? [.min, .max] : Reduction.allCases).flatMap { reduction in
      counts.map { Case(type: type, reduction: reduction, count: $0) }
    }
  }

  /// The reduced terms of all ranks, first in another place, then where they were, and this rank's
  /// part of them.
  private static func reduced(_ one: Case, on runtime: Runtime) throws -> [Data] {
    let term = try NodeMPISuite.block(one.type, [one.count], on: runtime)
    let description = TensorDescription(
      shape: [one.count], scalarType: one.type,
      sharding: Sharding(mesh: runtime.mesh, .partial(one.reduction)))
    let scatter = try Redistribution(
      description, to: OperandPlacement.sharded(0).sharding(of: [one.count], on: runtime.mesh))
    let part = try runtime.redistribute(term, scatter)
    let result = try runtime.allocate([one.count], one.type)
    try runtime.allReduce(term, one.reduction, into: result)
    try runtime.allReduce(term, one.reduction)
    return [result, term, try runtime.contiguous(part)].map(NodeMPISuite.bits)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 8], [1, 2, 3])
  func reductions(ranks: Int, ranksPerNode: Int) throws {
    let cases = Self.cases
    let body: @Sendable (Runtime) throws -> [[Data]] = { runtime in
      try cases.map { try Self.reduced($0, on: runtime) }
    }
    let flat = try onLoopbackRanks(ranks, body)
    let ours = try onLoopbackRanks(ranks, ranksPerNode: ranksPerNode, body)
    for (index, one) in cases.enumerated() {
      let cuts = CutPoints(evenly: one.count, into: ranks)
      let whole = ours[0][index][0]
      #expect(
        NodeMPISuite.agree(whole, flat[0][index][0], one.type, one.reduction, ranks: ranks),
        "\(one)")
      for rank in 0..<ranks {
        #expect(ours[rank][index][0] == whole, "\(one) on rank \(rank)")
        #expect(ours[rank][index][1] == whole, "\(one) in place on rank \(rank)")
        // The same tree whether all of it or a part is asked for.
        let part = cuts.range(of: rank)
        let size = one.type.byteCount
        #expect(
          ours[rank][index][2] == whole[(part.lowerBound * size)..<(part.upperBound * size)],
          "\(one) scattered to rank \(rank)")
      }
    }
  }

  @Test func theBitsAreTheSameInEveryRun() throws {
    let one = Case(type: .float32, reduction: .sum, count: 9_001)
    let runs = try (0..<3).map { _ in
      try onLoopbackRanks(5, ranksPerNode: 2) { try Self.reduced(one, on: $0)[0] }
    }
    #expect(Set(runs.joined()).count == 1)
    #expect(!runs[0][0].isEmpty)
  }

  @Test func theCheckNoticesAWrongSum() throws {
    let wrong = try onLoopbackRanks(1) { runtime in
      let block = try NodeMPISuite.block(.float32, [5], on: runtime)
      let right = NodeMPISuite.bits(block)
      block.range.bytes.storeBytes(of: 0, toByteOffset: 4, as: Float.self)
      return NodeMPISuite.agree(right, NodeMPISuite.bits(block), .float32, .sum, ranks: 8)
    }
    #expect(wrong == [false])
  }

  @Test(arguments: [2, 3, 5], [1, 2, 3]) func movements(ranks: Int, ranksPerNode: Int) throws {
    let body: @Sendable (Runtime) throws -> [Data] = { runtime in
      let placements = OperandPlacement.all(axes: 2)
      var moved: [Data] = []
      for shape: Shape in [[0, 3], [5, 7], [131, 67]] {
        for type in [ScalarType.float64, .int32, .uint8] {
          for source in placements where source != .partial {
            for target in placements where target != .partial {
              moved.append(
                try NodeMPISuite.moved(shape, type, from: source, to: target, on: runtime))
            }
          }
        }
      }
      return moved
    }
    #expect(
      try onLoopbackRanks(ranks, body)
        == onLoopbackRanks(ranks, ranksPerNode: ranksPerNode, body))
  }
}
