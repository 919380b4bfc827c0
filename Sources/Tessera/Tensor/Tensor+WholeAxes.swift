// A bare `...` is a function type and cannot conform to TensorIndex: it stands for a whole axis by position, in
// indices of up to four places.
extension Tensor {
  public subscript(_: UnboundedRange, _: UnboundedRange) -> Tensor {
    get { self[.all, .all] }
    set { self[.all, .all] = newValue }
  }

  public subscript(_: UnboundedRange, _ b: any TensorIndex) -> Tensor {
    get { self[.all, b] }
    set { self[.all, b] = newValue }
  }

  public subscript(_ a: any TensorIndex, _: UnboundedRange) -> Tensor {
    get { self[a, .all] }
    set { self[a, .all] = newValue }
  }

  public subscript(_: UnboundedRange, _: UnboundedRange, _: UnboundedRange) -> Tensor {
    get { self[.all, .all, .all] }
    set { self[.all, .all, .all] = newValue }
  }

  public subscript(_: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex) -> Tensor {
    get { self[.all, .all, c] }
    set { self[.all, .all, c] = newValue }
  }

  public subscript(_: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange) -> Tensor {
    get { self[.all, b, .all] }
    set { self[.all, b, .all] = newValue }
  }

  public subscript(_: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex) -> Tensor {
    get { self[.all, b, c] }
    set { self[.all, b, c] = newValue }
  }

  public subscript(_ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange) -> Tensor {
    get { self[a, .all, .all] }
    set { self[a, .all, .all] = newValue }
  }

  public subscript(_ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex) -> Tensor {
    get { self[a, .all, c] }
    set { self[a, .all, c] = newValue }
  }

  public subscript(_ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange) -> Tensor {
    get { self[a, b, .all] }
    set { self[a, b, .all] = newValue }
  }

  public subscript(
    _: UnboundedRange, _: UnboundedRange, _: UnboundedRange, _: UnboundedRange
  ) -> Tensor {
    get { self[.all, .all, .all, .all] }
    set { self[.all, .all, .all, .all] = newValue }
  }

  public subscript(
    _: UnboundedRange, _: UnboundedRange, _: UnboundedRange, _ d: any TensorIndex
  ) -> Tensor {
    get { self[.all, .all, .all, d] }
    set { self[.all, .all, .all, d] = newValue }
  }

  public subscript(
    _: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { self[.all, .all, c, .all] }
    set { self[.all, .all, c, .all] = newValue }
  }

  public subscript(
    _: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Tensor {
    get { self[.all, .all, c, d] }
    set { self[.all, .all, c, d] = newValue }
  }

  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange, _: UnboundedRange
  ) -> Tensor {
    get { self[.all, b, .all, .all] }
    set { self[.all, b, .all, .all] = newValue }
  }

  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange, _ d: any TensorIndex
  ) -> Tensor {
    get { self[.all, b, .all, d] }
    set { self[.all, b, .all, d] = newValue }
  }

  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { self[.all, b, c, .all] }
    set { self[.all, b, c, .all] = newValue }
  }

  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Tensor {
    get { self[.all, b, c, d] }
    set { self[.all, b, c, d] = newValue }
  }

  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange, _: UnboundedRange
  ) -> Tensor {
    get { self[a, .all, .all, .all] }
    set { self[a, .all, .all, .all] = newValue }
  }

  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange, _ d: any TensorIndex
  ) -> Tensor {
    get { self[a, .all, .all, d] }
    set { self[a, .all, .all, d] = newValue }
  }

  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { self[a, .all, c, .all] }
    set { self[a, .all, c, .all] = newValue }
  }

  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Tensor {
    get { self[a, .all, c, d] }
    set { self[a, .all, c, d] = newValue }
  }

  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange, _: UnboundedRange
  ) -> Tensor {
    get { self[a, b, .all, .all] }
    set { self[a, b, .all, .all] = newValue }
  }

  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange, _ d: any TensorIndex
  ) -> Tensor {
    get { self[a, b, .all, d] }
    set { self[a, b, .all, d] = newValue }
  }

  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _ c: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { self[a, b, c, .all] }
    set { self[a, b, c, .all] = newValue }
  }
}

