import Execution
import Synchronization

// Unchecked because a task-local value must be Sendable: a tape belongs to the thread that records,
// which alone touches its entries.
/// Remembers operations, to find gradients by going back over them.
///
/// A tape follows the values of parameters and whatever is computed from them, and tensors that it
/// is told to watch. Going back is itself made of operations that an outer tape can record.
///
/// Where nothing leads from a value to any of the tensors whose gradient is asked for, that is an
/// error which says where the way was cut: the value was computed outside of `record`, or the way
/// passes a conversion to integers or Booleans, a comparison, another operation that gives such a
/// result, `map`, or `stopGradient`.
///
/// Of the tensors that were computed a tape keeps those whose elements going back will read, such
/// as the results of `tanh` and the factors of a product with a parameter. The others need no
/// memory, and elementwise operations pass into each other as they do without a tape.
public final class GradientTape: @unchecked Sendable {
  @TaskLocal private static var recording: [GradientTape] = []

  // Without checks at run time, as every operation that is recorded looks at these.
  @exclusivity(unchecked) private var entries: [TapeEntry] = []
  /// The identities of results that were computed from what is followed, and of tensors that were
  /// watched.
  @exclusivity(unchecked) private var followed: Set<UInt64> = []
  /// The serial numbers of tensors that were watched: a write in place leaves them watched.
  @exclusivity(unchecked) private var watched: Set<UInt64> = []
  /// Results of operations that are no longer remembered.
  @exclusivity(unchecked) private var released: Set<UInt64> = []
  /// Those that are not looked up there yet, as most tapes are asked once.
  @exclusivity(unchecked) private var releasedLast: [UInt64] = []
  /// Ways that no gradient takes.
  @exclusivity(unchecked) private var path = GradientPath()
  /// How many tapes that this one records go back now: where a slope jumps, they compare, and cut
  /// no way by that.
  @exclusivity(unchecked) private var goingBack = 0
  private let isPersistent: Bool

  /// The places, in the array that gradients were last asked for at, of tensors or parameters that
  /// the value does not depend on, ascending: their gradients are zeros.
  public private(set) var unused: [Int] = []

  /// - Parameter persistent: keeps what was recorded after the first gradients, so that more can be
  ///   asked for; otherwise memory is released with them.
  public init(persistent: Bool = false) {
    isPersistent = persistent
  }

  /// Follows what is computed from a tensor.
  public func watch(_ tensor: Tensor<some FloatingPointTensorScalar>) {
    followed.insert(tensor.body.identity)
    watched.insert(tensor.body.serialNumber)
    noteReleased()
    released.remove(tensor.body.identity)
  }

  /// Runs code whose operations this tape remembers.
  public func record<R>(_ body: () throws -> R) rethrows -> R {
    let others = Self.recording.filter { $0 !== self }
    return try Observation.during {
      try Self.$recording.withValue(others + [self]) { try body() }
    }
  }

  /// Runs code that no tape remembers.
  static func withoutRecording<R>(_ body: () throws -> R) rethrows -> R {
    try $recording.withValue([]) { try body() }
  }

  /// Whether any recording tape follows one of these.
  static func follows(_ bodies: [Body]) -> Bool {
    guard Observation.isPossible else { return false }
    let tapes = recording
    return !tapes.isEmpty && tapes.contains { $0.follows(bodies) }
  }

  private func follows(_ bodies: [Body]) -> Bool {
    bodies.contains { follows($0) }
  }

  private func follows(_ body: Body) -> Bool {
    body.isParameter || followed.contains(body.identity) || watched.contains(body.serialNumber)
  }

  static func record(_ primitive: some Primitive, _ operands: [Body], _ result: Body) {
    guard Observation.isPossible else { return }
    for tape in recording {
      tape.note(
        primitive.name, operands, result,
        primitive.isDifferentiable && result.scalarType.hasDerivative
          ? { _ in .primitive(primitive) } : nil)
    }
  }

  /// Remembers operations as one, with a pullback of its own.
  ///
  /// - Parameter kept: the values that the pullback reads where the cotangents of these operands
  ///   are needed.
  static func record(
    _ operation: String, _ operands: [Body], _ result: Body,
    keeping kept: @escaping (_ isNeeded: [Bool]) -> KeptValues,
    _ pullback: @escaping (Value, PullbackContext) -> [Value?]
  ) {
    for tape in recording {
      tape.note(operation, operands, result) {
        .composed(operation, kept: kept($0), pullback)
      }
    }
  }

