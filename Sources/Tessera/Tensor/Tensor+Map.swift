import Execution

extension Tensor {
  /// A function of your own, applied to every element by all workers.
  ///
  /// The closure runs on several threads at once and must not start collectives, queues or tasks.
  /// It is called once an element that this rank holds, and on every rank for elements of a
  /// replicated tensor. Local; no tape sees through it: no gradient passes.
  public func map<Result: TensorScalar>(
    _ transform: @escaping @Sendable (Scalar) -> Result
  ) -> Tensor<Result> {
    .applying(MapElements(function: .unary(transform)), body)
  }
}

/// A function of your own of two tensors that broadcast, applied elementwise by all workers, under
/// the rules of `Tensor.map`. Operands that lie differently are aligned first, which is collective.
public func map2<Scalar: TensorScalar, Result: TensorScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>,
  _ transform: @escaping @Sendable (Scalar, Scalar) -> Result
) -> Tensor<Result> {
  .applying(MapElements(function: .binary(transform)), a.body, b.body)
}
