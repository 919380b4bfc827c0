import Execution

/// The matrix product in the last two axes; other axes broadcast. A row or a column may stand for a
/// matrix, as in NumPy.
///
/// Rows times replicated and replicated times columns move nothing; otherwise the cheapest of
/// cutting rows, columns or the contracted axis (whose terms are scattered) is done. Collective if
/// it communicates. Operands without axes, and extents that do not fit, end the job with a message.
///
/// - Parameters:
///   - a: […, m, k], or [k] for a row.
///   - b: […, k, n], or [k] for a column.
///   - result: where the result is to lie; its axes are those of the result, which has none for a
///     row or a column. Nil for where it falls.
public func matmul<S: NumericTensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, result: Placement? = nil
) -> Tensor<S> {
  .applying(MatrixProduct(placement: result), a.body, b.body)
}

/// The sum of the products of two rows of the same length.
public func dot<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  orEnd(a.body.runtime) { () throws(TensorError) in
    guard a.shape.count == 1, a.shape == b.shape else {
      throw TensorError(
        "dot", given: "shapes \(a.shape) and \(b.shape)", expected: "two axes of one length")
    }
    return matmul(a, b)
  }
}

/// All products of an element of `a` with an element of `b`: [a.count, b.count].
public func outer<S: NumericTensorScalar>(_ a: Tensor<S>, _ b: Tensor<S>) -> Tensor<S> {
  a.flattened().expandingAxis(at: 1) * b.flattened()
}
