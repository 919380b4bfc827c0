import Tessera

/// max(x, 0) of every element.
public struct ReLU<Scalar: FloatingPointTensorScalar>: Module {
  /// A layer without parameters.
  @_disfavoredOverload
  public init() {}

  /// None.
  public var parameters: [Parameter<Scalar>] { [] }

  /// The positive elements, and 0 for the others; placed as the input is. Local.
  public func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar> { input.relu() }
}

// Without a word about scalars a model is one of Float.
extension ReLU where Scalar == Float {
  /// A layer without parameters.
  public init() {}
}
