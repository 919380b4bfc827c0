import Distribution
import Execution
import Foundation
import MessagePassing
import Shapes
import Tessera
import TestSupport
import Testing

/// Reductions that go on while their ranks compute, and bodies that wait for them.
@Suite struct BegunReductionTests {
  /// What does not hold: begun reductions against those that are waited for, bit by bit.
  static func differences(on runtime: Runtime) throws -> [String] {
    var findings = Findings()
    var begun: [(name: String, block: StridedBlock, arrival: Arrival, expected: Data)] = []
    for type in [ScalarType.float32, .float64, .int32] {
      for (count, reduction) in zip([0, 1, 5, 1000, 40_000, 7], Reduction.allCases + [.sum, .sum]) {
        let name = "\(reduction) of \(count) \(type)"
        let term = try NodeMPISuite.block(type, [count], on: runtime)
        let (own, other) = (try runtime.executor.copied(term), try runtime.executor.copied(term))
        let target = try runtime.allocate([count], type)
        begun.append((name, own, try runtime.beginAllReduce(own, reduction), Data()))
        begun.append(
          (name, target, try runtime.beginAllReduce(term, reduction, into: target), Data()))
        try runtime.allReduce(other, reduction)
        let expected = NodeMPISuite.bits(other)
        begun[begun.count - 2].expected = expected
        begun[begun.count - 1].expected = expected
        if type == .int32 {
          let cuts = CutPoints(evenly: count, into: runtime.communicator.size)
          let parts = (0..<runtime.communicator.size).map { term.slice([cuts.range(of: $0)]) }
          let (part, arrival) = try runtime.beginReduceScatter(parts, reduction)
          let mine = other.slice([cuts.range(of: runtime.communicator.rank)])
          begun.append(("part of \(name)", part, arrival, NodeMPISuite.bits(mine)))
        }
      }
    }
    for (name, block, arrival, expected) in begun.reversed() {
      try arrival.wait()
      findings.check(arrival.isComplete)
      findings.check(NodeMPISuite.bits(block) == expected, name)
    }
    return findings.all
  }

  @Test(arguments: 1...4, [nil, 2, 4]) func giveTheBitsOfThoseThatAreWaitedFor(
    ranks: Int, ranksPerNode: Int?
  ) throws {
    let all = try onLoopbackRanks(ranks, ranksPerNode: ranksPerNode) {
      try Self.differences(on: $0)
    }
    #expect(all.joined().isEmpty, "\(all)")
  }

  /// A body that a reduction of `rank + 1` in every element is bringing.
  private static func arriving(_ count: Int, on runtime: Runtime) throws -> Tensor<Float> {
    let block = try runtime.allocate([count], .float32)
    runtime.executor.fill(
      block, with: ScalarValue(Float(runtime.communicator.rank + 1)))
    let description = TensorDescription(
      shape: [count], scalarType: .float32, sharding: .replicated(on: runtime.mesh))
    return Tensor(
      Body(
        description, block, arriving: try runtime.beginAllReduce(block, .sum), runtime: runtime))
  }

  /// Small ones, those that wait for a pass of their own, and all.
  @Test(arguments: [1, 3], [nil, 2]) func whoAsksForElementsWaits(
    ranks: Int, ranksPerNode: Int?
  ) throws {
    let sum = Float(ranks * (ranks + 1) / 2)
    for least in [0, 1000, Int.max] {
      let all = try onLoopbackRanks(ranks, ranksPerNode: ranksPerNode, deferringFrom: least) {
        runtime in
        var findings = Findings()
        let tensors = try [1, 16, 5000].map { try Self.arriving($0, on: runtime) }
        for x in tensors.reversed() {
          findings.check(x.body.failure == nil)
          let results = [x + 1, x * x, x.reshaped(x.elementCount, 1).squeezed(), -x]
          let expected = [sum + 1, sum * sum, sum, -sum]
          for (result, number) in zip(results, expected) {
            findings.check(result.scalars.allSatisfy { $0 == number })
          }
          findings.check(x.sum().item() == sum * Float(x.elementCount))
          // A write is another value.
          var y = x
          y += 1
          findings.check(y.scalars.allSatisfy { $0 == sum + 1 } && x.scalars.first == sum)
        }
        return findings.all
      }
      #expect(all.joined().isEmpty, "\(all)")
    }
  }

  /// What is read under way keeps its elements, also where a parameter keeps its address.
  @Test(arguments: [nil, 3]) func writesWaitForWhatIsUnderWay(ranksPerNode: Int?) throws {
    let all = try onLoopbackRanks(3, ranksPerNode: ranksPerNode) { runtime in
      let rank = runtime.communicator.rank
      var x = Tensor<Float>.full([3000], Float(rank))
      let parameter = Parameter(x)
      let address = parameter.body.address
      let targets = try (0..<2).map { _ in try runtime.allocate([3000], .float32) }
      // Others come later.
      if rank > 0 { usleep(30_000) }
      let arrivals = [
        try runtime.beginAllReduce(try x.body.block, .sum, into: targets[0]),
        try runtime.beginAllReduce(try parameter.body.block, .sum, into: targets[1]),
      ]
      x += 100
      try parameter.assign(x)
      for arrival in arrivals { try arrival.wait() }
      let isRight = targets.allSatisfy { target in
        withExtendedLifetime(target.storage) {
          target.range.bytes.bindMemory(to: Float.self).allSatisfy { $0 == 3 }
        }
      }
      return isRight && x.scalars.allSatisfy { $0 == Float(rank) + 100 }
        && parameter.value == x && parameter.body.address == address
    }
    #expect(all == [true, true, true])
  }

  @Test func memoryGoesBackWhereNobodyWaits() throws {
    let all = try onLoopbackRanks(2) { runtime in
      let before = runtime.arena.statistics.inUse
      if runtime.communicator.rank == 1 { usleep(30_000) }
      _ = try Self.arriving(100_000, on: runtime)
      try runtime.communicator.barrier(as: CollectiveLabel("all has arrived"))
      return runtime.arena.statistics.inUse == before
    }
    #expect(all == [true, true])
  }

  @Test(arguments: [nil, 3]) func whatFailsUnderWayIsThrownToWhoAsks(ranksPerNode: Int?) throws {
    let all = try onLoopbackRanks(3, ranksPerNode: ranksPerNode) { runtime in
      let count = runtime.communicator.rank == 1 ? 6 : 5
      let x = try Self.arriving(count, on: runtime)
      var errors: [TensorError?] = []
      for _ in 0..<2 {
        do throws(TensorError) {
          _ = try x.body.block
        } catch {
          errors.append(error)
        }
      }
      do throws(TensorError) {
        _ = try Tessera.Operation.binary(.add).apply(to: [x, x])
      } catch {
        errors.append(error)
      }
      return errors
    }
    #expect(all.allSatisfy { $0.count == 3 } && Set(all.joined()).count == 1)
    #expect(
      all[0].first??.given.contains("ranks 0, 2 are in all-reduce (sum) [20]") == true, "\(all)")
  }
}
