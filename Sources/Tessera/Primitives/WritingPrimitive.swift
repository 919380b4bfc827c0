import Execution

/// A primitive whose result may take the place of one of its operands, the target: the others come
/// to where the target lies, and what it was is changed there.
package protocol WritingPrimitive: Primitive {
  /// Which of the operands is the target.
  var place: Int { get }

  /// Whether the target's elements are worth nothing, even where the write fails. Terms are then
  /// reduced where they belong.
  var mayLoseTarget: Bool { get }

  /// Whether other operands may lie in the target's storage, anywhere in it: `write` then gives
  /// what it would if all of them had been read before.
  var readsBeside: Bool { get }

  /// Writes the result over the target's elements, with all ways of the operation: in place, and
  /// over a copy.
  ///
  /// - Parameters:
  ///   - others: the other operands, aligned; bodies that wait are read as they come, or computed
  ///     before.
  ///   - target: what this rank holds of the target, in storage of its own.
  ///   - agree: to be called before the first element changes, when nothing can fail any more; not
  ///     where the last thing that can is an exchange.
  func write(
    _ others: [LocalOperand], _ plan: Plan, into target: StridedBlock, on runtime: Runtime,
    _ agree: () throws(TensorError) -> Void
  ) throws(TensorError)
}

extension WritingPrimitive {
  package var place: Int { 0 }

  package var mayLoseTarget: Bool { false }

  package var readsBeside: Bool { false }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(plan.local)
    runtime.executor.copy(operands[place], into: result)
    var others = operands.map { LocalOperand.block($0) }
    others.remove(at: place)
    try write(others, plan, into: result, on: runtime) {}
    return result
  }
}

extension WritingPrimitive {
  /// Plans, runs and records the operation with its result in the place of a body: every write to a
  /// tensor leads through here.
  ///
  /// In place where nothing else refers to the elements; then these are another value of the same
  /// body. Where a tape follows an operand, or the body is from outside of a dry run, the result is
  /// a new body, as the old one is still needed. Nothing is written where one rank cannot write and
  /// anything has moved; the error is that of all ranks.
  ///
  /// Must be called by all ranks if the plan communicates.
  ///
  /// - Parameters:
  ///   - others: the other operands, in their order.
  ///   - start: how many collectives this rank had begun before the steps that belong to the write
  ///     (`Communicator.collectiveCount`); nil where it has none but its own.
  package func applyInPlace(
    to body: inout Body, _ others: consuming [Body], since start: Int? = nil
  ) throws(TensorError) {
    if body.isOutside || Observation.isPossible && GradientTape.follows([body] + others) {
      let result = try apply(operands(others, with: body))
      try body.runtime.agree(since: start)
      body = result
      return
    }
    let before = [body.identity] + others.map(\.identity)
    _ = try write(consume others, over: &body, since: start)
    GradientTape.recordWrite(of: before, into: body)
  }

  /// The same where no tape looks, as the body is the value of a parameter, or a gradient.
  ///
  /// - Parameter keepingAddress: whether the elements stay where they are even where others refer
  ///   to them.
  /// - Returns: whether others referred to the old elements, so that these had to be copied.
  func write(
    _ others: consuming [Body], over body: inout Body, keepingAddress: Bool = false,
    since start: Int? = nil
  ) throws(TensorError) -> Bool {
    let runtime = body.runtime
    let profiler = runtime.profiler
    profiler?.enter(name)
    defer { profiler?.leave() }
    if let elementFunction, !Observation.isOfPlans, runtime.dry == nil,
      body.isAlignedTarget(of: others)
    {
      var inputs = others.map { LocalOperand.body($0) }
      others = []
      do throws(TensorError) {
        return try carryOut(
          elementFunction, body.description, &inputs, over: &body, keepingAddress: keepingAddress,
          since: start
        ) { (inputs, target, agree) throws(TensorError) in
          try runtime.write(elementFunction, inputs, at: place, into: target, agree)
        }
      } catch {
        throw runtime.communicator.told(error.asked(by: name))
      }
    }
    let (plan, call) = try recentPlan(
      operands(others.map(\.description), with: body.description), on: runtime)
    let isBegun = try plan.begin(call, for: self, on: runtime)
    defer { if isBegun { runtime.communicator.endCall() } }
    if Observation.isPossible { PlanRecorder.current?.append(self) }
    do throws(TensorError) {
      return try carryOut(
        plan, consume others, over: &body, keepingAddress: keepingAddress,
        since: start ?? (isBegun ? runtime.communicator.collectiveCount : nil))
    } catch {
      throw runtime.communicator.told(error.asked(by: name))
    }
  }

