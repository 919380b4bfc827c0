import Execution

// Unchecked because it is mutable: a model belongs to the thread that trains it.
/// A tensor that training changes: shared, mutable state with a name, where tensors are values.
///
/// Its value and its gradient keep their addresses for as long as the parameter lives.
public final class Parameter<Scalar: FloatingPointTensorScalar>: @unchecked Sendable {
  /// What the parameter is called in messages and files.
  public let name: String
  private let own: State

  /// What changes in the course of training; without checks at run time, as a step reads it dozens
  /// of times.
  private final class State {
    @exclusivity(unchecked) var body: Body
    @exclusivity(unchecked) var gradientBody: Body?
    @exclusivity(unchecked) var moves = 0

    init(_ body: Body) { self.body = body }
  }

  /// The parameter's own, or that of a dry run, which leaves it as it is.
  private var state: State {
    let home = own.body
    guard home.isOutside, let dry = home.runtime.dry else { return own }
    return orEnd(home.runtime) { () throws(TensorError) in
      try dry.copy(of: own) { () throws(TensorError) in
        State(try home.planned(on: home.runtime, for: "Parameter"))
      }
    }
  }

  package var body: Body { state.body }

  /// How often an update had to move old contents that others still referred to; 0 in steady
  /// training.
  public var moves: Int { state.moves }

  /// A parameter that begins with a copy of a tensor, lying as that lies; terms are reduced.
  ///
  /// Local, unless the tensor is partial.
  public init(_ value: Tensor<Scalar>, name: String = "") {
    self.name = name
    own = orEnd(value.body.runtime) { () throws(TensorError) in
      State(try Self.owned(value.body, isParameter: true))
    }
  }

  /// The current value. Later updates do not change tensors that were read here.
  public var value: Tensor<Scalar> { Tensor(body) }

  /// The gradient that a tape found last; zero before.
  public var gradient: Tensor<Scalar> {
    if state.gradientBody == nil {
      orEnd(body.runtime) { () throws(TensorError) in try acceptZero() }
    }
    return Tensor(state.gradientBody!)
  }

  /// The shape of the value and of the gradient, which never changes.
  public var shape: Shape { body.shape }

  /// A copy of a body in storage of its own.
  private static func owned(_ body: Body, isParameter: Bool) throws(TensorError) -> Body {
    let target = body.sharding.reduced
    let source = try Redistribute(to: target).apply([body])
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
    let own = self.state
    if try Self.claim(&own.body) { own.moves += 1 }
    let body = own.body
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
    let write = Replace(allOf: shape, for: "Parameter.assign")
    let state = state
    if try write.write([value.body], over: &state.body, keepingAddress: true) { state.moves += 1 }
  }

  /// Makes sure that no tensor that was read before sees the coming write.
  ///
  /// - Returns: whether others referred to the old contents, so that these had to move.
  private static func claim(_ body: inout Body) throws(TensorError) -> Bool {
    let isCopied = try Body.claim(&body, keepingAddress: true)
    body.noteWrite()
    return isCopied
  }

  /// Takes a finished cotangent as the gradient, in place, all-reducing it if it is a term. Tapes
  /// that follow the cotangent follow the gradient.
  func accept(_ cotangent: Value) throws(TensorError) {
    let isFollowed = GradientTape.follows([cotangent.body])
    let cotangent = (isFollowed ? cotangent.lying(body.sharding) : cotangent).body
    try copy(cotangent)
    guard isFollowed, let gradientBody = state.gradientBody else { return }
    GradientTape.record("gradients", [cotangent], gradientBody, keeping: { _ in [] }) { g, _ in
      [g]
    }
  }

  private func copy(_ cotangent: Body) throws(TensorError) {
    if !body.isOutside, !Observation.isOfPlans, body.sharding.partialReduction == nil,
      body.scalarType == cotangent.scalarType, body.liesLike(cotangent)
    {
      // Nothing moves, so nothing needs a plan.
      do throws(TensorError) {
        return try withGradient { (gradient) throws(TensorError) in
          if try Self.claim(&gradient) { state.moves += 1 }
          try cotangent.write(into: gradient.block)
        }
      } catch {
        throw body.runtime.communicator.told(error.asked(by: "gradients"))
      }
    }
    let write = Replace(allOf: shape, for: "gradients", mayLoseTarget: true)
    try withGradient { (gradient) throws(TensorError) in
      if try write.write([cotangent], over: &gradient, keepingAddress: true) { state.moves += 1 }
    }
  }

  func acceptZero() throws(TensorError) {
    try withGradient { (gradient) throws(TensorError) in
      if try Self.claim(&gradient) { state.moves += 1 }
      gradient.runtime.executor.fill(try gradient.block, with: Scalar.zero.scalarValue)
    }
  }

  /// Changes the gradient, which is zero before its first change.
  private func withGradient(
    _ change: (_ gradient: inout Body) throws(TensorError) -> Void
  ) throws(TensorError) {
    let state = state
    var gradient: Body
    if let known = state.gradientBody {
      gradient = known
    } else {
      let block = try body.runtime.allocate(body.localShape, body.scalarType, for: "gradients")
      body.runtime.executor.fill(block, with: Scalar.zero.scalarValue)
      gradient = Body(body.description, block, runtime: body.runtime)
    }
    // The only reference is the variable's.
    state.gradientBody = nil
    defer { state.gradientBody = gradient }
    try change(&gradient)
  }
}
