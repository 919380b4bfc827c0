import Tessera
import TesseraTraining

/// The training of one network, and its test on the digits held out.
struct DigitsTraining {
  private let options: DigitsCommand
  private let digits: HandwrittenDigits
  private let model: Sequential<Float>

  init(_ options: DigitsCommand, _ digits: HandwrittenDigits) {
    self.options = options
    self.digits = digits
    model = Self.network(
      widths: [digits.features] + options.layers.counts + [HandwrittenDigits.classes],
      key: Key(options.seed).folded(in: 1))
  }

  /// Linear layers with tanh between them. Rectifiers have a kink: where ranks add up in another
  /// order, a unit that is nearly zero takes the other side, and training another course.
  private static func network(widths: [Int], key: Key) -> Sequential<Float> {
    var modules: [any Module<Float>] = []
    for index in 1..<widths.count {
      if index > 1 { modules.append(Tanh()) }
      modules.append(
        Linear(
          widths[index - 1], widths[index], key: key.folded(in: index), name: "linear\(index)"))
    }
    return Sequential(modules)
  }

  /// Trains, reporting every step and every epoch. Collective: called by all ranks.
  func run(_ report: (StepReport) -> Void) throws(TensorError) -> TrainingResult {
    let optimizer = SGD(learningRate: options.learningRate, momentum: options.momentum)
    var losses: [Double] = []
    var training = Duration.zero
    for epoch in 1...options.epochs {
      let loader = try loader(
        digits.order(ofEpoch: epoch, key: Key(options.seed).folded(in: 2)))
      let (bytesBefore, trafficBefore) = (loader.bytesRead, Job.traffic)
      var sum = 0.0
      var examples = 0
      for batch in loader {
        let start = ContinuousClock.now
        let loss = step(batch, optimizer)
        sum += loss * Double(batch.labels.elementCount)
        examples += batch.labels.elementCount
        training += .now - start
        var step = StepReport(
          epoch: epoch, examples: examples, examplesOfEpoch: digits.trainingRows.count,
          loss: sum / Double(examples), seconds: training.seconds,
          examplesInAll: (epoch - 1) * digits.trainingRows.count + examples)
        if examples == digits.trainingRows.count {
          step.epochEnd = StepReport.EpochEnd(
            localBatch: loader.localBatch, bytesRead: loader.bytesRead - bytesBefore,
            allReducedBytes: Job.traffic.reducedBytes - trafficBefore.reducedBytes)
        }
        report(step)
      }
      let loss = sum / Double(examples)
      guard loss.isFinite else {
        throw TensorError(
          "digits", given: "a loss of \(loss) in epoch \(epoch)",
          expected: "a smaller --learning-rate than \(options.learningRate)")
      }
      losses.append(loss)
    }
    return TrainingResult(
      widths: [digits.features] + options.layers.counts + [HandwrittenDigits.classes],
      parameters: model.parameters, losses: losses, accuracy: try accuracy(),
      seconds: training.seconds, examples: options.epochs * digits.trainingRows.count)
  }

  private func loader(_ rows: [Int]) throws(TensorError) -> RowLoader {
    try RowLoader(
      images: digits.images, labels: digits.labels, order: rows, batchSize: options.batch,
      scale: 1 / HandwrittenDigits.brightest)
  }

  /// One step; the loss before it.
  private func step(_ batch: RowLoader.Batch, _ optimizer: SGD) -> Double {
    let tape = GradientTape()
    let loss = tape.record { crossEntropy(model(batch.images), batch.labels) }
    let gradients = tape.gradients(of: loss, at: model.parameters)
    optimizer.update(model.parameters, along: gradients)
    return Double(loss)
  }

  /// The share of the digits held out that are recognised.
  private func accuracy() throws(TensorError) -> Double {
    var correct = 0
    for batch in try loader(digits.heldOutRows) {
      let answers = model(batch.images).argmax(axis: 1)
      correct += Int((answers .== batch.labels).sum())
    }
    return Double(correct) / Double(digits.heldOutRows.count)
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
