import Execution
import Foundation
import MessagePassing
import Tessera
import TestSupport
import Testing

/// What runs under mpirun too: a sample of the table and of everything collective, on the process's
/// own runtime. In a single process it runs on one rank.
@Suite(.serialized) struct MPISuite {
  @Test func operations() async throws {
    let outcome = try await ProgramThread.run {
      var outcome = TableOutcome()
      let floats =
        OperationRow<Float>.common + OperationRow<Float>.floatingPoint + OperationRow<Float>.lines
      for row in floats {
        try OperationTable.check(row, (m: 5, n: 7, k: 3), on: .process, &outcome)
      }
      for row in OperationRow<Int32>.common + OperationRow<Int32>.integers {
        try OperationTable.check(row, (m: 2, n: 3, k: 0), on: .process, &outcome)
      }
      return outcome
    }
    let first = outcome.failures.prefix(3).joined(separator: "\n")
    #expect(outcome.failures.count == 0, "of \(outcome.cases) cases: \(first)")
  }

  @Test func largeMessages() async throws {
    let sums = try await ProgramThread.run {
      let x = Tensor<Float>.ones([1024, 2048], sharding: .sharded(axis: 0))
      let y = x.redistributed(to: .sharded(axis: 1))
      let z = (x + y).redistributed(to: .replicated)
      var big = try z.body.runtime.allocate([1 << 20], .float32)
      z.body.runtime.executor.fill(big, with: ScalarValue(Float(1)))
      try z.body.runtime.allReduce(big, .sum)
      big = big.slice([5..<6])
      let last = withExtendedLifetime(big.storage) {
        big.range.bytes.load(as: Float.self)
      }
      return (z.sum().item(), last, Float(z.body.runtime.communicator.size))
    }
    #expect(sums.0 == 2 * 1024 * 2048)
    #expect(sums.1 == sums.2)
  }

  @Test func begunReductions() async throws {
    let differences = try await ProgramThread.run {
      try BegunReductionTests.differences(on: .process)
    }
    #expect(differences.isEmpty, "\(differences)")
  }

  @Test func randomNumbersDependOnTheKeyAlone() async throws {
    let values = try await ProgramThread.run {
      let x = Tensor<Double>.randn([37, 5], key: Key(7), sharding: .sharded(axis: 0))
      let y = Tensor<Double>.randn([37, 5], key: Key(7), sharding: .sharded(axis: 1))
      let z = Tensor<Double>.randn([37, 5], key: Key(7))
      return (x == z, y == z, z.scalars.prefix(2).map { $0 })
    }
    #expect(values.0 && values.1)
    // The same on any number of ranks: what one rank gave once.
    let expected = RandomTests.firstNormals
    #expect(zip(values.2, expected).allSatisfy { abs($0 - $1) < 1e-14 })
  }

  @Test func gradientsOverAShardedBatch() async throws {
    let error = try await ProgramThread.run {
      let x = Tensor<Double>.randn([9, 4], key: Key(3), sharding: .sharded(axis: 0))
      let w = Tensor<Double>.randn([4, 2], key: Key(4))
      return checkGradient(of: { tanh(matmul(x, $0)).square().sum() }, at: w)
    }
    #expect(error < 1e-6)
  }

  @Test func printing() async throws {
    let text = try await ProgramThread.run {
      Tensor<Int32>.arange(12, sharding: .sharded(axis: 0)).reshaped(3, 4).description
    }
    #expect(text == "[[ 0,  1,  2,  3],\n [ 4,  5,  6,  7],\n [ 8,  9, 10, 11]]")
  }

  @Test func anErrorOfOneRankIsEverybodys() async throws {
    let message = try await ProgramThread.run {
      let communicator = Runtime.process.communicator
      let last = communicator.size - 1
      let own: Result<Int, TensorError> =
        communicator.rank == last
        ? .failure(TensorError("open", given: "a bad file", expected: "a good one"))
        : .success(1)
      do {
        _ = try communicator.agree(own, as: CollectiveLabel("test"))
        return ("none", last)
      } catch {
        return ("\(error)", last)
      }
    }
    #expect(message.0 == "open (on rank \(message.1)): given a bad file; expected a good one")
  }
}
