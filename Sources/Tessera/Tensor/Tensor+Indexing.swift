import Execution

extension Tensor {
  /// The part that an index picks: positions, ranges, `.stride(by:)`, `.slice(1, -1)`, `.all`, `.newAxis`,
  /// `.ellipsis`. A view; elements stay with their owners. One element of a sharded tensor is broadcast.
  ///
  /// Assigning writes in place if nothing else shares the storage; the value broadcasts to the part and only
  /// what changes owner travels.
  public subscript(_ indices: any TensorIndex...) -> Tensor {
    get { picked(indices.map(\.indexExpression)) }
    set { assign(newValue, to: indices.map(\.indexExpression)) }
    _modify {
      let expressions = indices.map(\.indexExpression)
      var part = picked(expressions)
      defer { assign(part, to: expressions) }
      yield &part
    }
  }

  /// Assigns one number to every element of the part; reads the only element of a part that has one.
  ///
  /// Optional so that `x[1..<3] += 1` is the sum of tensors and not of numbers; nil cannot be assigned.
  @_disfavoredOverload
  public subscript(_ indices: any TensorIndex...) -> Scalar? {
    get { picked(indices.map(\.indexExpression)).item() }
    set { assign(newValue, to: indices.map(\.indexExpression)) }
  }

  /// Everything.
  public subscript(_: UnboundedRange) -> Tensor {
    get { self }
    set { assign(newValue, to: [.remainingAxes]) }
  }

  @_disfavoredOverload
  public subscript(_: UnboundedRange) -> Scalar? {
    get { item() }
    set { assign(newValue, to: [.remainingAxes]) }
  }
}

// A bare `...` is a function type and cannot conform to TensorIndex: it stands for a whole axis by position.
extension Tensor {
  public subscript(_: UnboundedRange, _ b: any TensorIndex) -> Tensor {
    get { picked([.all, b.indexExpression]) }
    set { assign(newValue, to: [.all, b.indexExpression]) }
  }

  public subscript(_ a: any TensorIndex, _: UnboundedRange) -> Tensor {
    get { picked([a.indexExpression, .all]) }
    set { assign(newValue, to: [a.indexExpression, .all]) }
  }

  @_disfavoredOverload
  public subscript(_: UnboundedRange, _ b: any TensorIndex) -> Scalar? {
    get { picked([.all, b.indexExpression]).item() }
    set { assign(newValue, to: [.all, b.indexExpression]) }
  }

  @_disfavoredOverload
  public subscript(_ a: any TensorIndex, _: UnboundedRange) -> Scalar? {
    get { picked([a.indexExpression, .all]).item() }
    set { assign(newValue, to: [a.indexExpression, .all]) }
  }

  public subscript(_: UnboundedRange, _: UnboundedRange, _ c: any TensorIndex) -> Tensor {
    get { picked([.all, .all, c.indexExpression]) }
    set { assign(newValue, to: [.all, .all, c.indexExpression]) }
  }

  public subscript(_: UnboundedRange, _ b: any TensorIndex, _: UnboundedRange) -> Tensor {
    get { picked([.all, b.indexExpression, .all]) }
    set { assign(newValue, to: [.all, b.indexExpression, .all]) }
  }

  public subscript(_ a: any TensorIndex, _: UnboundedRange, _: UnboundedRange) -> Tensor {
    get { picked([a.indexExpression, .all, .all]) }
    set { assign(newValue, to: [a.indexExpression, .all, .all]) }
  }

  public subscript(
    _: UnboundedRange, _ b: any TensorIndex, _ c: any TensorIndex
  ) -> Tensor {
    get { picked([.all, b.indexExpression, c.indexExpression]) }
    set { assign(newValue, to: [.all, b.indexExpression, c.indexExpression]) }
  }

  public subscript(
    _ a: any TensorIndex, _: UnboundedRange, _ c: any TensorIndex
  ) -> Tensor {
    get { picked([a.indexExpression, .all, c.indexExpression]) }
    set { assign(newValue, to: [a.indexExpression, .all, c.indexExpression]) }
  }

  public subscript(
    _ a: any TensorIndex, _ b: any TensorIndex, _: UnboundedRange
  ) -> Tensor {
    get { picked([a.indexExpression, b.indexExpression, .all]) }
    set { assign(newValue, to: [a.indexExpression, b.indexExpression, .all]) }
  }
}

extension Tensor {
  func picked(_ expressions: [IndexExpression]) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in try index(expressions) }
  }

  /// What the subscript gives, throwing. Going backwards along an axis is a flip and a slice.
  package func index(_ expressions: [IndexExpression]) throws(TensorError) -> Tensor {
    let (flips, forward) = try Selection(expressions, of: shape, for: "index")
      .forward(expressions, in: shape)
    let source = flips.isEmpty ? body : try Flip(axes: flips).apply([body])
    return Tensor(try Slice(forward).apply([source]))
  }
}

extension Selection {
  /// The same index with positive steps only, for a source flipped along some axes.
  func forward(
    _ expressions: [IndexExpression], in shape: Shape
  ) -> (flips: [Int], expressions: [IndexExpression]) {
    let flips = axes.indices.filter { axes[$0].step < 0 }
    if flips.isEmpty { return ([], expressions) }
    var result: [IndexExpression] = []
    var axis = 0
    for expression in expressions {
      switch expression {
      case .insertedAxis: result.append(.insertedAxis)
      case .remainingAxes:
        let named = expressions.count { $0 != .insertedAxis && $0 != .remainingAxes }
        result.append(.remainingAxes)
        axis += shape.count - named
      case .index, .slice:
        let chosen = axes[axis]
        if chosen.step < 0 {
          let start = shape[axis] - 1 - chosen.start
          result.append(
            chosen.count == 0
              ? .slice(start: 0, end: 0, step: 1)
              : .slice(
                start: start, end: start + (chosen.count - 1) * -chosen.step + 1,
                step: -chosen.step))
        } else {
          result.append(expression)
        }
        axis += 1
      }
    }
    return (flips, result)
  }
}
