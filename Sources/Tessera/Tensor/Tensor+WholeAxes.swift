// A bare `...` is a function type and cannot conform to TensorIndex: it stands for a whole axis by
// position, in indices of up to four places.
extension Tensor {
  /// All of axes 0 and 1.
  public subscript(_: UnboundedRange, _: UnboundedRange) -> Tensor {
    get { self[.all, .all] }
    set { self[.all, .all] = newValue }
  }

  /// All of axis 0, and what an index picks of axis 1.
  public subscript(_: UnboundedRange, _ b: any TensorIndex) -> Tensor {
    get { self[.all, b] }
    set { self[.all, b] = newValue }
  }

  /// All of axis 1, and what an index picks of axis 0.
  public subscript(_ a: any TensorIndex, _: UnboundedRange) -> Tensor {
    get { self[a, .all] }
    set { self[a, .all] = newValue }
  }

  /// All of axes 0, 1 and 2.
  public subscript(_: UnboundedRange, _: UnboundedRange, _: UnboundedRange) -> Tensor {
    get { self[.all, .all, .all] }
    set { self[.all, .all, .all] = newValue }
  }

  /// All of axes 0 and 1, and what an index picks of axis 2.
  public subscript(_: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex) -> Tensor {
    get { self[.all, .all, c] }
    set { self[.all, .all, c] = newValue }
  }

  /// All of axes 0 and 2, and what an index picks of axis 1.
  public subscript(_: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange) -> Tensor {
    get { self[.all, b, .all] }
    set { self[.all, b, .all] = newValue }
  }

  /// All of axis 0, and what indices pick of axes 1 and 2.
  public subscript(_: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex) -> Tensor {
    get { self[.all, b, c] }
    set { self[.all, b, c] = newValue }
  }

  /// All of axes 1 and 2, and what an index picks of axis 0.
  public subscript(_ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange) -> Tensor {
    get { self[a, .all, .all] }
    set { self[a, .all, .all] = newValue }
  }

  /// All of axis 1, and what indices pick of axes 0 and 2.
  public subscript(_ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex) -> Tensor {
    get { self[a, .all, c] }
    set { self[a, .all, c] = newValue }
  }

  /// All of axis 2, and what indices pick of axes 0 and 1.
  public subscript(_ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange) -> Tensor {
    get { self[a, b, .all] }
    set { self[a, b, .all] = newValue }
  }

  /// All of axes 0, 1, 2 and 3.
  public subscript(
    _: UnboundedRange, _: UnboundedRange, _: UnboundedRange, _: UnboundedRange
  ) -> Tensor {
    get { self[.all, .all, .all, .all] }
    set { self[.all, .all, .all, .all] = newValue }
  }

  /// All of axes 0, 1 and 2, and what an index picks of axis 3.
  public subscript(
    _: UnboundedRange, _: UnboundedRange, _: UnboundedRange, _ d: any TensorIndex
  ) -> Tensor {
    get { self[.all, .all, .all, d] }
    set { self[.all, .all, .all, d] = newValue }
  }

  /// All of axes 0, 1 and 3, and what an index picks of axis 2.
  public subscript(
    _: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { self[.all, .all, c, .all] }
    set { self[.all, .all, c, .all] = newValue }
  }

  /// All of axes 0 and 1, and what indices pick of axes 2 and 3.
  public subscript(
    _: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Tensor {
    get { self[.all, .all, c, d] }
    set { self[.all, .all, c, d] = newValue }
  }

  /// All of axes 0, 2 and 3, and what an index picks of axis 1.
  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange, _: UnboundedRange
  ) -> Tensor {
    get { self[.all, b, .all, .all] }
    set { self[.all, b, .all, .all] = newValue }
  }

  /// All of axes 0 and 2, and what indices pick of axes 1 and 3.
  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange, _ d: any TensorIndex
  ) -> Tensor {
    get { self[.all, b, .all, d] }
    set { self[.all, b, .all, d] = newValue }
  }

  /// All of axes 0 and 3, and what indices pick of axes 1 and 2.
  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { self[.all, b, c, .all] }
    set { self[.all, b, c, .all] = newValue }
  }

  /// All of axis 0, and what indices pick of axes 1, 2 and 3.
  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Tensor {
    get { self[.all, b, c, d] }
    set { self[.all, b, c, d] = newValue }
  }

  /// All of axes 1, 2 and 3, and what an index picks of axis 0.
  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange, _: UnboundedRange
  ) -> Tensor {
    get { self[a, .all, .all, .all] }
    set { self[a, .all, .all, .all] = newValue }
  }

  /// All of axes 1 and 2, and what indices pick of axes 0 and 3.
  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange, _ d: any TensorIndex
  ) -> Tensor {
    get { self[a, .all, .all, d] }
    set { self[a, .all, .all, d] = newValue }
  }

  /// All of axes 1 and 3, and what indices pick of axes 0 and 2.
  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { self[a, .all, c, .all] }
    set { self[a, .all, c, .all] = newValue }
  }

  /// All of axis 1, and what indices pick of axes 0, 2 and 3.
  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Tensor {
    get { self[a, .all, c, d] }
    set { self[a, .all, c, d] = newValue }
  }

  /// All of axes 2 and 3, and what indices pick of axes 0 and 1.
  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange, _: UnboundedRange
  ) -> Tensor {
    get { self[a, b, .all, .all] }
    set { self[a, b, .all, .all] = newValue }
  }

  /// All of axis 2, and what indices pick of axes 0, 1 and 3.
  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange, _ d: any TensorIndex
  ) -> Tensor {
    get { self[a, b, .all, d] }
    set { self[a, b, .all, d] = newValue }
  }

  /// All of axis 3, and what indices pick of axes 0, 1 and 2.
  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _ c: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { self[a, b, c, .all] }
    set { self[a, b, c, .all] = newValue }
  }
}
