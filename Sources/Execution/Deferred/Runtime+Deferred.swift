import Machine
import Shapes

extension Runtime {
  /// Applies an elementwise function to small bodies that lie alike, without a plan; nil for others.
  public func applyDirectly(
    _ applied: AppliedFunction, to bodies: [Body]
  ) throws(TensorError) -> Body? {
    try executor.applyDirectly(applied, to: bodies, below: deferral.leastElementCount)
  }

  /// Whether an elementwise result of so many local elements waits until it is asked for.
  public func defers(elementCount: Int) -> Bool { elementCount >= deferral.leastElementCount }

  /// The result of an elementwise function, computed when it is asked for.
  func deferred(
    _ function: AppliedFunction, _ operands: [Deferred.Operand], type: ScalarType, shape: Shape
  ) throws(TensorError) -> Deferred {
    var operands = operands
    for (index, operand) in operands.enumerated() {
      // What is repeated is computed once, before.
      if case .deferred(let node) = operand, node.shape != shape {
        operands[index] = .block(try computed(node))
      }
    }
    while case let size = Deferred.size(of: operands),
      size.instructions > Deferred.limits.instructions || size.blocks > Deferred.limits.blocks,
      let (index, node) = Deferred.largest(of: operands)
    {
      operands[index] = .block(try computed(node))
    }
    let node = Deferred(function, operands, type: type, shape: shape)
    deferral.remember(node)
    return node
  }

  /// What a node stands for, computed now if it is not yet.
  func computed(_ node: Deferred) throws(TensorError) -> StridedBlock {
    try deferral.exclusively { () throws(TensorError) in try compute(node) }
  }

  /// Computes all that reads a storage, so that it can be overwritten.
  func settle(readersOf storage: Storage) throws(TensorError) {
    for node in deferral.readers(of: storage) { _ = try computed(node) }
  }

  /// The elements of a node for a pass that reads each of them once; the node stays pending. Only
  /// once: whoever comes second finds the values computed.
  func elements(of node: Deferred) throws(TensorError) -> Elements {
    try deferral.exclusively { () throws(TensorError) in
      if case .pending = node.outcome, node.consumerCount.load(ordering: .acquiring) == 0 {
        node.consumerCount.add(1, ordering: .relaxed)
        var graph = try DeferredGraph(node.function, node.operands)
        // Nothing is stored in this pass: what others will ask for must not be computed again with
        // each of them. The outermost of these first, as its pass stores those that it is made of.
        for other in graph.storeKept().reversed() { _ = try compute(other) }
        return try DeferredGraph(node.function, node.operands).elements
      }
      return Elements(of: try compute(node))
    }
  }

  /// The same where the caller has the lock.
  func compute(_ node: Deferred) throws(TensorError) -> StridedBlock {
    switch node.outcome {
    case .computed(let block): return block
    case .failed(let error): throw error
    case .pending: break
    }
    var graph = try DeferredGraph(node.function, node.operands)
    let kept = graph.storeKept()
    graph.detach()
    node.operands = []
    do throws(TensorError) {
      var others: [StridedBlock] = []
      for other in kept {
        others.append(try allocate(other.shape, other.type, for: other.function.name))
      }
      var target = graph.donatedBlock(node.type, node.shape)
      if target == nil {
        target = try allocate(node.shape, node.type, for: node.function.name)
      }
      executor.evaluate(graph.elements, into: target!, storing: others)
      for (other, block) in zip(kept, others) { other.outcome = .computed(block) }
      node.outcome = .computed(target!)
      return target!
    } catch {
      // The operands are gone, so that nothing can be tried again.
      for other in kept + [node] { other.outcome = .failed(error) }
      throw error
    }
  }
}
