import Execution

extension Body {
  /// Makes the elements of the body that a variable holds the variable's alone, for a write that
  /// comes now: each with a place of its own, and none the user's for reading alone.
  ///
  /// What is still to be computed from them is computed before. Whoever writes says so by
  /// `noteWrite`.
  /// - Parameter keepingAddress: whether the elements stay where they are, and who else refers to
  ///   them gets the copy; otherwise the variable gets it, in a new body.
  /// - Parameter operands: may refer to the elements too, as the write knows what they read.
  /// - Returns: whether the elements were copied.
  static func claim(
    _ body: inout Body, keepingAddress: Bool = false, besides operands: inout [LocalOperand]
  ) throws(TensorError) -> Bool {
    if !keepingAddress, try isWritable(&body, besides: &operands) { return false }
    return try claim(&body, keepingAddress: keepingAddress)
  }

  /// Whether the elements are the variable's alone, but for operands, and may be written.
  static func isWritable(
    _ body: inout Body, besides operands: inout [LocalOperand]
  ) throws(TensorError) -> Bool {
    guard isKnownUniquelyReferenced(&body), try body.holdsStorageAlone(besides: &operands) else {
      return false
    }
    let block = try body.block
    return block.storage.isWritable && !block.isRepeated
  }

  /// The same where no operand does.
  static func claim(
    _ body: inout Body, keepingAddress: Bool = false
  ) throws(TensorError) -> Bool {
    _ = try body.block
    let isAlone = isKnownUniquelyReferenced(&body)
    if keepingAddress {
      // Who holds the body itself keeps it, with a copy of the contents; the block stays here.
      let own =
        isAlone
        ? body
        : Body(
          body.description, try body.block, runtime: body.runtime, isParameter: body.isParameter)
      let isCopied = try own.claimStorage()
      body = own
      return isCopied
    }
    if isAlone, try body.holdsStorageAlone() {
      let block = try body.block
      if block.storage.isWritable, !block.isRepeated { return false }
    }
    let runtime = body.runtime
    let copy = try runtime.allocate(body.localShape, body.scalarType, for: "writing")
    runtime.executor.copy(try body.block, into: copy)
    body = Body(body.description, copy, runtime: runtime)
    return true
  }

  /// Whether an elementwise function of this body and others may be written over it without a plan,
  /// as nothing has to move.
  func isAlignedTarget(of others: [Body]) -> Bool {
    sharding.partialReduction == nil && others.allSatisfy { $0.liesLike(self) }
  }
}

extension LocalOperand {
  /// What the operand holds, computed now if it is not yet.
  var materialized: StridedBlock {
    get throws(TensorError) {
      switch self {
      case .block(let block): block
      case .body(let body): try body.block
      }
    }
  }

  /// Whether nobody but tensors can change what it reads.
  var isOfTensors: Bool {
    get throws(TensorError) {
      switch self {
      case .block(let block): return block.storage.isReusable
      case .body(let body):
        if body.isPending { return true }
        return try body.storage.isReusable
      }
    }
  }

  /// The elements of an operand that waits, for a pass that reads each of them once and gives so
  /// many; nil for others. What is repeated is better computed once, before.
  func pendingElements(count: Int) throws(TensorError) -> Elements? {
    guard case .body(let body) = self, body.isPending, body.localElementCount == count else {
      return nil
    }
    return try body.elements
  }
}

extension Runtime {
  /// Operands where a plan needs them; those that stay where they are may wait.
  ///
  /// - Parameter keepsAll: whether all stay, so that no alignment is looked at.
  func aligned(
    _ operands: consuming [Body], _ alignments: [Redistribution], keepsAll: Bool,
    for operation: String
  ) throws(TensorError) -> [LocalOperand] {
    var aligned: [LocalOperand] = []
    aligned.reserveCapacity(operands.count)
    for index in operands.indices {
      let operand = try operands[index].brought(to: self, for: operation)
      if keepsAll {
        aligned.append(operand.isPending ? .body(operand) : .block(try operand.block))
        continue
      }
      let alignment = alignments[index]
      aligned.append(
        alignment.isKeeping && operand.isPending
          ? .body(operand) : .block(try redistribute(operand.block, alignment)))
    }
    return aligned
  }

  /// Writes an elementwise function over one of its operands.
  ///
  /// - Parameters:
  ///   - others: the other operands, aligned.
  ///   - place: which of the operands is the target.
  ///   - agree: called when nothing can fail any more, before the first element is written.
  func write(
    _ function: AppliedFunction, _ others: [LocalOperand], at place: Int,
    into target: StridedBlock, _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) {
    if try overwriteDirectly(target, with: function, of: others, at: place, agree) { return }
    var elements = Elements()
    var values: [Program.Value] = []
    for (index, other) in others.enumerated() {
      if index == place { values.append(elements.operand(target)) }
      if let pending = try other.pendingElements(count: target.elementCount) {
        values.append(elements.append(pending))
      } else {
        values.append(elements.operand(try other.materialized))
      }
    }
    if place == others.count { values.append(elements.operand(target)) }
    function.append(to: &elements, values)
    try executor.overwrite(target, with: elements, agree)
  }
}
