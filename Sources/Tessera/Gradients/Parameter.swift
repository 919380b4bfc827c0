import Execution

// Unchecked because it is mutable: a model belongs to the thread that trains it.
/// A tensor that training changes: shared, mutable state with a name, where tensors are values.
///
/// Its value and its gradient keep their addresses for as long as the parameter lives.
public final class Parameter<Scalar: FloatingPointTensorScalar>: @unchecked Sendable {
  /// What the parameter is called in messages and files.
  public let name: String
  package private(set) var body: Body
  private var gradientBody: Body?
  /// How often an update had to move old contents that others still referred to; 0 in steady
  /// training.
  public private(set) var moves = 0

  /// A parameter that begins with a copy of a tensor, lying as that lies; terms are reduced.
  ///
  /// Local, unless the tensor is partial.
  public init(_ value: Tensor<Scalar>, name: String = "") {
    self.name = name
    body = orEnd(value.body.runtime) { () throws(TensorError) in
      try Self.owned(value.body, isParameter: true)
    }
  }

  /// The current value. Later updates do not change tensors that were read here.
  public var value: Tensor<Scalar> { Tensor(body) }

  /// The gradient that a tape found last; zero before.
  public var gradient: Tensor<Scalar> {
    if gradientBody == nil {
      orEnd(body.runtime) { () throws(TensorError) in try acceptZero() }
    }
    return Tensor(gradientBody!)
  }

  /// The shape of the value and of the gradient, which never changes.
  public var shape: Shape { body.shape }

  /// A copy of a body in storage of its own.
  private static func owned(_ body: Body, isParameter: Bool) throws(TensorError) -> Body {
    let target = body.sharding.reduced
    let source = try Redistribute(to: target).apply([body])
    if Explanation.current != nil {
      return Body(
        abstract: source.description, runtime: body.runtime, isParameter: isParameter)
    }
    let block = try body.runtime.allocate(source.localShape, body.scalarType, for: "Parameter")
    body.runtime.executor.copy(try source.block, into: block)
    return Body(source.description, block, runtime: body.runtime, isParameter: isParameter)
  }

  /// Changes the value, and state that goes with it, in place and in one pass.
  ///
  /// - Parameters:
  ///   - state: blocks that lie like the value.
  ///   - others: the same, to be read only.
  ///   - step: appends what gives the new value, of the value, the state in its order and what
  ///     `others` hold; it stores the new state, in the same order.
  package func update(
    state: [StridedBlock] = [], _ others: [StridedBlock],
    _ step: (_ elements: inout Elements, _ values: [Program.Value]) -> Void
  ) throws(TensorError) {
    try claim()
    var elements = Elements()
    let values = ([try body.block] + state + others).map { elements.operand($0) }
    step(&elements, values)
    body.runtime.executor.evaluate(elements, into: try body.block, storing: state)
  }

  /// Replaces the value in place; the new one must have the same shape.
  public func assign(_ value: Tensor<Scalar>) throws(TensorError) {
    guard value.shape == shape else {
      throw TensorError(
        "Parameter.assign", given: "a value of shape \(value.shape) for \(name) of shape \(shape)",
        expected: "the same shape")
    }
    let runtime = body.runtime
    try runtime.together { () throws(TensorError) in
      _ = try body.materialized
      let aligned = try Redistribute(to: body.sharding).apply([value.body])
      let block = try runtime.contiguous(aligned.materialized)
      let copy = try runtime.allocate(block.shape, block.type)
      runtime.executor.copy(block, into: copy)
      try claim()
      runtime.executor.copy(copy, into: try body.block)
    }
  }

  /// Makes sure that no tensor that was read before sees the coming write.
  private func claim() throws(TensorError) {
    if try renew(&body) { moves += 1 }
  }

  /// A body whose storage nobody else sees, at the same address.
  private func renew(_ body: inout Body) throws(TensorError) -> Bool {
    if isKnownUniquelyReferenced(&body) {
      body.noteWrite()
      return try body.claimStorage()
    }
    // Others hold the body itself: they keep it, with a copy of the contents; the block stays here.
    let fresh = Body(
      body.description, try body.block, runtime: body.runtime, isParameter: body.isParameter)
    try fresh.claimStorage()
    body = fresh
    return true
  }

  /// Takes a finished cotangent as the gradient, in place, all-reducing it if it is a term. Tapes
  /// that follow the cotangent follow the gradient.
  func accept(_ cotangent: Value) throws(TensorError) {
    let isFollowed = GradientTape.follows([cotangent.body])
    let cotangent = (isFollowed ? cotangent.lying(body.sharding) : cotangent).body
    try copy(cotangent)
    guard isFollowed, let gradientBody else { return }
    GradientTape.record("gradients", [cotangent], gradientBody, keeping: { _ in [] }) { g, _ in
      [g]
    }
  }

  private func copy(_ cotangent: Body) throws(TensorError) {
    let runtime = body.runtime
    let alignment = try Redistribution(cotangent.description, to: body.sharding)
    let plan = Plan(
      operation: "gradients", operands: [cotangent.description], alignments: [alignment],
      local: alignment.result)
    try plan.carryOut(on: runtime, endsInExchange: true) { () throws(TensorError) in
      let source = try cotangent.block
      try prepareGradient()
      let target = try gradientBody!.block
      if alignment.steps.count == 1, alignment.steps[0].route == .allReduce(.sum) {
        try runtime.allReduce(source, .sum, into: target)
      } else {
        runtime.executor.copy(try runtime.redistribute(source, alignment), into: target)
      }
    }
  }

  func acceptZero() throws(TensorError) {
    try prepareGradient()
    body.runtime.executor.fill(try gradientBody!.block, with: Scalar.zero.scalarValue)
  }

  private func prepareGradient() throws(TensorError) {
    if var gradient = gradientBody {
      gradientBody = nil
      defer { gradientBody = gradient }
      if try renew(&gradient) { moves += 1 }
      return
    }
    let block = try body.runtime.allocate(body.localShape, body.scalarType, for: "gradients")
    gradientBody = Body(body.description, block, runtime: body.runtime)
  }
}
