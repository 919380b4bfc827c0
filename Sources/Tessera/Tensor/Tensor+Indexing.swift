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
    set { assign(newValue, to: indices.map(\.indexTerm)) }
    _modify {
      let terms = indices.map(\.indexTerm)
      var part = picked(terms)
      defer { assign(part, to: terms) }
      yield &part
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
    set { assign(newValue, to: [.expression(.remainingAxes)]) }
  }

  /// Assigns one number to every element; reads the only element of a tensor that has one.
  @_disfavoredOverload
  public subscript(_: UnboundedRange) -> Scalar? {
    get { item() }
    set { assign(newValue, to: [.expression(.remainingAxes)]) }
  }
}

extension Tensor {
  func picked(_ terms: [IndexTerm]) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in try index(terms) }
  }

  /// What the subscript gives, throwing.
  ///
  /// - Parameter count: how many elements of a mask are true, for dry runs.
  package func index(
    _ terms: [IndexTerm], assuming count: Int? = nil
  ) throws(TensorError) -> Tensor {
    let index = try TensorIndexing(terms, of: shape, for: "index")
    let part = index.isWhole ? self : try self.index(index.expressions)
    switch index.selector {
    case nil: return part
    case .positions(let positions):
      return try part.joined(index.axes).taken(
        at: try positions.joined(part.shape, index.axes), axis: index.axes.lowerBound)
    case .mask(let mask):
      return try part.masked(mask, axis: index.axes.lowerBound, assuming: count)
    }
  }

  /// The same for positions and slices. Going backwards along an axis is a slice and a flip of what
  /// it picks.
  package func index(_ expressions: [IndexExpression]) throws(TensorError) -> Tensor {
    let (ascending, reversed) = try Selection(expressions, of: shape, for: "index").ascending
    let part = Tensor(try Slice(ascending).apply([body]))
    return reversed.isEmpty ? part : Tensor(try Flip(axes: reversed).apply([part.body]))
  }

  /// With some axes seen as one.
  func joined(_ axes: Range<Int>) throws(TensorError) -> Tensor {
    if axes.count == 1 { return self }
    var joined = shape
    joined.replaceSubrange(axes, with: [shape.elementCount(of: axes)])
    return Tensor(try Reshape(joined).apply([body]))
  }
}

extension Selection {
  /// The same positions in ascending order along every axis, and the axes of the result that are
  /// reversed by that.
  var ascending: (expressions: [IndexExpression], reversed: [Int]) {
    var expressions: [IndexExpression] = []
    var reversed: [Int] = []
    var resultAxis = 0
    var inserted = resultAxes[...]
    func insertAxes() {
      while let first = inserted.first, first == nil {
        expressions.append(.insertedAxis)
        inserted = inserted.dropFirst()
        resultAxis += 1
      }
    }
    for axis in axes {
      if axis.isDropped {
        // New axes before it stand before those of later axes too.
        expressions.append(.index(axis.start))
        continue
      }
      insertAxes()
      expressions.append(axis.ascendingSlice)
      if axis.step < 0 { reversed.append(resultAxis) }
      inserted = inserted.dropFirst()
      resultAxis += 1
    }
    insertAxes()
    return (expressions, reversed)
  }
}

extension Selection.Axis {
  fileprivate var ascendingSlice: IndexExpression {
    if count == 0 { return .slice(start: 0, end: 0, step: 1) }
    let last = start + (count - 1) * step
    return .slice(
      start: Swift.min(start, last), end: Swift.max(start, last) + 1, step: Swift.abs(step))
  }
}
