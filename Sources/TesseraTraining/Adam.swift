import Execution
import Foundation
import Tessera

/// Adam (Kingma and Ba: Adam, a method for stochastic optimization, ICLR 2015, algorithm 1): steps
/// along running means of gradients, scaled by running means of their squares.
///
/// m ← β₁ m + (1 − β₁) g and v ← β₂ v + (1 − β₂) g², then parameter ← parameter − rate · m / (1 −
/// β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) in step t of that parameter.
///
/// Parameters and means change where they lie, together in one pass over memory. An optimizer
/// belongs to the thread that trains.
public final class Adam {
  /// May change from step to step; not negative, or the job ends.
  public var learningRate: Double {
    didSet { orEnd { () throws(TensorError) in try checkOptions() } }
  }
  /// How much of the mean of gradients, and of that of their squares, stays from step to step.
  public let beta1: Double, beta2: Double
  /// What keeps steps finite where gradients vanish.
  public let epsilon: Double
  private let means = ParameterState(blocksPerParameter: 2)

  /// - Parameters:
  ///   - learningRate: not negative.
  ///   - beta1: in [0, 1).
  ///   - beta2: in [0, 1).
  ///   - epsilon: positive.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-8
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    orEnd { () throws(TensorError) in try checkOptions() }
  }

  private func checkOptions() throws(TensorError) {
    guard learningRate >= 0, learningRate.isFinite, (0..<1).contains(beta1),
      (0..<1).contains(beta2), epsilon > 0, epsilon.isFinite
    else {
      throw TensorError(
        "Adam",
        given: "learning rate \(learningRate), beta1 \(beta1), beta2 \(beta2) and epsilon "
          + "\(epsilon)",
        expected: "a rate that is not negative, betas in 0..<1 and a positive epsilon")
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
    means.update("Adam.update", parameters, along: gradients) {
      step($0, &$1, $2)
    }
  }

  /// Step `number`, counted from 1, of the parameter, both means and the gradient. Steps differ in
  /// constants alone.
  package func step(_ number: Int, _ elements: inout Elements, _ values: [Program.Value]) {
    let (parameter, mean, square, gradient) = (values[0], values[1], values[2], values[3])
    let type = elements.type(of: parameter)
    func scaled(_ value: Program.Value, by factor: Double) -> Program.Value {
      elements.apply(.multiply, elements.constant(ScalarValue(factor, as: type)), value)
    }
    let newMean = elements.apply(
      .add, scaled(mean, by: beta1), scaled(gradient, by: 1 - beta1))
    let newSquare = elements.apply(
      .add, scaled(square, by: beta2),
      scaled(elements.apply(.square, gradient), by: 1 - beta2))
    elements.store(newMean)
    elements.store(newSquare)
    let spread = elements.apply(.sqrt, scaled(newSquare, by: 1 / (1 - pow(beta2, Double(number)))))
    let divisor = elements.apply(.add, spread, elements.constant(ScalarValue(epsilon, as: type)))
    let factor = -learningRate / (1 - pow(beta1, Double(number)))
    elements.apply(
      .add, parameter, elements.apply(.divide, scaled(newMean, by: factor), divisor))
  }
}
