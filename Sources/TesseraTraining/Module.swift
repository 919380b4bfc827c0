import Tessera

/// A function of tensors with parameters that can be trained.
public protocol Module<Scalar> {
  associatedtype Scalar: FloatingPointTensorScalar

  /// What the module makes of a batch, whose rows are examples.
  func callAsFunction(_ input: Tensor<Scalar>) -> Tensor<Scalar>

  /// All parameters, in a fixed order.
  var parameters: [Parameter<Scalar>] { get }
}
