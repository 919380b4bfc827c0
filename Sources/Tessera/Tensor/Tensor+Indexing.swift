import Execution

extension Tensor {
  /// The part that an index picks: positions, ranges, `1..<-1`, `.stride(by:)`, `.slice(1, -1)`,
  /// `.all`, `.newAxis`, `.ellipsis`, a tensor of integers for one axis (`x[indices]`, or several
  /// next to each other that broadcast) or a mask for as many axes as it has (`x[mask]`).
  ///
  /// Positions and slices give a view; elements stay with their owners, and one element of a
  /// sharded tensor is broadcast. A tensor of integers takes rows as `taking(_:axis:)` does. A mask
  /// counts first, one number a rank, and then elements stay with their owners as far as their
  /// order allows.
  ///
  /// Assigning writes in place if nothing else shares the storage; the value broadcasts to the part
  /// and only what changes owner travels.
  public subscript(_ indices: any TensorIndex...) -> Tensor {
    get { picked(indices.map(\.indexTerm)) }
    set { assign(consume newValue, to: indices.map(\.indexTerm)) }
    _modify {
      let index = resolved(indices.map(\.indexTerm))
      // Given up when it is assigned.
      var part = Optional(picked(index))
      defer { assign(part.take()!, to: index) }
      yield &part!
    }
  }

  /// Assigns one number to every element of the part; reads the only element of a part that has
  /// one.
  ///
  /// Optional so that `x[1..<3] += 1` is the sum of tensors and not of numbers; nil cannot be
  /// assigned.
  @_disfavoredOverload
  public subscript(_ indices: any TensorIndex...) -> Scalar? {
    get { picked(indices.map(\.indexTerm)).item() }
    set { assign(newValue, to: indices.map(\.indexTerm)) }
  }

  /// Everything.
  public subscript(_: UnboundedRange) -> Tensor {
    get { self }
    set { assign(consume newValue, to: [.expression(.remainingAxes)]) }
  }

  /// Assigns one number to every element; reads the only element of a tensor that has one.
  @_disfavoredOverload
  public subscript(_: UnboundedRange) -> Scalar? {
    get { item() }
    set { assign(newValue, to: [.expression(.remainingAxes)]) }
  }
}

extension Tensor {
  func picked(_ terms: [IndexTerm]) -> Tensor { picked(resolved(terms)) }

  private func resolved(_ terms: [IndexTerm]) -> TensorIndexing {
    orEnd(body.runtime) { () throws(TensorError) in
      try TensorIndexing(terms, of: shape, for: "index")
    }
  }

  private func picked(_ index: TensorIndexing) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in try self.index(index, assuming: nil) }
  }

  /// What the subscript gives, throwing.
  ///
  /// - Parameter count: how many elements of a mask are true, for dry runs.
  package func index(
    _ terms: [IndexTerm], assuming count: Int? = nil
  ) throws(TensorError) -> Tensor {
    try index(TensorIndexing(terms, of: shape, for: "index"), assuming: count)
  }

  /// The same for positions and slices.
  package func index(_ expressions: [IndexExpression]) throws(TensorError) -> Tensor {
    try part(TensorIndexing(Selection(expressions, of: shape, for: "index"), of: shape))
  }

  private func index(
    _ index: TensorIndexing, assuming count: Int?
  ) throws(TensorError) -> Tensor {
    let part = try part(index)
    switch index.selector {
    case nil: return part
    case .positions(let positions):
      return try part.joined(index.axes).taken(at: positions, axis: index.axes.lowerBound)
    case .mask(let mask):
      return try part.masked(mask, axis: index.axes.lowerBound, assuming: count)
    }
  }

  /// The slice that an index begins with. Going backwards along an axis is a slice and a flip of
  /// what it picks.
  func part(_ index: TensorIndexing) throws(TensorError) -> Tensor {
    if index.isWhole { return self }
    let part = Tensor(try Slice(index.selection).apply([body]))
    return index.reversed.isEmpty
      ? part : Tensor(try Flip(axes: index.reversed).apply([part.body]))
  }

  /// With some axes seen as one.
  func joined(_ axes: Range<Int>) throws(TensorError) -> Tensor {
    if axes.count == 1 { return self }
    var joined = shape
    joined.replaceSubrange(axes, with: [shape.elementCount(of: axes)])
    return Tensor(try Reshape(joined).apply([body]))
  }
}
