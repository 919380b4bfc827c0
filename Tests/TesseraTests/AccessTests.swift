import Execution
import Machine
import Tessera
import TestSupport
import Testing

/// The tensor's memory in the hands of the user: read, written, and as a tensor of this rank alone.
@Suite struct AccessTests {
  @Test func readingCopiesOnlyWhatIsNotInRowMajorOrder() throws {
    onOneRank { runtime in
      let x = Tensor<Float>.arange(24).reshaped(2, 3, 4) + 0
      let allocations = { runtime.arena.statistics.allocations }
      let before = allocations()
      for (tensor, offset) in [(x, 0), (x[1], 12), (x[1, 2], 20), (x.reshaped(6, 4), 0)] {
        tensor.withUnsafeBuffer {
          #expect(UnsafeRawPointer($0.baseAddress!) == x.body.address + 4 * offset)
          #expect(Array($0) == tensor.localPart)
        }
      }
      #expect(allocations() == before)
      x.transposed().withUnsafeBuffer { #expect(Array($0) == x.transposed().localPart) }
      #expect(allocations() > before)
    }
  }

  @Test func writingHappensInPlaceWhenNobodyElseLooks() throws {
    onOneRank { runtime in
      var x = Tensor<Int32>.arange(6).reshaped(2, 3) + 0
      let (address, identifier) = (x.body.address, x.storageIdentifier)
      let before = runtime.arena.statistics.allocations
      let sum = x.withUnsafeMutableBuffer { buffer in
        for index in buffer.indices { buffer[index] *= 10 }
        #expect(UnsafeMutableRawPointer(buffer.baseAddress!) == address)
        return buffer.reduce(0, +)
      }
      #expect(sum == 150 && x.scalars == [0, 10, 20, 30, 40, 50])
      #expect(x.storageIdentifier == identifier)
      #expect(runtime.arena.statistics.allocations == before)
    }
  }

  @Test func writingChangesNoOtherTensor() throws {
    onOneRank { _ in
      var x = Tensor<Int32>.arange(6).reshaped(2, 3) + 0
      let copy = x
      let view = x[1]
      x.withUnsafeMutableBuffer { $0[4] = 40 }
      #expect(copy.scalars == [0, 1, 2, 3, 4, 5] && view.scalars == [3, 4, 5])
      #expect(x.scalars == [0, 1, 2, 3, 40, 5])

      var row = copy[1]
      row.withUnsafeMutableBuffer { $0[0] = 30 }
      #expect(copy.scalars == [0, 1, 2, 3, 4, 5] && row.scalars == [30, 4, 5])
    }
  }

  /// What a view shows in another order, or more than once, is written as the view shows it.
  @Test func writingToAViewOfItsOwnFollowsItsOrder() throws {
    try onOneRank { _ in
      var x = (Tensor<Int32>.arange(6).reshaped(2, 3) + 0).transposed()
      x.withUnsafeMutableBuffer {
        #expect(Array($0) == [0, 3, 1, 4, 2, 5])
        $0[1] = 30
      }
      #expect(x.shape == [3, 2] && x.scalars == [0, 30, 1, 4, 2, 5])

      var columns = (Tensor<Int32>.arange(6).reshaped(2, 3) + 0)[..., 1...]
      columns.withUnsafeMutableBuffer { $0[2] = 40 }
      #expect(columns.scalars == [1, 2, 40, 5])

      let one = Tensor<Int32>([7])
      var repeated = Tensor<Int32>(try Expand(to: [3]).apply([(one + 0).body]))
      repeated.withUnsafeMutableBuffer { $0[0] = 8 }
      #expect(repeated.scalars == [8, 7, 7])
    }
  }

  @Test func noGradientPassesThroughAWrite() throws {
    onOneRank { _ in
      let tape = GradientTape()
      let x = Tensor<Double>([1, 2, 3])
      tape.watch(x)
      let loss = tape.record {
        var y = x * x
        let before = y.sum()
        y.withUnsafeMutableBuffer { $0[0] = 100 }
        return before + y.sum()
      }
      #expect(loss.item() == 14 + 113)
      #expect(tape.gradients(of: loss, at: [x])[0].scalars == [2, 4, 6])
    }
  }

  @Test func anErrorInTheClosureComesOut() throws {
    struct Interruption: Error {}
    onOneRank { _ in
      var x = Tensor<Float>.zeros([2])
      #expect(throws: Interruption.self) {
        try x.withUnsafeMutableBuffer {
          $0[0] = 1
          throw Interruption()
        }
      }
      #expect(x.scalars == [1, 0])
      #expect(throws: Interruption.self) { try x.withUnsafeBuffer { _ in throw Interruption() } }
    }
  }

  @Test(arguments: [1, 2, 3, 5]) func everyRankWritesItsPart(ranks: Int) throws {
    let outcomes = try onLoopbackRanks(ranks) { runtime in
      var x = Tensor<Float>.zeros([7, 2], sharding: .sharded(axis: 0))
      let first = x.localRanges[0].lowerBound * 2
      let before = runtime.communicator.traffic
      x.withUnsafeMutableBuffer { buffer in
        for index in buffer.indices { buffer[index] = Float(first + index) }
      }
      let isLocal = runtime.communicator.traffic == before
      // The terms of a sum are reduced before they are written.
      var terms = x.sum(axes: 0, result: .partial(.sum))
      terms.withUnsafeMutableBuffer { $0[0] += 1 }
      return (x.scalars, terms.scalars, terms.sharding.isReplicated, isLocal)
    }
    for outcome in outcomes {
      #expect(outcome.0 == (0..<14).map(Float.init))
      #expect(outcome.1 == [43, 49] && outcome.2 && outcome.3)
    }
  }

  // MARK: The shard as a tensor

  @Test(arguments: [1, 2, 3, 5]) func aShardIsATensorOfOneRank(ranks: Int) throws {
    let outcomes = try onLoopbackRanks(ranks) { runtime in
      let x = Tensor<Float>.arange(14, sharding: .sharded(axis: 0)).reshaped(7, 2) + 0
      let own = x.localPart
      let before = runtime.communicator.traffic
      let allocations = runtime.arena.statistics.allocations
      var shard = x.shard
      var findings = Findings()
      findings.check(shard.storageIdentifier == x.storageIdentifier)
      findings.check(runtime.arena.statistics.allocations == allocations)
      findings.check(shard.shape == x.localShape && shard.localShape == shard.shape)
      findings.check(shard.sharding.isReplicated && shard.sharding.mesh.count == 1)
      findings.check(shard.scalars == own && shard.sum().item() == own.reduce(0, +))
      findings.check((shard + shard * 2).scalars == own.map { 3 * $0 })
      findings.check(Tensor<Float>.zeros(like: shard).shape == shard.shape)
      // Each rank by itself: only one of them computes more.
      if runtime.communicator.rank == 0 { findings.check(!"\(shard.square())".isEmpty) }
      shard += 1
      findings.check(x.localPart == own, "a write to the shard is not one to the tensor")
      findings.check(runtime.communicator.traffic == before)
      let mixed: Tensor<Float>? = try? Operation.binary(.add).apply(to: [shard, x])
      findings.check((mixed == nil) == (ranks > 1), "shards and the job's tensors do not mix")
      return findings.all
    }
    #expect(outcomes.joined().isEmpty, "\(Array(outcomes.joined()))")
  }
}