  /// Notes that the gradient ends between two bodies.
  static func recordCut(_ operation: String, from body: Body, to result: Body) {
    guard Observation.isPossible else { return }
    for tape in recording { tape.note(operation, [body], result, nil) }
  }

  /// The same for a body that this code holds alone, whose number is known; a tape follows it.
  static func recordCut(_ operation: String, from followed: UInt64, to result: Body) {
    for tape in recording { tape.path.cut(at: operation, [followed], result.identity) }
  }

  /// Notes a write in place, of values that no tape follows.
  static func recordWrite(of operands: [UInt64], into result: Body) {
    guard Observation.isPossible else { return }
    for tape in recording where !tape.path.isEmpty {
      tape.path.extend(operands, result.identity)
    }
  }

  /// - Parameter pullback: the way back for the operands whose cotangents are needed; nil where no
  ///   gradient passes.
  private func note(
    _ operation: String, _ operands: [Body], _ result: Body,
    _ pullback: ((_ isNeeded: [Bool]) -> Pullback)?
  ) {
    let isNeeded = operands.map { follows($0) }
    let isFollowed = isNeeded.contains(true)
    if isFollowed, let pullback {
      entries.append(TapeEntry(pullback(isNeeded), operands, result, isNeeded: isNeeded))
      followed.insert(result.identity)
    } else if goingBack > 0 {
      return
    } else if isFollowed {
      path.cut(at: operation, operands.map(\.identity), result.identity)
    } else if !path.isEmpty {
      path.extend(operands.map(\.identity), result.identity)
    }
  }

  /// The derivatives of a tensor with one element with respect to tensors that were watched, or
  /// used with parameters.
  ///
  /// Zeros for those that it does not depend on, which `unused` names. If nothing leads to any of
  /// them, because nothing was recorded or the way was cut, the job ends with a message that says
  /// where. Collective under the same conditions as the operations that were recorded.
  public func gradients<S: FloatingPointTensorScalar>(
    of value: Tensor<S>, at tensors: [Tensor<S>]
  ) -> [Tensor<S>] {
    gradients(of: value, at: tensors, ofConstant: false)
  }

  /// `gradients(of:at:)` with errors thrown, and with the elements of the gradients computed. What
  /// one rank meets in something that ranks do together is thrown by all.
  ///
  /// After an error a tape that is not persistent has released what it recorded.
  package func derivatives<S: FloatingPointTensorScalar>(
    of value: Tensor<S>, at tensors: [Tensor<S>]
  ) throws(TensorError) -> [Tensor<S>] {
    try value.body.runtime.together { () throws(TensorError) in
      let gradients = try differentiate(value, at: tensors, ofConstant: false)
      for gradient in gradients { _ = try gradient.body.block }
      return gradients
    }
  }

  /// - Parameter ofConstant: whether a value that was not recorded is a constant rather than a
  ///   mistake.
  func gradients<S: FloatingPointTensorScalar>(
    of value: Tensor<S>, at tensors: [Tensor<S>], ofConstant: Bool
  ) -> [Tensor<S>] {
    orEnd(value.body.runtime) { () throws(TensorError) in
      try differentiate(value, at: tensors, ofConstant: ofConstant)
    }
  }

  // Closures rather than key paths: those of generic types are made anew at each call.
  private func differentiate<S: FloatingPointTensorScalar>(
    _ value: Tensor<S>, at tensors: [Tensor<S>], ofConstant: Bool
  ) throws(TensorError) -> [Tensor<S>] {
    let cotangents = try backward(value.body, at: tensors.map { $0.body }, ofConstant: ofConstant)
    var gradients: [Body] = []
    for (tensor, cotangent) in zip(tensors, cotangents) {
      let own = tensor.body.sharding
      // Whose values are terms has a gradient all the same, on every rank.
      let target = own.partialReduction == nil ? own : .replicated(on: own.mesh)
      let gradient = cotangent?.lying(target) ?? Value.zeros(like: tensor.body)
      gradients.append(try gradient.checked.body)
    }
    Self.noteGradients(gradients)
    return gradients.map { Tensor<S>($0) }
  }

