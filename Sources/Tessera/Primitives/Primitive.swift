import Execution

/// An operation: its rule (shapes, placements, steps), its work on one rank and its pullback, side
/// by side.
///
/// None of the requirements has a default, so that an operation without a pullback does not
/// compile; "not differentiable" is said by returning nil for every operand.
package protocol Primitive: CallOptions {
  var name: String { get }

  /// What the operation does to each element, for those that are elementwise. Their results may
  /// wait until they are asked for.
  var elementFunction: AppliedFunction? { get }

  /// Whether the work of a rank gives nothing but a view of its aligned operand, and so cannot
  /// fail.
  var isView: Bool { get }

  /// The operation as one that reads elements which are still to be computed; nil for others.
  var readingSingly: (any SingleReadingPrimitive)? { get }

  /// Whether a gradient can pass at all; not where a result of numbers has no derivative to be
  /// known.
  var isDifferentiable: Bool { get }

  /// What the operation does on every rank, or why it cannot. Metadata only.
  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan

  /// The work of one rank on aligned operands; what `plan.local` says it holds.
  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock

  /// For a result that may wait as a view of the aligned operand which only passes over elements
  /// can read: the view. Nil where the result is to be computed now.
  func waitingView(
    of operand: LocalOperand, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock?

  /// For a result that may wait as the product of two matrices: these. Nil where it is to be
  /// computed now.
  func waitingFactors(
    of operands: [LocalOperand], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> (a: StridedBlock, b: StridedBlock)?

  /// The values that the pullback reads where the cotangents of these operands are needed. A tape
  /// keeps them and no others; shapes, scalar types and shardings of operands are always there.
  func kept(for isNeeded: [Bool]) -> KeptValues

  /// The cotangents of the operands (nil where there is none, or where it is not needed) for the
  /// cotangent of the result.
  func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?]
}

extension Primitive {
  package var elementFunction: AppliedFunction? { nil }

  package var isView: Bool { false }

  package var readingSingly: (any SingleReadingPrimitive)? { nil }

  package func result(of operands: [TensorDescription]) -> TensorDescription? {
    try? plan(operands).result
  }

  package var isDifferentiable: Bool { true }

  package func waitingView(
    of operand: LocalOperand, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock? { nil }

  package func waitingFactors(
    of operands: [LocalOperand], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> (a: StridedBlock, b: StridedBlock)? { nil }
}

/// An operation on each element by itself.
package protocol ElementwisePrimitive: Primitive {
  var elements: AppliedFunction { get }
}

extension ElementwisePrimitive {
  package var elementFunction: AppliedFunction? { elements }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let shape = runtime.localShape(of: plan.local)
    let result = try runtime.allocate(shape, plan.local.scalarType)
    runtime.executor.evaluate(elements.elements(of: operands), into: result)
    return result
  }
}

/// An operation that reads each element of its operand once, so that elements which are still to be
/// computed need no place of their own.
package protocol SingleReadingPrimitive: Primitive {
  /// The same as for an operand of the given local shape, whose elements may be still to be
  /// computed.
  func compute(
    _ elements: Elements, of shape: Shape, _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock
}

extension SingleReadingPrimitive {
  package var readingSingly: (any SingleReadingPrimitive)? { self }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try compute(Elements(of: operands[0]), of: operands[0].shape, plan, on: runtime)
  }
}

extension Primitive {
  /// Plans, runs and records the operation: every door leads through here, but for writes in place
  /// (`applyInPlace`).
  ///
  /// Must be called by all ranks if the plan communicates.
  package func apply(_ operands: [Body]) throws(TensorError) -> Body {
    do throws(TensorError) {
      return try carryOut(operands)
    } catch {
      throw error.asked(by: name)
    }
  }

  private func carryOut(_ operands: [Body]) throws(TensorError) -> Body {
    let runtime = operands[0].runtime
    if let elementFunction, !Observation.isOfPlans,
      let result = try runtime.applyDirectly(elementFunction, to: operands)
    {
      GradientTape.record(self, operands, result)
      return result
    }
    let profiler = runtime.profiler
    profiler?.enter(name)
    defer { profiler?.leave() }
    let (plan, call) = try recentPlan(operands.map(\.description), on: runtime)
    let isBegun = try plan.begin(call, for: self, on: runtime)
    defer { if isBegun { runtime.communicator.endCall() } }
    if Observation.isPossible { PlanRecorder.current?.append(self) }
    let result: Body
    do throws(TensorError) {
      var completion =
        isBegun ? Completion(of: plan, isView: isView, on: runtime.communicator) : nil
      result = try carryOut(plan, operands, on: runtime, &completion)
      try completion?.finish()
    } catch {
      guard isBegun, plan.communicates else { throw error }
      throw runtime.communicator.told(error.asked(by: name))
    }
    GradientTape.record(self, operands, result)
    return result
  }

  private func carryOut(
    _ plan: Plan, _ operands: [Body], on runtime: Runtime, _ completion: inout Completion?
  ) throws(TensorError) -> Body {
    let inputs = try runtime.aligned(
      operands, plan.alignments, keepsAll: plan.keepsOperands, for: name)
    completion?.noteAligned()
    // What waits here may be computed at once by other ranks, which hold more or less, or memory
    // of the user: what is exchanged at the end is the same.
    if let elementFunction, isDeferred(plan, inputs, on: runtime) {
      completion?.noteComputed()
      return try Body(plan.result, elementFunction, of: inputs, runtime: runtime)
    }
    if let view = try waitingView(of: inputs[0], plan, on: runtime) {
      completion?.noteComputed()
      return Body(plan.result, reading: view, as: name, runtime: runtime)
    }
    if plan.finish == nil, plan.rounding == nil, plan.view == nil,
      let factors = try waitingFactors(of: inputs, plan, on: runtime)
    {
      completion?.noteComputed()
      return Body(plan.result, productOf: factors, as: name, runtime: runtime)
    }
    var block = try compute(inputs, plan, on: runtime)
    completion?.noteComputed()
    if let finish = plan.finish { block = try runtime.redistribute(block, finish) }
    if let rounding = plan.rounding { block = try runtime.executor.converted(block, to: rounding) }
    if let view = plan.view { block = try runtime.contiguous(block).viewed(as: view)! }
    block.storage.attribute(to: name)
    return Body(plan.result, block, runtime: runtime)
  }

  /// Whether the result of an elementwise operation waits until it is asked for: a large one, of
  /// operands that nobody but tensors can change.
  private func isDeferred(_ plan: Plan, _ inputs: [LocalOperand], on runtime: Runtime) -> Bool {
    guard plan.finish == nil, plan.view == nil,
      runtime.defers(elementCount: plan.result.localElementCount(of: runtime.communicator.rank)),
      elementFunction?.function != .convert(to: plan.operands[0].scalarType)
    else { return false }
    return inputs.allSatisfy {
      if case .block(let block) = $0 { block.storage.isReusable } else { true }
    }
  }

  private func compute(
    _ inputs: [LocalOperand], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    if case .body(let body) = inputs[0], let reading = readingSingly {
      return try reading.compute(body.elements, of: body.localShape, plan, on: runtime)
    }
    let blocks = try inputs.map { (input) throws(TensorError) in try input.materialized }
    return try compute(blocks, plan, on: runtime)
  }
}
