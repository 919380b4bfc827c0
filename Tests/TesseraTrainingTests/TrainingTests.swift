import Execution
import Tessera
import TesseraTraining
import TestSupport
import Testing

@Suite struct TrainingTests {
  /// Losses of a few steps, and whether addresses and system allocations stayed.
  private static func train(_ runtime: Runtime, batch: Int) throws -> (
    losses: [Float], steady: Bool
  ) {
    let model = Sequential(
      Linear(6, 8, key: Key(1)), ReLU(), Linear(8, 3, key: Key(2)))
    let optimizer = SGD(learningRate: 0.1, momentum: 0.9)
    let images = Tensor<Float>.randn([batch, 6], key: Key(3), sharding: .sharded(axis: 0))
    let labels = Tensor<Int32>.randint([batch], in: 0..<3, key: Key(4), sharding: .sharded(axis: 0))
    var losses: [Float] = []
    var addresses: [[UInt64]] = []
    var allocations: [Int] = []
    for _ in 0..<5 {
      let tape = GradientTape()
      let loss = tape.record { crossEntropy(model(images), labels) }
      let gradients = tape.gradients(of: loss, at: model.parameters)
      addresses.append(
        model.parameters.map(\.value.storageIdentifier) + gradients.map(\.storageIdentifier))
      optimizer.update(model.parameters, along: gradients)
      losses.append(loss.item())
      allocations.append(runtime.arena.statistics.systemAllocations)
    }
    let steady =
      addresses.allSatisfy { $0 == addresses[0] }
      && allocations[2...].allSatisfy { $0 == allocations[1] }
    return (losses, steady)
  }

  @Test(arguments: [1, 2, 3, 5]) func theSameOnAnyNumberOfRanks(ranks: Int) throws {
    let single = try onLoopbackRanks(1) { try Self.train($0, batch: 11) }[0]
    #expect(single.losses.last! < single.losses.first!)
    for result in try onLoopbackRanks(ranks, { try Self.train($0, batch: 11) }) {
      #expect(result.steady)
      for (a, b) in zip(result.losses, single.losses) { #expect(abs(a - b) <= 1e-5 * b) }
    }
  }
}
