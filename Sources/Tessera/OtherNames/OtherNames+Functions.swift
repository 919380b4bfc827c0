// Free functions that NumPy and PyTorch have as methods too. The name of a method hides the free
// function inside extensions of Tensor, so each comes with methods that take two operands and are
// that function.

extension Tensor {
  /// Use `matmul(x, y)`.
  @available(*, unavailable, message: "use 'matmul(x, y)'")
  public var matmul: OtherName<Scalar> { unreachable() }
  /// The free function `matmul`.
  public func matmul<S: NumericTensorScalar>(
    _ a: Tensor<S>, _ b: Tensor<S>, result: Placement? = nil
  ) -> Tensor<S> {
    Tessera.matmul(a, b, result: result)
  }
  /// The free function `matmul`.
  public static func matmul<S: NumericTensorScalar>(
    _ a: Tensor<S>, _ b: Tensor<S>, result: Placement? = nil
  ) -> Tensor<S> {
    Tessera.matmul(a, b, result: result)
  }

  /// Use `dot(x, y)`.
  @available(*, unavailable, message: "use 'dot(x, y)' of two rows, 'matmul(x, y)' of matrices")
  public var dot: OtherName<Scalar> { unreachable() }
  /// The free function `dot`.
  public func dot<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
    Tessera.dot(a, b)
  }
  /// The free function `dot`.
  public static func dot<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
    Tessera.dot(a, b)
  }
}

/// Use `concatenate([x, y], axis: 0)`.
@available(*, unavailable, message: "use 'concatenate([x, y], axis: 0)'")
public func cat<S: TensorScalar>(_ tensors: [Tensor<S>], _: Any...) -> Tensor<S> { unreachable() }
/// Use `concatenate([x, y], axis: 0)`.
@available(*, unavailable, message: "use 'concatenate([x, y], axis: 0)'")
public func concat<S: TensorScalar>(_ tensors: [Tensor<S>], axis: Int = 0) -> Tensor<S> {
  unreachable()
}
/// Use `concatenate([x, y], axis: 0)`.
@available(*, unavailable, message: "use 'concatenate([x, y], axis: 0)'")
public func vstack<S: TensorScalar>(_ tensors: [Tensor<S>]) -> Tensor<S> { unreachable() }
/// Use `concatenate([x, y], axis: 1)`.
@available(*, unavailable, message: "use 'concatenate([x, y], axis: 1)'")
public func hstack<S: TensorScalar>(_ tensors: [Tensor<S>]) -> Tensor<S> { unreachable() }
/// Use `meshGrid([x, y])`.
@available(*, unavailable, message: "use 'meshGrid([x, y])'")
public func meshgrid<S: TensorScalar>(_ rows: Tensor<S>..., indexing: String = "xy") -> [Tensor<S>]
{
  unreachable()
}
/// Use `distances(x, y)`.
@available(*, unavailable, message: "use 'distances(x, y)'")
public func cdist<S: TensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> { unreachable() }
/// Missing: use `matmul` with `permuted` and `reshaped`.
@available(*, unavailable, message: "missing: use 'matmul' with 'permuted' and 'reshaped'")
public func einsum<S: TensorScalar>(_ subscripts: String, _ operands: Tensor<S>...) -> Tensor<S> {
  unreachable()
}
