import Execution

extension Tensor {
  /// Whether this variable alone refers to its elements, so that a write may happen where they are.
  private mutating func isUnique() -> Bool {
    isKnownUniquelyReferenced(&body) && isKnownUniquelyReferenced(&body.storage)
  }

  /// Makes the elements this variable's alone, reduced if they were partial: copied if others share them.
  package mutating func makeUnique() throws(TensorError) {
    if sharding.partialReduction != nil {
      body = try Redistribute(to: .replicated).apply([body])
    }
    if isUnique() { return }
    let runtime = body.runtime
    let copy = try runtime.allocate(body.localShape, body.scalarType)
    runtime.copy(try body.materialized, into: copy)
    body = Body(body.description, copy, runtime: runtime)
  }

  /// `self = self ∘ other`, in place where nothing else shares the elements. Under a recording tape that
  /// follows an operand the result is a new tensor, as the tape keeps the old one.
  mutating func update(_ function: BinaryFunction, _ other: Tensor) {
    let runtime = body.runtime
    if GradientTape.follows([body, other.body]) {
      self = .binary(function, self, other)
      return
    }
    orEnd(runtime) { () throws(TensorError) in
      let plan = try Planner.elementwise(
        "\(function)", [other.body.description], into: body.description.reduced)
      try plan.admit()
      let value = try runtime.redistribute(try other.body.materialized, plan.alignments[0])
      try update(Binary(function).program(Scalar.scalarType), [value])
    }
  }

  mutating func update(_ function: BinaryFunction, _ scalar: Scalar) {
    if GradientTape.follows([body]) {
      self = .binary(function, self, scalar)
      return
    }
    orEnd(body.runtime) { () throws(TensorError) in
      try update(ScalarBinary(function, scalar.scalarValue).program, [])
    }
  }

  /// Evaluates a program whose first operand is this tensor and whose others are aligned with it, into this
  /// tensor.
  package mutating func update(
    _ program: Program, _ others: [StridedBlock]
  ) throws(TensorError) {
    // An operand that shares the storage in another layout must be read before it is written.
    let storage = body.storage.identifier
    let layout = body.layout
    let overlaps = others.contains {
      $0.storage.identifier == storage && $0.layout != layout
    }
    if overlaps {
      let copies = try others.map { (block) throws(TensorError) in
        try body.runtime.contiguousCopy(block)
      }
      return try update(program, copies)
    }
    try makeUnique()
    body.runtime.evaluate(program, [body.block] + others, into: body.block)
  }

  /// Writes a value into the part that an index picks.
  mutating func assign(_ value: Tensor, to expressions: [IndexExpression]) {
    let runtime = body.runtime
    orEnd(runtime) { () throws(TensorError) in try replace(expressions, with: value) }
  }

  mutating func assign(_ scalar: Scalar?, to expressions: [IndexExpression]) {
    let runtime = body.runtime
    let value = orEnd(runtime) { () throws(TensorError) in
      guard let scalar else {
        throw TensorError("index assignment", given: "nil", expected: "a number or a tensor")
      }
      return runtime.makeCurrent { Tensor(scalar) }
    }
    assign(value, to: expressions)
  }

  /// What assignment to a subscript does, throwing; nothing is written if it throws.
  package mutating func replace(
    _ expressions: [IndexExpression], with value: Tensor
  ) throws(TensorError) {
    let (flips, forward) = try Selection(expressions, of: shape, for: "index assignment")
      .forward(expressions, in: shape)
    if !flips.isEmpty {
      var flipped = Tensor(try Flip(axes: flips).apply([body]))
      try flipped.replace(forward, with: value)
      self = Tensor(try Flip(axes: flips).apply([flipped.body]))
      return
    }
    let primitive = Replace(forward)
    if GradientTape.follows([body, value.body]) || Explanation.current != nil {
      body = try primitive.apply([body, value.body])
      return
    }
    let runtime = body.runtime
    let plan = try primitive.plan([body.description.reduced, value.body.description])
    try plan.admit()
    var block = try runtime.redistribute(try value.body.materialized, plan.alignments[1])
    if block.storage.identifier == body.storage.identifier {
      block = try runtime.contiguousCopy(block)
    }
    try makeUnique()
    try runtime.write(block, into: body.block, plan.local, at: forward)
  }
}

extension TensorDescription {
  /// The same tensor with its terms reduced.
  fileprivate var reduced: TensorDescription {
    sharding.partialReduction == nil ? self : with(.replicated(on: sharding.mesh))
  }
}

extension Runtime {
  fileprivate func contiguousCopy(_ block: StridedBlock) throws(TensorError) -> StridedBlock {
    let result = try allocate(block.shape, block.type)
    copy(block, into: result)
    return result
  }
}
