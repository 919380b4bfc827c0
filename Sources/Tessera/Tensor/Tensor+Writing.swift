import Execution

extension Tensor {
  /// Makes the elements this variable's alone, reduced if they were partial: copied if others share
  /// them, or if broadcasting gave several the same place.
  package mutating func makeUnique() throws(TensorError) {
    if sharding.partialReduction != nil {
      body = try Redistribute(to: .replicated).apply([body])
    }
    let before = body.identity
    _ = try Body.claim(&body)
    body.noteWrite()
    GradientTape.recordWrite(of: [before], into: body)
  }

  /// `self = self ∘ other`, in place where nothing else shares the elements.
  ///
  /// The other tensor is given up here: what nobody else has of it needs no place of its own. So
  /// are values that are assigned.
  mutating func update(_ function: BinaryFunction, _ other: consuming Tensor) {
    let runtime = body.runtime
    var other = Optional(consume other)
    orEnd(runtime) { () throws(TensorError) in
      try Update(Binary(function)).applyInPlace(to: &body, [other.take()!.body])
    }
  }

  mutating func update(_ function: BinaryFunction, _ scalar: Scalar) {
    let runtime = body.runtime
    orEnd(runtime) { () throws(TensorError) in
      try Update(ScalarBinary(function, scalar.scalarValue)).applyInPlace(to: &body, [])
    }
  }

  /// Writes a value into the part that an index picks.
  mutating func assign(_ value: consuming Tensor, to terms: [IndexTerm]) {
    let runtime = body.runtime
    var value = Optional(consume value)
    orEnd(runtime) { () throws(TensorError) in try replace(terms, with: value.take()!) }
  }

  /// The same for an index that is resolved.
  mutating func assign(_ value: consuming Tensor, to index: TensorIndexing) {
    let runtime = body.runtime
    var value = Optional(consume value)
    orEnd(runtime) { () throws(TensorError) in try replace(index, with: value.take()!) }
  }

  mutating func assign(_ scalar: Scalar?, to terms: [IndexTerm]) {
    let runtime = body.runtime
    let value = orEnd(runtime) { () throws(TensorError) in
      guard let scalar else {
        throw TensorError("index assignment", given: "nil", expected: "a number or a tensor")
      }
      return runtime.makeCurrent { Tensor(scalar) }
    }
    assign(value, to: terms)
  }

  /// What assignment to a subscript does, throwing; nothing is written if it throws.
  package mutating func replace(
    _ terms: [IndexTerm], with value: consuming Tensor
  ) throws(TensorError) {
    try replace(TensorIndexing(terms, of: shape, for: "index assignment"), with: consume value)
  }

  /// The same for positions and slices.
  package mutating func replace(
    _ expressions: [IndexExpression], with value: consuming Tensor
  ) throws(TensorError) {
    let selection = try Selection(expressions, of: shape, for: "index assignment")
    try replace(TensorIndexing(selection, of: shape), with: consume value)
  }

  private mutating func replace(
    _ index: TensorIndexing, with value: consuming Tensor
  ) throws(TensorError) {
    guard let selector = index.selector else {
      return try replace(index.selection, reversed: index.reversed, with: consume value)
    }
    let value = consume value
    if index.isWhole, index.axes.count == 1 || selector.isMask {
      return try put(value, selector, index.axes)
    }
    // The part is changed by itself and written back.
    let communicator = body.runtime.communicator
    try body.runtime.together(endsInExchange: true) { () throws(TensorError) in
      let start = communicator.collectiveCount
      var part = try self.part(index)
      let before = part.shape
      if !selector.isMask { part = try part.joined(index.axes) }
      try part.put(value, selector, index.axes)
      let result = Tensor(try Reshape(before).apply([part.body]))
      try replace(index.selection, reversed: index.reversed, with: result, since: start)
    }
  }

  private mutating func put(
    _ value: Tensor, _ selector: TensorIndexing.Selector, _ axes: Range<Int>
  ) throws(TensorError) {
    switch selector {
    case .positions(let positions): try put(value, at: positions, axis: axes.lowerBound)
    case .mask(let mask): try put(value, where: mask, axis: axes.lowerBound)
    }
  }

  /// Writes a value into a part in ascending order: along the axes of the part that are reversed,
  /// the value is reversed instead.
  private mutating func replace(
    _ selection: Selection, reversed: [Int], with value: consuming Tensor, since start: Int? = nil
  ) throws(TensorError) {
    if !reversed.isEmpty {
      let shape = value.shape
      let missing = selection.resultAxes.count - shape.count
      let axes = reversed.map { $0 - missing }.filter { $0 >= 0 && shape[$0] > 1 }
      value = Tensor(try Flip(axes: axes).apply([value.body]))
    }
    try Replace(selection).applyInPlace(to: &body, [(consume value).body], since: start)
  }
}

extension TensorDescription {
  /// The same tensor with its terms reduced.
  var reduced: TensorDescription {
    sharding.partialReduction == nil ? self : with(.replicated(on: sharding.mesh))
  }
}
