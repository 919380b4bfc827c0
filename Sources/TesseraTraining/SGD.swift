import Execution
import Tessera

/// Gradient descent with momentum: v ← momentum · v + gradient, then parameter ← parameter − rate · v.
///
/// Parameters and velocities change where they lie, each in one pass over memory. An optimizer belongs to the
/// thread that trains.
public final class SGD {
  /// May change from step to step.
  public var learningRate: Double
  /// How much of the velocity stays from step to step.
  public let momentum: Double

  /// A parameter, kept so that its identity is not given to another, and its velocity, which lies like it.
  private var velocities: [ObjectIdentifier: (parameter: AnyObject, block: StridedBlock)] = [:]

  /// - Parameters:
  ///   - learningRate: not negative.
  ///   - momentum: in [0, 1); without it no velocities are kept.
  public init(learningRate: Double, momentum: Double = 0) {
    self.learningRate = learningRate
    self.momentum = momentum
    orEnd { () throws(TensorError) in
      guard learningRate >= 0, learningRate.isFinite, (0..<1).contains(momentum) else {
        throw TensorError(
          "SGD", given: "learning rate \(learningRate) and momentum \(momentum)",
          expected: "a rate that is not negative and a momentum in 0..<1")
      }
    }
  }

  /// Changes parameters in place. Local if gradients lie like their parameters, as those of a tape do.
  ///
  /// - Parameters:
  ///   - parameters: those to change, such as a model's; each once.
  ///   - gradients: one a parameter, of the same shape.
  public func update<Scalar: FloatingPointTensorScalar>(
    _ parameters: [Parameter<Scalar>], along gradients: [Tensor<Scalar>]
  ) {
    guard let runtime = parameters.first?.body.runtime else { return }
    orEnd(runtime) { () throws(TensorError) in
      guard parameters.map(\.shape) == gradients.map(\.shape) else {
        throw TensorError(
          "SGD.update",
          given: "gradients of shapes \(gradients.map(\.shape)) for parameters of shapes "
            + "\(parameters.map(\.shape))", expected: "one gradient of the same shape for each")
      }
      guard Set(parameters.map { ObjectIdentifier($0) }).count == parameters.count else {
        throw TensorError(
          "SGD.update", given: "a parameter twice", expected: "each parameter once")
      }
      for (parameter, gradient) in zip(parameters, gradients) {
        let aligned = gradient.redistributed(to: parameter.body.sharding)
        try update(parameter, along: aligned.body.materialized)
      }
    }
  }

  private func update<Scalar: FloatingPointTensorScalar>(
    _ parameter: Parameter<Scalar>, along gradient: StridedBlock
  ) throws(TensorError) {
    var direction = gradient
    if momentum != 0 {
      direction = try velocity(of: parameter)
      let step = Self.sum(Scalar.scalarType, of: 1, and: momentum, times: 0)
      parameter.body.runtime.evaluate(step, [direction, gradient], into: direction)
    }
    let step = Self.sum(Scalar.scalarType, of: 0, and: -learningRate, times: 1)
    try parameter.update(step, [direction])
  }

  private func velocity<Scalar>(
    of parameter: Parameter<Scalar>
  ) throws(TensorError) -> StridedBlock {
    if let known = velocities[ObjectIdentifier(parameter)] { return known.block }
    let runtime = parameter.body.runtime
    let block = try runtime.allocate(parameter.body.localShape, Scalar.scalarType)
    runtime.fill(block, with: Scalar.zero.scalarValue)
    velocities[ObjectIdentifier(parameter)] = (parameter, block)
    return block
  }

  /// a + factor · b in one pass, where a and b are the operands with the given numbers.
  private static func sum(
    _ type: ScalarType, of a: Int, and factor: Double, times b: Int
  ) -> Program {
    var program = Program()
    let operands = [program.operand(type), program.operand(type)]
    let scaled = program.apply(
      .multiply, program.constant(ScalarValue(factor, as: type)), operands[b])
    program.apply(.add, operands[a], scaled)
    return program
  }
}
