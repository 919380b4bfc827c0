import Execution
import MessagePassing
import Tessera
import TestSupport
import Testing

/// Elements moved and memory held, from the communicator's and the arena's own counters.
@Suite struct CommunicationTests {
  /// Bytes that each rank receives and its peak memory while a closure runs.
  private func measure(
    _ ranks: Int, _ prepare: @escaping @Sendable () -> [Tensor<Float>],
    _ run: @escaping @Sendable ([Tensor<Float>]) -> Tensor<Float>
  ) throws -> (received: [Int], peak: [Int]) {
    let results = try onLoopbackRanks(ranks) { runtime in
      let operands = prepare()
      runtime.arena.resetPeak()
      let held = runtime.arena.statistics.inUse
      let before = runtime.communicator.traffic
      let result = run(operands)
      let traffic = runtime.communicator.traffic - before
      let peak = runtime.arena.statistics.peak - held
      withExtendedLifetime((operands, result)) {}
      return [traffic.bytesReceived / 4, peak / 4]
    }
    return (results.map { $0[0] }, results.map { $0[1] })
  }

  private static let n = 240

  private func square(_ placement: Placement) -> @Sendable () -> Tensor<Float> {
    { Tensor<Float>.rand([Self.n, Self.n], key: Key(3), sharding: placement) }
  }

  @Test(arguments: [2, 3, 4]) func elementwiseWithLikeShardingsMovesNothing(ranks: Int) throws {
    let x = square(.sharded(axis: 0))
    let (received, peak) = try measure(ranks, { [x(), x()] }) { $0[0] + $0[1] }
    #expect(received == [Int](repeating: 0, count: ranks))
    #expect(peak.allSatisfy { $0 <= Self.n * Self.n / ranks })
  }

  @Test(arguments: [2, 3, 4]) func shardedWithReplicatedMovesNothing(ranks: Int) throws {
    let (x, y) = (square(.sharded(axis: 1)), square(.replicated))
    let (received, peak) = try measure(ranks, { [x(), y()] }) { $0[0] * $0[1] }
    #expect(received == [Int](repeating: 0, count: ranks))
    #expect(peak.allSatisfy { $0 <= Self.n * Self.n / ranks })
  }

  @Test(arguments: [2, 3, 4]) func rowsTimesReplicatedMovesNothing(ranks: Int) throws {
    let (x, y) = (square(.sharded(axis: 0)), square(.replicated))
    let (received, peak) = try measure(ranks, { [x(), y()] }) { matmul($0[0], $0[1]) }
    #expect(received == [Int](repeating: 0, count: ranks))
    #expect(peak.allSatisfy { $0 <= Self.n * Self.n / ranks })
  }

  @Test(arguments: [2, 3, 4]) func concatenationAlongAnotherAxisMovesNothing(ranks: Int) throws {
    let x = square(.sharded(axis: 0))
    let (received, peak) = try measure(ranks, { [x(), x()] }) { concatenate($0, axis: 1) }
    #expect(received == [Int](repeating: 0, count: ranks))
    #expect(peak.allSatisfy { $0 <= 2 * Self.n * Self.n / ranks })
  }