  /// Tells tapes that record this one's work what its outcome is.
  private static func noteGradients(_ gradients: [Body]) {
    guard Observation.isPossible else { return }
    for tape in recording {
      for gradient in gradients { tape.path.note(gradient: gradient.identity) }
    }
  }

  /// The derivatives with respect to parameters, in buffers that stay where they are from step to
  /// step.
  ///
  /// Sums over a sharded batch are all-reduced in place as soon as the last contribution to a
  /// parameter has been added, in the order of the tape. Zeros for parameters that the value does
  /// not depend on, which `unused` names. If nothing leads to any of them, because nothing was
  /// recorded or the way was cut, the job ends with a message that says where. Collective if
  /// operands were sharded.
  public func gradients<S: FloatingPointTensorScalar>(
    of value: Tensor<S>, at parameters: [Parameter<S>]
  ) -> [Tensor<S>] {
    orEnd(value.body.runtime) { () throws(TensorError) in
      try differentiate(value, at: parameters)
    }
  }

  /// `gradients(of:at:)` with errors thrown. What one rank meets in something that ranks do
  /// together is thrown by all.
  ///
  /// After an error some of the parameters have new gradients, and others those of before; a tape
  /// that is not persistent has released what it recorded.
  package func derivatives<S: FloatingPointTensorScalar>(
    of value: Tensor<S>, at parameters: [Parameter<S>]
  ) throws(TensorError) -> [Tensor<S>] {
    try value.body.runtime.together { () throws(TensorError) in
      try differentiate(value, at: parameters)
    }
  }

  private func differentiate<S: FloatingPointTensorScalar>(
    _ value: Tensor<S>, at parameters: [Parameter<S>]
  ) throws(TensorError) -> [Tensor<S>] {
    var written = [Bool](repeating: false, count: parameters.count)
    _ = try backward(value.body, at: parameters.map { $0.body }) {
      (index, cotangent) throws(TensorError) in
      try parameters[index].accept(cotangent)
      written[index] = true
    }
    for index in parameters.indices where !written[index] {
      try parameters[index].acceptZero()
    }
    let gradients = parameters.map { $0.gradient }
    Self.noteGradients(gradients.map { $0.body })
    return gradients
  }

  /// Goes back over the tape. `arrived` is called with each finished cotangent as soon as no
  /// earlier entry can add to it; those are also returned. Throws the first error of a pullback.
  package func backward(
    _ value: Body, at targets: [Body], ofConstant: Bool = false,
    _ arrived: (Int, Value) throws(TensorError) -> Void = { _, _ in }
  ) throws(TensorError) -> [Value?] {
    guard value.shape.elementCount == 1 else {
      throw TensorError(
        "gradients", given: "a value of shape \(value.shape)", expected: "one element")
    }
    _ = try value.block
    noteReleased()
    try checkRemembered(value.identity)
    let entries = self.entries
    defer { if !isPersistent { path = GradientPath() } }
    if !isPersistent { self.entries = [] }
    // Only now, as what this pass goes back over is still there.
    defer { if !isPersistent { releasedLast += entries.lazy.map(\.result) } }

    // Which entry is the first to use each target: after it no contribution is left.
    var places: [UInt64: Int] = [:]
    for (index, target) in targets.enumerated() { places[target.identity] = index }
    var firstUse = [Int](repeating: -1, count: targets.count)
    for number in entries.indices.reversed() {
      for operand in entries[number].operands {
        if let place = places[operand.identity] { firstUse[place] = number }
      }
    }
    // A tensor that is asked for twice has the place of the last.
    for (index, target) in targets.enumerated() {
      firstUse[index] = firstUse[places[target.identity]!]
    }
    let order = targets.indices.sorted { (firstUse[$1], $0) < (firstUse[$0], $1) }
    var cotangents: [UInt64: Value] = [:]
    cotangents[value.identity] = Value(try one(like: value))
    var results = [Value?](repeating: nil, count: targets.count)
    func finish(_ index: Int) throws(TensorError) {
      guard results[index] == nil, let cotangent = cotangents[targets[index].identity] else {
        return
      }
      results[index] = cotangent
      try arrived(index, cotangent)
    }
    var finished = 0
    let outer = Self.recording
    for tape in outer { tape.goingBack += 1 }
    defer { for tape in outer { tape.goingBack -= 1 } }
    for number in entries.indices.reversed() {
      let entry = entries[number]
      if let cotangent = cotangents[entry.result] {
        if places[entry.result] == nil { cotangents[entry.result] = nil }
        try checkWatchedBefore(entry)
        let contributions = entry.cotangents(for: cotangent)
        for (operand, contribution) in zip(entry.operands, contributions) {
          guard let contribution, operand.isNeeded else { continue }
          try checkRemembered(operand.identity)
          let sum = cotangents[operand.identity].map { $0 + contribution } ?? contribution
          cotangents[operand.identity] = try sum.checked
        }
      }
      while finished < order.count, firstUse[order[finished]] == number {
        try finish(order[finished])
        finished += 1
      }
    }
    // What nothing has used, such as the value itself.
    for index in targets.indices { try finish(index) }
    unused = results.indices.filter { results[$0] == nil }
    if !targets.isEmpty, unused.count == targets.count {
      try checkLeads(value, to: Set(places.keys), entries, ofConstant: ofConstant)
    }
    return results
  }