// The same for one number.
extension Tensor {
  @_disfavoredOverload
  public subscript(_: UnboundedRange, _: UnboundedRange) -> Scalar? {
    get { self[.all, .all] }
    set { self[.all, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(_: UnboundedRange, _ b: any TensorIndex) -> Scalar? {
    get { self[.all, b] }
    set { self[.all, b] = newValue }
  }

  @_disfavoredOverload
  public subscript(_ a: any TensorIndex, _: UnboundedRange) -> Scalar? {
    get { self[a, .all] }
    set { self[a, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(_: UnboundedRange, _: UnboundedRange, _: UnboundedRange) -> Scalar? {
    get { self[.all, .all, .all] }
    set { self[.all, .all, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(_: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex) -> Scalar? {
    get { self[.all, .all, c] }
    set { self[.all, .all, c] = newValue }
  }

  @_disfavoredOverload
  public subscript(_: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange) -> Scalar? {
    get { self[.all, b, .all] }
    set { self[.all, b, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(_: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex) -> Scalar? {
    get { self[.all, b, c] }
    set { self[.all, b, c] = newValue }
  }

  @_disfavoredOverload
  public subscript(_ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange) -> Scalar? {
    get { self[a, .all, .all] }
    set { self[a, .all, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(_ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex) -> Scalar? {
    get { self[a, .all, c] }
    set { self[a, .all, c] = newValue }
  }

  @_disfavoredOverload
  public subscript(_ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange) -> Scalar? {
    get { self[a, b, .all] }
    set { self[a, b, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _: UnboundedRange, _: UnboundedRange, _: UnboundedRange, _: UnboundedRange
  ) -> Scalar? {
    get { self[.all, .all, .all, .all] }
    set { self[.all, .all, .all, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _: UnboundedRange, _: UnboundedRange, _: UnboundedRange, _ d: any TensorIndex
  ) -> Scalar? {
    get { self[.all, .all, .all, d] }
    set { self[.all, .all, .all, d] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex, _: UnboundedRange
  ) -> Scalar? {
    get { self[.all, .all, c, .all] }
    set { self[.all, .all, c, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Scalar? {
    get { self[.all, .all, c, d] }
    set { self[.all, .all, c, d] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange, _: UnboundedRange
  ) -> Scalar? {
    get { self[.all, b, .all, .all] }
    set { self[.all, b, .all, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange, _ d: any TensorIndex
  ) -> Scalar? {
    get { self[.all, b, .all, d] }
    set { self[.all, b, .all, d] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex, _: UnboundedRange
  ) -> Scalar? {
    get { self[.all, b, c, .all] }
    set { self[.all, b, c, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Scalar? {
    get { self[.all, b, c, d] }
    set { self[.all, b, c, d] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange, _: UnboundedRange
  ) -> Scalar? {
    get { self[a, .all, .all, .all] }
    set { self[a, .all, .all, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange, _ d: any TensorIndex
  ) -> Scalar? {
    get { self[a, .all, .all, d] }
    set { self[a, .all, .all, d] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex, _: UnboundedRange
  ) -> Scalar? {
    get { self[a, .all, c, .all] }
    set { self[a, .all, c, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex, _ d: any TensorIndex
  ) -> Scalar? {
    get { self[a, .all, c, d] }
    set { self[a, .all, c, d] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange, _: UnboundedRange
  ) -> Scalar? {
    get { self[a, b, .all, .all] }
    set { self[a, b, .all, .all] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange, _ d: any TensorIndex
  ) -> Scalar? {
    get { self[a, b, .all, d] }
    set { self[a, b, .all, d] = newValue }
  }

  @_disfavoredOverload
  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _ c: any TensorIndex, _: UnboundedRange
  ) -> Scalar? {
    get { self[a, b, c, .all] }
    set { self[a, b, c, .all] = newValue }
  }
}
