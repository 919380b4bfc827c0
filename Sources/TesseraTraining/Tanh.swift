import Tessera

/// tanh(x) of every element.
public struct Tanh<Scalar: FloatingPointTensorScalar>: Module {
  /// A layer without parameters.
  @_disfavoredOverload
  public init() {}

  /// None.
  public var parameters: [Parameter<Scalar>] { [] }

  /// The hyperbolic tangents of the elements; placed as the input is. Local.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { input.tanh() }
}

// Without a word about scalars a model is one of Float.
extension Tanh where Scalar == Float {
  /// A layer of Float without parameters.
  public init() {}
}
