import Tessera

/// max(x, 0) of every element.
public struct ReLU<Scalar: FloatingPointTensorScalar>: Module {
  @_disfavoredOverload
  public init() {}

  public var parameters: [Parameter<Scalar>] { [] }

  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { input.relu() }
}

// Without a word about scalars a model is one of Float.
extension ReLU where Scalar == Float {
  public init() {}
}
