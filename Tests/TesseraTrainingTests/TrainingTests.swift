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

  /// Some ranks hold a wrong label, the others none: all throw the error of the lowest one.
  @Test(arguments: [[0, 1], [1, 2], [2], [0, 1, 2]]) func aWrongLabelIsTheErrorOfAllRanks(
    wrong: [Int]
  ) throws {
    for labelsDiffer in [true, false] {
      let found = try onLoopbackRanks(3) { runtime in
        let logits = Tensor<Float>.zeros([6, 4], sharding: .sharded(axis: 0))
        let scalars = (0..<6).map {
          wrong.contains($0 / 2) ? Int32(labelsDiffer ? 10 + $0 : 11) : 1
        }
        let labels = Tensor<Int32>(scalars, shape: [6], sharding: .sharded(axis: 0))
        do {
          try checkLabels(labels, for: logits)
          try runtime.communicator.complete()
          return "nothing"
        } catch {
          return "\(error)"
        }
      }
      // What all have met in the same words is nobody's own.
      let isCommon = wrong.count == 3 && !labelsDiffer
      let expected =
        "crossEntropy\(isCommon ? "" : " (on rank \(wrong[0]))"): given the label "
        + "\(labelsDiffer ? 10 + 2 * wrong[0] : 11); expected labels in 0..<4"
      #expect(found == Array(repeating: expected, count: 3))
    }
  }

  /// Two steps of a training with everything that belongs to it, made inside.
  @Sendable private static func steps() {
    let model = Sequential(
      Linear<Float>(64, 32, key: Key(1)), Tanh(), Linear(32, 10, key: Key(2)))
    let (momentum, adam) = (SGD(learningRate: 0.1, momentum: 0.9), Adam())
    let images = Tensor<Float>.randn([40, 64], key: Key(3), sharding: .sharded(axis: 0))
    let labels = Tensor<Int32>.randint([40], in: 0..<10, key: Key(4), sharding: .sharded(axis: 0))
    for step in 0..<2 {
      let tape = GradientTape()
      let loss = tape.record { crossEntropy(model(images), labels) }
      let gradients = tape.gradients(of: loss, at: model.parameters)
      if step == 0 { momentum.update(model.parameters, along: gradients) }
      adam.update(model.parameters, along: gradients)
      _ = loss.item(assuming: 2)
    }
  }

  @Test(arguments: [1, 2, 4]) func aDryRunOfTrainingCountsWhatRanksDo(ranks: Int) throws {
    let real = try onLoopbackRanks(ranks) { runtime in
      Self.steps()
      return (runtime.communicator.traffic, runtime.arena.statistics.peak)
    }
    // As many ranks' runtimes compare replicas in each update.
    let dry = try onLoopbackRanks(1) { _ in
      try dryRun(ranks: ranks, reporting: Array(0..<ranks), Self.steps)
    }[0]
    for (report, (traffic, peak)) in zip(dry.reports, real) {
      #expect(report.traffic == traffic)
      #expect(report.peakMemory == peak)
    }
  }

  /// What a plan of a training step would change stays as it is.
  @Test func explainedStepsTrainNothing() throws {
    let outcomes = try onLoopbackRanks(2) { _ in
      let parameter = Parameter(Tensor<Float>([1, 2, 3]))
      let optimizer = Adam(learningRate: 0.5)
      func step() {
        let tape = GradientTape()
        let loss = tape.record { parameter.value.square().sum() }
        optimizer.update([parameter], along: tape.gradients(of: loss, at: [parameter]))
      }
      let plans = explain { step() }
      let before = parameter.value.scalars
      step()
      return (plans.count, before, parameter.value.scalars)
    }
    for (count, before, after) in outcomes {
      #expect(count > 2 && before == [1, 2, 3])
      // Adam's first step is the rate long, as the optimizer has taken none before.
      #expect(zip(after, [0.5, 1.5, 2.5]).allSatisfy { abs($0 - Float($1)) < 1e-4 })
    }
  }

  /// A layer that a model has twice has parameters once, which get both contributions.
  @Test func sharedLayersAreTrainedOnce() {
    let layer = Linear<Double>(2, 2, key: Key(1))
    let model = Sequential(layer, layer)
    #expect(model.parameters.count == 2)
    let bias = layer.bias.value
    let tape = GradientTape()
    let loss = tape.record { model(Tensor<Double>.zeros([1, 2])).sum() }
    let gradients = tape.gradients(of: loss, at: model.parameters)
    let expected = layer.weight.value.sum(axes: 1) + 1
    #expect(gradients[1].allClose(expected))
    SGD(learningRate: 1).update(model.parameters, along: gradients)
    #expect((bias - layer.bias.value).allClose(expected))
  }

  @Test func aLoaderOfOneBatch() throws {
    struct Rows: RowSource {
      let shape: Shape
      let scalarType: ScalarType
      var bytesRead: Int { 0 }
      func read(rows: [Int], into bytes: UnsafeMutableRawBufferPointer) {
        _ = bytes.initializeMemory(as: UInt8.self, repeating: 7)
      }
    }
    let loader = try RowLoader(
      images: Rows(shape: [3, 2], scalarType: .uint8), labels: Rows(shape: [3], scalarType: .uint8),
      order: [0, 2], batchSize: .max)
    #expect(loader.count == 1)
    #expect(loader.map(\.images.shape) == [[2, 2]])
    #expect(loader.map(\.labels.scalars) == [[7, 7]])
  }

  /// Its value, and the gradients at both arguments against differences, wherever rows lie.
  @Test(arguments: [1, 2, 3]) func meanSquaredErrors(ranks: Int) throws {
    for errors in try onLoopbackRanks(ranks, { _ in Self.meanSquaredErrorsOfGradients() }) {
      #expect(errors.allSatisfy { $0 < 1e-6 }, "\(errors)")
    }
  }

  private static func meanSquaredErrorsOfGradients() -> [Double] {
    let predictions = Tensor<Double>.randn([5, 2], key: Key(1), sharding: .sharded(axis: 0))
    let targets = Tensor<Double>.randn([5, 2], key: Key(2))
    let loss = zip(predictions.scalars, targets.scalars).reduce(0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / 10
    }
    return [
      abs(meanSquaredError(predictions, targets).item() - loss),
      checkGradient(of: { meanSquaredError($0, targets) }, at: predictions),
      checkGradient(of: { meanSquaredError(predictions, $0) }, at: targets),
    ]
  }

  /// A column against a row would broadcast to a matrix.
  @Test(arguments: [([3, 1], [3]), ([3, 1], [1, 3]), ([3], []), ([0], [0])] as [(Shape, Shape)])
  func meanSquaredErrorRefusesShapes(predictions: Shape, targets: Shape) {
    let error = #expect(throws: TensorError.self) {
      try checkTargets(targets, for: predictions)
    }
    #expect(
      error?.given == "predictions of shape \(predictions) and targets of shape \(targets)")
  }

  @Test(arguments: [1, 2, 3, 5]) func theSameOnAnyNumberOfRanks(ranks: Int) throws {
    let single = try onLoopbackRanks(1) { try Self.train($0, batch: 11) }[0]
    #expect(single.losses.last! < single.losses.first!)
    let results = try onLoopbackRanks(ranks, deferringFrom: ranks % 2 == 1 ? 0 : .max) {
      try Self.train($0, batch: 11)
    }
    for result in results {
      #expect(result.steady)
      for (a, b) in zip(result.losses, single.losses) { #expect(abs(a - b) <= 1e-5 * b) }
    }
  }
}
