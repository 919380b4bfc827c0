import Tessera
import TesseraTraining

extension Suite {
  /// A step of training, its rows sharded and its parameters on every rank; and what optimizers do
  /// of it, on a parameter that no cache holds.
  static func training(_ scale: Scale) -> [Case] {
    [
      .trainingStep("training/step", rows: scale.batch, scale.layers),
      descent(scale.side, scale.side / 2),
      adam(scale.side, scale.side / 2),
    ]
  }

  /// p ← p − g / 512: numbers that Float holds for some thousand steps.
  private static func descent(_ rows: Int, _ columns: Int) -> Case {
    let (size, rate) = (rows * columns, 1.0 / 512)
    return Case("training/sgd", size: size, .memory([.update(size)])) {
      let (a, b) = (Pattern.first, Pattern.second)
      let parameter = Parameter<Float>(a.matrix(rows, columns, sharding: .replicated))
      let gradient = b.matrix(rows, columns, Float.self, sharding: .replicated)
      let optimizer = SGD(learningRate: rate)
      var calls = 0.0
      return Trial(
        tolerance: 1e-6, isInPlace: true, expected: { a($0) - calls * rate * b($0) }
      ) {
        optimizer.update([parameter], along: [gradient])
        calls += 1
        return parameter.value
      }
    }
  }

  /// Along a gradient that stays the same, corrected means are that gradient and its square.
  private static func adam(_ rows: Int, _ columns: Int) -> Case {
    let (size, rate, epsilon) = (rows * columns, 1.0 / 256, 0.5)
    // Parameter, gradient and two means are read, all but the gradient are written: seven in all.
    let bound = Bound.memory([.update(size), .update(size), .read(size)])
    return Case("training/adam", size: size, bound) {
      let (a, b) = (Pattern.first, Pattern.second)
      let parameter = Parameter<Float>(a.matrix(rows, columns, sharding: .replicated))
      let gradient = b.matrix(rows, columns, Float.self, sharding: .replicated)
      let optimizer = Adam(learningRate: rate, epsilon: epsilon)
      var calls = 0.0
      return Trial(
        tolerance: 1e-4, isInPlace: true,
        expected: { a($0) - calls * rate * b($0) / (b($0) + epsilon) }
      ) {
        optimizer.update([parameter], along: [gradient])
        calls += 1
        return parameter.value
      }
    }
  }
}

extension Case {
  /// Forward, backward and update of a perceptron with rectifiers, cross entropy and gradient
  /// descent.
  static func trainingStep(_ name: String, rows: Int, _ layers: [Int]) -> Case {
    // Each product of the way forward has two like it on the way back, for its weight and for its
    // input; that for the rows themselves is not needed.
    let products = zip(layers, layers.dropFirst()).map { Double($0 * $1) }
    let operations = 2 * (3 * products.reduce(0, +) - products[0])
    let bound = Bound.arithmetic(
      operations: operations * Double(Job.share(of: rows)), isDouble: false)
    return Case(name, size: rows, bound) {
      let step = TrainingStep(rows: rows, layers)
      return Trial(call: { step.loss().storageIdentifier }, fault: step.fault)
    }
  }
}

/// A perceptron, a batch, and how a step is looked at.
private final class TrainingStep {
  private static let rate = 0.01

  private let layers: [Int]
  private let images: Tensor<Float>
  private let labels: [Int32]
  private let shardedLabels: Tensor<Int32>
  private let model: Sequential<Float>
  private let parameters: [Parameter<Float>]
  private let optimizer = SGD(learningRate: rate)

  init(rows: Int, _ layers: [Int]) {
    self.layers = layers
    images = Pattern.first.matrix(rows, layers[0]) / 2
    labels = (0..<rows).map { Int32($0 * 7 % layers.last!) }
    shardedLabels = Tensor(labels, shape: [rows], sharding: .sharded(axis: 0))
    var modules: [any Module<Float>] = []
    for (index, (inputs, outputs)) in zip(layers, layers.dropFirst()).enumerated() {
      if index > 0 { modules.append(ReLU()) }
      modules.append(Linear(inputs, outputs, key: Key(UInt64(index))))
    }
    model = Sequential(modules)
    parameters = model.parameters
  }

  /// A step; its loss is that before the update.
  func loss() -> Tensor<Float> {
    let tape = GradientTape()
    let loss = tape.record { crossEntropy(model(images), shardedLabels) }
    let gradients = tape.gradients(of: loss, at: parameters)
    optimizer.update(parameters, along: gradients)
    return loss
  }

  /// Makes a step and compares it with plain loops. Every kind of spoiling must be found.
  func fault(isSpoiled: Bool) -> String? {
    let identifiers = parameters.map(\.value.storageIdentifier)
    let before = parameters.map(\.value.scalars)
    let outcome = StepOutcome(
      before: before, loss: Double(loss().item()), gradients: parameters.map(\.gradient.scalars),
      after: parameters.map(\.value.scalars))
    guard parameters.map(\.value.storageIdentifier) == identifiers else {
      return "parameters in changing storage"
    }
    let expected = PlainStep(
      layers, parameters: before, images: images.scalars.map(Double.init),
      labels: labels.map(Int.init))
    guard isSpoiled else { return outcome.fault(expected, rate: Self.rate) }
    let faults = outcome.spoiled(expected).map { $0.fault(expected, rate: Self.rate) }
    return faults.contains(nil) ? nil : faults[0]
  }
}
