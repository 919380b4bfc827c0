import Execution

/// The matrix product in the last two axes; other axes broadcast. A row or a column may stand for a
/// matrix, as in NumPy.
///
/// Rows times replicated and replicated times columns move nothing; otherwise the cheapest of
/// cutting rows, columns or the contracted axis (whose terms are scattered) is done. Collective if
/// it communicates.
public func matmul<S: NumericTensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>, result: Placement? = nil
) -> Tensor<S> {
  orEnd(a.body.runtime) { () throws(TensorError) in
    guard !a.shape.isEmpty, !b.shape.isEmpty else {
      throw TensorError(
        "matmul", given: "shapes \(a.shape) and \(b.shape)", expected: "at least one axis each")
    }
    let contracted = b.shape.count == 1 ? b.shape[0] : b.shape[b.shape.count - 2]
    guard a.shape[a.shape.count - 1] == contracted else {
      throw TensorError(
        "matmul", given: "shapes \(a.shape) and \(b.shape)",
        expected: "[…, m, k] and […, k, n], with the same k")
    }
    let row = a.shape.count == 1
    let column = b.shape.count == 1
    let left = row ? a.expandingAxis(at: 0) : a
    let right = column ? b.expandingAxis(at: 1) : b
    // A vector's terms are all wanted where the vector is: reduced, not scattered.
    let placement = result ?? (row && column ? .replicated : nil)
    let product = Tensor<S>(
      try MatrixProduct(placement: placement).apply([left.body, right.body]))
    switch (row, column) {
    case (true, true): return product.reshaped([])
    case (true, false): return product.squeezed(axes: [-2])
    case (false, true): return product.squeezed(axes: [-1])
    case (false, false): return product
    }
  }
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
  a.flattened().expandingAxis(at: 1) * b.flattened().expandingAxis(at: 0)
}
