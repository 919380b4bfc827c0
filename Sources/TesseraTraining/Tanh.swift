import Tessera

/// tanh(x) of every element.
public struct Tanh<Scalar: FloatingPointTensorScalar>: Module {
  @_disfavoredOverload
  public init() {}

  public var parameters: [Parameter<Scalar>] { [] }

  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { input.tanh() }
}

// Without a word about scalars a model is one of Float.
extension Tanh where Scalar == Float {
  public init() {}
}