  @Test(arguments: [2, 3, 4]) func changingTheAxisMovesWhatChangesOwner(ranks: Int) throws {
    let x = square(.sharded(axis: 0))
    let (received, peak) = try measure(ranks, { [x()] }) {
      $0[0].redistributed(to: .sharded(axis: 1))
    }
    let shard = Self.n * Self.n / ranks
    #expect(received == [Int](repeating: shard - shard / ranks, count: ranks))
    // The new shard, and buffers for what is not contiguous: never the whole.
    #expect(peak.allSatisfy { $0 <= 3 * shard })
    if ranks == 4 { #expect(peak.allSatisfy { $0 < Self.n * Self.n }) }
  }

  @Test func differentlyShardedOperandsMoveTheSmallerShare() throws {
    let (x, y) = (square(.sharded(axis: 0)), square(.sharded(axis: 1)))
    let (received, _) = try measure(4, { [x(), y()] }) { $0[0] + $0[1] }
    let shard = Self.n * Self.n / 4
    #expect(received == [Int](repeating: shard - shard / 4, count: 4))
  }

  @Test func sumOfEverythingMovesOneWordARank() throws {
    let x = square(.sharded(axis: 0))
    let (received, _) = try measure(4, { [x()] }) { $0[0].sum() }
    #expect(received == [3, 3, 3, 3])
  }

  @Test func thePositionOfTheLargestMovesACandidateARank() throws {
    let x = square(.sharded(axis: 0))
    let (received, peak) = try measure(4, { [x()] }) {
      $0[0].argmax().converted(to: Float.self)
    }
    // A Float and an Int64, counted in Floats.
    #expect(received == [9, 9, 9, 9])
    #expect(peak.allSatisfy { $0 < 1000 })
  }

  @Test func runningSumsMoveATotalARank() throws {
    let (received, peak) = try measure(
      4, { [Tensor<Float>.rand([Self.n * Self.n], key: Key(1), sharding: .sharded(axis: 0))] }
    ) { $0[0].cumulativeSum(axis: 0) }
    // Of Float in Double.
    #expect(received == [6, 6, 6, 6])
    #expect(peak.allSatisfy { $0 <= Self.n * Self.n / 4 + 1000 })
    let (recurrence, _) = try measure(
      4, { [Tensor<Float>.rand([Self.n * Self.n], key: Key(1), sharding: .sharded(axis: 0))] }
    ) { linearRecurrence(coefficients: 0.5, inputs: $0[0], axis: 0) }
    #expect(recurrence == [12, 12, 12, 12])
  }

  @Test func searchesInPartsMoveAPositionForEachValue() throws {
    let (received, peak) = try measure(
      4, { [.rand([Self.n * Self.n], key: Key(1), sharding: .sharded(axis: 0)), .ones([4])] }
    ) { $0[0].searchSorted($0[1]).converted(to: Float.self) }
    // Terms of Int64 that are scattered, counted in Floats.
    #expect(received == [6, 6, 6, 6])
    #expect(peak.allSatisfy { $0 < 1000 })
    // In a whole tensor nothing moves.
    let (local, _) = try measure(4, { [.ones([4]), square(.sharded(axis: 1))()] }) {
      $0[0].searchSorted($0[1]).converted(to: Float.self)
    }
    #expect(local == [0, 0, 0, 0])
  }

  @Test func variancesMoveThreeWordsARankAndNormsOne() throws {
    let x = square(.sharded(axis: 0))
    let (variance, peak) = try measure(4, { [x()] }) { $0[0].variance() }
    #expect(variance == [9, 9, 9, 9])
    #expect(peak.allSatisfy { $0 < 1000 })
    let (norm, _) = try measure(4, { [x()] }) { $0[0].norm() }
    #expect(norm == [3, 3, 3, 3])
    // Along an axis that is whole on every rank nothing moves.
    let (local, _) = try measure(4, { [x()] }) { $0[0].variance(axes: 1) + $0[0].norm(axes: 1) }
    #expect(local == [0, 0, 0, 0])
  }

  @Test func plansOfVariancesTellWhatIsJoined() throws {
    let plans = try onLoopbackRanks(2) { _ in
      let x = Tensor<Float>.zeros([6, 5], sharding: .sharded(axis: 0))
      return explain { _ = x.variance(axes: 0) }.map(\.description).joined()
    }
    #expect(plans[0].contains("join a term of each rank: all-reduce (sum)"), "\(plans[0])")
    // 5 means and 10 terms of 4 bytes, to each of two ranks.
    #expect(plans[0].contains("in all 120 bytes between ranks"), "\(plans[0])")
    #expect(plans[0] == plans[1])
  }

  @Test func aSliceStaysWhereItIs() throws {
    let x = square(.sharded(axis: 0))
    let (received, peak) = try measure(4, { [x()] }) { $0[0][30..<200] }
    #expect(received == [0, 0, 0, 0])
    #expect(peak == [0, 0, 0, 0])
  }

  @Test func joiningAnOutermostShardedAxisMovesNothing() throws {
    let x = square(.sharded(axis: 0))
    let (received, peak) = try measure(3, { [x()] }) { $0[0].reshaped(-1) }
    #expect(received == [0, 0, 0])
    #expect(peak == [0, 0, 0])
  }

  @Test func splittingAShardedAxisMovesLessThanARowABoundary() throws {
    let (received, _) = try measure(
      3,
      {
        [Tensor<Float>.rand([100 * 7], key: Key(1), sharding: .sharded(axis: 0))]
      }
    ) { $0[0].reshaped(100, 7) }
    #expect(received.allSatisfy { $0 < 2 * 7 })
  }

  @Test func aLimitRefusesWithThePlan() throws {
    let messages = try onLoopbackRanks(2) { runtime in
      let x = Tensor<Float>.ones([8, 8], sharding: .sharded(axis: 0))
      return withoutImplicitCommunication {
        do {
          _ = try Redistribute(to: .replicated).apply([x.body])
          return "moved"
        } catch {
          return "\(error)"
        }
      }
    }
    #expect(messages[0] == messages[1])
    #expect(messages[0].contains("moves 256 bytes") && messages[0].contains("all-gather"))
  }

  @Test func explainingMovesAndComputesNothing() throws {
    let results = try onLoopbackRanks(4) { runtime in
      let x = Tensor<Float>.ones([10, 4], sharding: .sharded(axis: 0))
      let before = (runtime.communicator.traffic, runtime.arena.statistics.allocations)
      let plans = explain { concatenate([x, x], axis: 0).sum(axes: 1) }
      let unchanged =
        before == (runtime.communicator.traffic, runtime.arena.statistics.allocations)
      return (plans.map(\.description), unchanged)
    }
    #expect(results.allSatisfy { $0.1 })
    #expect(results[0].0.count == 2)
    #expect(results[0].0[0].contains("concatenate → Float [20, 4] sharded(axis: 0) over world[4]"))
    #expect(results[0].0 == results[3].0)
  }

  @Test func explainingWritesToNothing() throws {
    let results = try onLoopbackRanks(3) { _ in
      var x = Tensor<Float>.zeros([6, 2], sharding: .sharded(axis: 0))
      let old = x
      let row = Tensor<Float>.ones([2])
      let positions = Tensor<Int>([1, 4])
      let plans = explain {
        x += row
        x *= 2
        x[0] = row
        _ = old[positions]
        let parameter = Parameter(row)
        _ = x + parameter.value
      }
      return (old.scalars, plans.map(\.operation))
    }
    for (scalars, operations) in results {
      #expect(scalars == [Float](repeating: 0, count: 12))
      let named = operations.filter { $0 != "redistributed" }
      #expect(named == ["add", "multiply", "index assignment", "taking", "add"])
    }
  }

  @Test func communicationOnTheFirstRankAloneIsRefused() throws {
    let messages = try onLoopbackRanks(2) { _ in
      let x = Tensor<Float>.ones([8], sharding: .sharded(axis: 0))
      var message = "nothing"
      onFirstRank {
        do { _ = try x.gatheredScalars() } catch { message = "\(error)" }
      }
      return message
    }
    #expect(messages[0].contains("onFirstRank"))
    #expect(messages[1] == "nothing")
  }
}