  private func carryOut(
    _ plan: Plan, _ others: consuming [Body], over body: inout Body, keepingAddress: Bool,
    since start: Int?
  ) throws(TensorError) -> Bool {
    let runtime = body.runtime
    var alignments = plan.alignments
    if !plan.keepsOperands {
      let reduction = alignments.remove(at: place)
      if !reduction.isKeeping {
        let block = try runtime.redistribute(try body.block, reduction)
        body = Body(reduction.result, block, runtime: runtime)
      }
    }
    if mayLoseTarget {
      // All that may fail comes before the exchange, so that nothing has to be agreed on after it.
      let isCopied = try Body.claim(&body, keepingAddress: keepingAddress)
      if case .allReduce(let reduction) = alignments[0].onlyRoute {
        try runtime.allReduce(try others[0].block, reduction, into: body.block)
      } else {
        try write(
          try runtime.aligned(others, alignments, keepsAll: plan.keepsOperands, for: name), plan,
          into: body.block, on: runtime
        ) {}
      }
      body.noteWrite()
      return isCopied
    }
    var inputs = try runtime.aligned(
      consume others, alignments, keepsAll: plan.keepsOperands, for: name)
    return try carryOut(
      elementFunction, plan.result, &inputs, over: &body, keepingAddress: keepingAddress,
      since: start
    ) { (inputs, target, agree) throws(TensorError) in
      try write(inputs, plan, into: target, on: runtime, agree)
    }
  }

  /// The last step, with the other operands where the target is.
  ///
  /// A large elementwise result that cannot take the target's place, as others refer to it, needs
  /// no copy of the target: it waits, as it does out of place.
  private func carryOut(
    _ function: AppliedFunction?, _ result: TensorDescription, _ inputs: inout [LocalOperand],
    over body: inout Body, keepingAddress: Bool, since start: Int?,
    _ write: (
      _ inputs: [LocalOperand], _ target: StridedBlock,
      _ agree: () throws(TensorError) -> Void
    ) throws(TensorError) -> Void
  ) throws(TensorError) -> Bool {
    let runtime = body.runtime
    if let function, !keepingAddress, runtime.defers(elementCount: body.localElementCount),
      try !Body.isWritable(&body, besides: &inputs)
    {
      let all = operands(inputs, with: .body(body))
      let areOfTensors = try all.map { (operand) throws(TensorError) in try operand.isOfTensors }
      if areOfTensors.allSatisfy({ $0 }) {
        let waiting = try Body(result, function, of: all, runtime: runtime)
        try runtime.agree(since: start)
        body = waiting
        return true
      }
    }
    let isCopied =
      readsBeside
      ? try Body.claim(&body, keepingAddress: keepingAddress, besides: &inputs)
      : try Body.claim(&body, keepingAddress: keepingAddress)
    try write(inputs, body.block) { () throws(TensorError) in try runtime.agree(since: start) }
    body.noteWrite()
    return isCopied
  }

  /// A value for each operand, of those for the others and the target.
  private func operands<T>(_ others: [T], with target: T) -> [T] {
    var operands = others
    operands.insert(target, at: place)
    return operands
  }
}

extension Runtime {
  /// Compares headers once more where anything has moved since so many collectives had begun: what
  /// one rank cannot do then, none does. Called by all ranks.
  fileprivate func agree(since start: Int?) throws(TensorError) {
    guard let start, communicator.size > 1, communicator.collectiveCount > start else { return }
    try communicator.complete()
  }
}

extension Redistribution {
  /// What moves, where that is one step.
  fileprivate var onlyRoute: Route? { steps.count == 1 ? steps[0].route : nil }
}
