import Execution

extension Tensor {
  /// Whether this variable alone refers to its elements, each has a place of its own and they are
  /// not the user's for reading alone, so that a write may happen where they are.
  private mutating func isUnique() throws(TensorError) -> Bool {
    guard isKnownUniquelyReferenced(&body), try body.holdsStorageAlone() else { return false }
    let block = try body.block
    return block.storage.isWritable && !block.isRepeated
  }

  /// Makes the elements this variable's alone, reduced if they were partial: copied if others share
  /// them, or if broadcasting gave several the same place.
  package mutating func makeUnique() throws(TensorError) {
    if sharding.partialReduction != nil {
      body = try Redistribute(to: .replicated).apply([body])
    }
    let before = body.identity
    if try isUnique() {
      body.noteWrite()
    } else {
      let runtime = body.runtime
      let copy = try runtime.allocate(body.localShape, body.scalarType, for: "writing")
      runtime.executor.copy(try body.materialized, into: copy)
      body = Body(body.description, copy, runtime: runtime)
    }
    GradientTape.recordWrite(of: [before], into: body)
  }

  /// `self = self ∘ other`, in place where nothing else shares the elements. Under a recording tape
  /// that follows an operand the result is a new tensor, as the tape remembers the old one.
  mutating func update(_ function: BinaryFunction, _ other: Tensor) {
    let runtime = body.runtime
    orEnd(runtime) { () throws(TensorError) in
      let plan = try Planner.elementwise(
        "\(function)", [other.body.description], into: body.description.reduced)
      if GradientTape.follows([body, other.body]) || Explanation.current != nil {
        let aligned = try Redistribute(to: plan.alignments[0].target).apply([other.body])
        self = Tensor(try Binary(function).apply([body, aligned]))
        return
      }
      try plan.carryOut(on: runtime) { () throws(TensorError) in
        try combine(function, other, plan)
      }
      GradientTape.recordWrite(of: [other.body.identity], into: body)
    }
  }

  private mutating func combine(
    _ function: BinaryFunction, _ other: Tensor, _ plan: Plan
  ) throws(TensorError) {
    if plan.alignments[0].isKeeping, other.body.isPending, other.shape == shape {
      // What the other is computed from must not change while it is read.
      try makeUnique()
      let block = try body.block
      var elements = Elements(of: block)
      let own = elements.lastValue
      elements.apply(function, own, elements.append(try other.body.elements))
      return body.runtime.executor.evaluate(elements, into: block)
    }
    let value = try body.runtime.redistribute(
      try other.body.materialized, plan.alignments[0])
    try update([value]) { $0.apply(function, $1[0], $1[1]) }
  }

  mutating func update(_ function: BinaryFunction, _ scalar: Scalar) {
    if GradientTape.follows([body]) || Explanation.current != nil {
      self = .binary(function, self, scalar)
      return
    }
    orEnd(body.runtime) { () throws(TensorError) in
      let function = ScalarBinary(function, scalar.scalarValue).elements
      try update([]) { function.append(to: &$0, $1) }
    }
  }

  /// Gives this tensor new elements where they are, made of its own and of others that are aligned
  /// with them.
  ///
  /// - Parameter change: appends what gives them, of the values of this tensor and the others.
  package mutating func update(
    _ others: [StridedBlock],
    _ change: (_ elements: inout Elements, _ values: [Program.Value]) -> Void
  ) throws(TensorError) {
    _ = try body.materialized
    // An operand that shares the storage, but not place by place, must be read before it is
    // written.
    let (storage, layout, shape) = (try body.storage.identifier, body.layout, body.localShape)
    let overlaps = others.contains {
      $0.storage.identifier == storage && ($0.layout != layout || $0.shape != shape)
    }
    if overlaps {
      let copies = try others.map { (block) throws(TensorError) in
        try body.runtime.copied(block)
      }
      return try update(copies, change)
    }
    try makeUnique()
    var elements = Elements()
    let values = ([try body.block] + others).map { elements.operand($0) }
    change(&elements, values)
    body.runtime.executor.evaluate(elements, into: try body.block)
  }

  /// Writes a value into the part that an index picks.
  mutating func assign(_ value: Tensor, to terms: [IndexTerm]) {
    let runtime = body.runtime
    orEnd(runtime) { () throws(TensorError) in try replace(terms, with: value) }
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
    _ terms: [IndexTerm], with value: Tensor
  ) throws(TensorError) {
    let index = try TensorIndexing(terms, of: shape, for: "index assignment")
    guard let selector = index.selector else {
      return try replace(index.expressions, with: value)
    }
    if index.isWhole, index.axes.count == 1 || selector.isMask {
      return try put(value, selector, index.axes)
    }
    // The part is changed by itself and written back.
    try body.runtime.together { () throws(TensorError) in
      var part = try self.index(index.expressions)
      let before = part.shape
      if !selector.isMask { part = try part.joined(index.axes) }
      try part.put(value, selector, index.axes, of: before)
      try replace(index.expressions, with: Tensor(try Reshape(before).apply([part.body])))
    }
  }

  /// - Parameter whole: the shape before axes were joined for the selector.
  private mutating func put(
    _ value: Tensor, _ selector: TensorIndexing.Selector, _ axes: Range<Int>,
    of whole: Shape? = nil
  ) throws(TensorError) {
    switch selector {
    case .positions(let tuple):
      try put(value, at: try tuple.joined(whole ?? shape, axes), axis: axes.lowerBound)
    case .mask(let mask): try put(value, where: mask, axis: axes.lowerBound)
    }
  }

  /// The same for positions and slices.
  package mutating func replace(
    _ expressions: [IndexExpression], with value: Tensor
  ) throws(TensorError) {
    let (ascending, reversed) =
      try Selection(expressions, of: shape, for: "index assignment").ascending
    let primitive = Replace(ascending)
    var value = value
    if !reversed.isEmpty {
      // The part is written in ascending order: what goes there is reversed instead.
      let missing = try primitive.pickedAxes(of: body.description) - value.shape.count
      let axes = reversed.map { $0 - missing }.filter { $0 >= 0 && value.shape[$0] > 1 }
      value = Tensor(try Flip(axes: axes).apply([value.body]))
    }
    if GradientTape.follows([body, value.body]) || Explanation.current != nil {
      body = try primitive.apply([body, value.body])
      return
    }
    let runtime = body.runtime
    let plan = try primitive.plan([body.description.reduced, value.body.description])
    try plan.carryOut(for: primitive, on: runtime) { () throws(TensorError) in
      if plan.alignments[1].isKeeping, value.body.isPending {
        // What the value is computed from must not change while it is read: whoever reads this is
        // computed here.
        try makeUnique()
        return try runtime.write(.body(value.body), into: try body.block, plan.local, at: ascending)
      }
      _ = try body.materialized
      var block = try runtime.redistribute(try value.body.materialized, plan.alignments[1])
      if try block.storage.identifier == body.storage.identifier {
        block = try runtime.copied(block)
      }
      try makeUnique()
      try runtime.write(.block(block), into: try body.block, plan.local, at: ascending)
    }
    GradientTape.recordWrite(of: [value.body.identity], into: body)
  }
}

extension TensorDescription {
  /// The same tensor with its terms reduced.
  var reduced: TensorDescription {
    sharding.partialReduction == nil ? self : with(.replicated(on: sharding.mesh))
  }
}

extension Runtime {
  /// A contiguous copy of a block.
  func copied(_ block: StridedBlock) throws(TensorError) -> StridedBlock {
    let result = try allocate(block.shape, block.type)
    executor.copy(block, into: result)
    return result
  }
}
