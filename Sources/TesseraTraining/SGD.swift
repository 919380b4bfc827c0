import Execution
import Tessera

/// Gradient descent with momentum: v ← momentum · v + gradient, then parameter ← parameter − rate ·
/// v.
///
/// Parameters and velocities change where they lie, together in one pass over memory. An optimizer
/// belongs to the thread that trains.
public final class SGD {
  /// May change from step to step; not negative, or the job ends.
  public var learningRate: Double {
    didSet { orEnd { () throws(TensorError) in try checkOptions() } }
  }
  /// How much of the velocity stays from step to step.
  public let momentum: Double
  private let velocities: ParameterState

  /// - Parameters:
  ///   - learningRate: not negative.
  ///   - momentum: in [0, 1); without it no velocities are kept.
  public init(learningRate: Double, momentum: Double = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    velocities = ParameterState(blocksPerParameter: momentum == 0 ? 0 : 1)
    orEnd { () throws(TensorError) in try checkOptions() }
  }

  private func checkOptions() throws(TensorError) {
    guard learningRate >= 0, learningRate.isFinite, (0..<1).contains(momentum) else {
      throw TensorError(
        "SGD", given: "learning rate \(learningRate) and momentum \(momentum)",
        expected: "a rate that is not negative and a momentum in 0..<1")
    }
  }

  /// Changes parameters in place. Local if gradients lie like their parameters, as those of a tape
  /// do.
  ///
  /// - Parameters:
  ///   - parameters: those to change, such as a model's; each once.
  ///   - gradients: one a parameter, of the same shape.
  public func update<Scalar: FloatingPointTensorScalar>(
    _ parameters: [Parameter<Scalar>], along gradients: [Tensor<Scalar>]
  ) {
    velocities.update("SGD.update", parameters, along: gradients) {
      step(&$1, $2)
    }
  }

  /// Of the parameter, its velocity if there is one, and the gradient.
  private func step(_ elements: inout Elements, _ values: [Program.Value]) {
    let parameter = values[0]
    let type = elements.type(of: parameter)
    func scaled(_ value: Program.Value, by factor: Double) -> Program.Value {
      elements.apply(.multiply, elements.constant(ScalarValue(factor, as: type)), value)
    }
    var direction = values[values.count - 1]
    if momentum != 0 {
      direction = elements.apply(.add, direction, scaled(values[1], by: momentum))
      elements.store(direction)
    }
    elements.apply(.add, parameter, scaled(direction, by: -learningRate))
  }
}