  /// Refuses a value from which nothing leads to any target, unless it is a constant that was
  /// meant.
  private func checkLeads(
    _ value: Body, to targets: Set<UInt64>, _ entries: [TapeEntry], ofConstant: Bool
  ) throws(TensorError) {
    var operands: [UInt64: [UInt64]] = [:]
    for entry in entries { operands[entry.result] = entry.operands.map(\.identity) }
    if let cut = path.cut(
      from: value.identity, to: targets, recorded: { operands[$0] ?? [] })
    {
      throw TensorError(
        "gradients",
        given:
          "a value that depends on what is asked for only through \(cut), where no gradient passes",
        expected: "a way without conversions to integers or Booleans, comparisons and stopGradient")
    }
    if follows([value]) || ofConstant || path.comesFromGradient(value.identity) { return }
    throw TensorError(
      "gradients", given: "a value that this tape has not recorded",
      expected: "one computed within record { } from parameters, or from tensors watched before")
  }

  private func noteReleased() {
    released.formUnion(releasedLast)
    releasedLast = []
  }

  /// Refuses to go back over an operation that was released.
  private func checkRemembered(_ result: UInt64) throws(TensorError) {
    guard released.contains(result) else { return }
    throw TensorError(
      "gradients", given: "a value whose recording was released when gradients were found before",
      expected: "GradientTape(persistent: true), or stopGradient of what is to be a constant")
  }

  /// Refuses to go back over an operation with an operand that was watched too late: what its
  /// cotangent takes was not kept.
  private func checkWatchedBefore(_ entry: TapeEntry) throws(TensorError) {
    guard entry.operands.contains(where: { !$0.isNeeded && followed.contains($0.identity) })
    else { return }
    throw TensorError(
      "gradients", given: "a tensor that was watched after \(entry.pullback.name) had used it",
      expected: "tensors watched before they are used")
  }

  /// A one in the shape and sharding of a value.
  private func one(like value: Body) throws(TensorError) -> Body {
    let sharding = value.sharding.reduced
    let description = value.description.with(sharding)
    let block = try value.runtime.allocate(
      description.localShape(of: value.runtime.communicator.rank), value.scalarType)
    value.runtime.executor.fill(block, with: ScalarValue(1, as: value.scalarType))
    return Body(description, block, runtime: value.runtime)
  }
}

extension Tensor {
  /// The same values, which no tape follows: a constant as far as gradients go.
  public func withoutGradient() -> Tensor { withoutGradient(for: "stopGradient") }

  /// The same as a part of an operation.
  func withoutGradient(for operation: String) -> Tensor {
    let block = orEnd(body.runtime) { () throws(TensorError) in try body.block }
    let result = Body(body.description, block, runtime: body.runtime)
    GradientTape.recordCut(operation, from: body, to: result)
    return Tensor(result)
  }
}

/// The same values, which no tape follows.
public func stopGradient<S: TensorScalar>(_ tensor: Tensor<S>) -> Tensor<S> {
  tensor.withoutGradient()
}
