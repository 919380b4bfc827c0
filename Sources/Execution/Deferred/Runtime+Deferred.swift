import Machine
import Shapes

extension Runtime {
  /// Applies an elementwise function to small bodies that lie alike, without a plan; nil for
  /// others.
  public func applyDirectly(
    _ applied: AppliedFunction, to bodies: [Body]
  ) throws(TensorError) -> Body? {
    try executor.applyDirectly(applied, to: bodies, below: deferral.leastElementCount)
  }

  /// Writes an elementwise function over a small operand, without a program; false for others.
  public func overwriteDirectly(
    _ target: StridedBlock, with applied: AppliedFunction, of others: [LocalOperand],
    at place: Int, _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) -> Bool {
    try executor.overwriteDirectly(
      target, with: applied, of: others, at: place, below: deferral.leastElementCount, agree)
  }

  /// Whether an elementwise result of so many local elements waits until it is asked for.
  public func defers(elementCount: Int) -> Bool { elementCount >= deferral.leastElementCount }

  /// Whether the product of two matrices that are there waits until it is asked for: a large one,
  /// which nothing but too little memory can hinder then, of factors that are not much larger, as
  /// they are kept.
  public func defersProduct(_ a: StridedBlock, _ b: StridedBlock) -> Bool {
    let (rows, depth, columns) = (a.shape[0], a.shape[1], b.shape[1])
    guard defers(elementCount: rows * columns), max(rows, depth, columns) <= blasLimit,
      a.elementCount + b.elementCount <= 4 * rows * columns
    else { return false }
    if !executor.holdsElements { return true }
    if case .success = LinearAlgebraLibrary.shared { return true }
    return false
  }

  /// The result of an elementwise function, computed when it is asked for.
  func deferred(
    _ function: AppliedFunction, _ operands: [Deferred.Operand], type: ScalarType, shape: Shape
  ) throws(TensorError) -> Deferred {
    var operands = operands
    for (index, operand) in operands.enumerated() {
      // What is repeated is computed once, before.
      if case .deferred(let deferred) = operand, deferred.shape != shape {
        operands[index] = .block(try computed(deferred, because: .repeated))
      }
    }
    var size = Deferred.size(of: operands)
    while !size.isWithinLimits, let (index, deferred) = Deferred.largest(of: operands) {
      size = deferral.exclusively { Deferred.distinctSize(of: operands) }
      if size.isWithinLimits { break }
      operands[index] = .block(try computed(deferred, because: .long))
      size = Deferred.size(of: operands)
    }
    let deferred = Deferred(function, operands, size: size, type: type, shape: shape)
    deferral.remember(deferred)
    return deferred
  }

  /// The elements of a view, in memory of their own when something other than a pass over elements
  /// asks for them.
  func deferred(_ view: StridedBlock, as name: String) -> Deferred {
    let deferred = Deferred(view, named: name)
    deferral.remember(deferred)
    return deferred
  }

  /// The product of two matrices, computed when it is asked for.
  func deferredProduct(_ a: StridedBlock, _ b: StridedBlock, as name: String) -> Deferred {
    let deferred = Deferred(productOf: a, b, named: name)
    deferral.remember(deferred)
    return deferred
  }

  /// What a deferred result stands for, computed now if it is not yet.
  func computed(
    _ deferred: Deferred, because reason: StoredReason = .asked
  ) throws(TensorError) -> StridedBlock {
    try deferral.exclusively { () throws(TensorError) in try compute(deferred, because: reason) }
  }

  /// Computes all that reads a storage, but for some results, so that it can be overwritten.
  func settle(readersOf storage: Storage, but others: [Deferred] = []) throws(TensorError) {
    for deferred in deferral.readers(of: storage) {
      if !others.contains(where: { $0 === deferred }) {
        _ = try computed(deferred, because: .overwritten)
      }
    }
  }

  /// The elements of a deferred result for a pass that reads each of them once; it stays pending.
  /// Only once: whoever comes second finds the values computed.
  func elements(of deferred: Deferred) throws(TensorError) -> Elements {
    try deferral.exclusively { () throws(TensorError) in
      if case .pending = deferred.outcome, !deferred.isProduct,
        deferred.consumerCount.load(ordering: .acquiring) == 0
      {
        deferred.consumerCount.add(1, ordering: .relaxed)
        var graph = try DeferredGraph(of: deferred)
        // Nothing is stored in this pass: what others will ask for must not be computed again with
        // each of them. The outermost of these first, as its pass stores those that it is made of.
        for other in graph.storeKept().reversed() { _ = try compute(other, because: .shared) }
        graph = try DeferredGraph(of: deferred)
        // A product has to be stored, so what becomes of it may as well.
        if graph.products.isEmpty { return graph.elements }
      }
      return Elements(of: try compute(deferred, because: .shared))
    }
  }

  /// All that a deferred result needs, of which products that cannot be joined with it are computed
  /// now; one at most is not. The caller has the lock.
  private func graph(of deferred: Deferred) throws(TensorError) -> DeferredGraph {
    let graph = try DeferredGraph(of: deferred)
    if graph.products.isEmpty { return graph }
    let joined = graph.ownProduct(deferred.type)
    let others = graph.products.filter { $0.deferred !== joined }
    if others.isEmpty { return graph }
    for other in others { _ = try compute(other.deferred, because: .shared) }
    return try DeferredGraph(of: deferred)
  }

  /// The same where the caller has the lock.
  func compute(
    _ deferred: Deferred, because reason: StoredReason
  ) throws(TensorError) -> StridedBlock {
    switch deferred.outcome {
    case .computed(let block): return block
    case .failed(let error): throw error
    case .pending: break
    }
    if let (a, b) = deferred.factors { return try multiply(a, b, as: deferred) }
    var graph = try graph(of: deferred)
    let product = graph.products.first.flatMap { product in
      product.deferred.factors.map {
        PendingProduct(a: $0.a, b: $0.b, operand: product.operand)
      }
    }
    let kept = graph.storeKept()
    graph.detach()
    deferred.operands = []
    do throws(TensorError) {
      var others: [StridedBlock] = []
      for other in kept {
        others.append(try allocate(other.shape, other.type, for: other.name))
      }
      // A product is written before anything else is read.
      var target = product == nil ? graph.donatedBlock(deferred.type, deferred.shape) : nil
      if target == nil {
        target = try allocate(deferred.shape, deferred.type, for: deferred.name)
      }
      if let product {
        graph.place(target!, forOperand: product.operand)
        try executor.evaluate(graph.elements, behind: product, into: target!, storing: others)
      } else {
        executor.evaluate(graph.elements, into: target!, storing: others)
      }
      for (other, block) in zip(kept, others) {
        other.outcome = .computed(block)
        profiler?.noteStored(other.name, block, because: .shared)
      }
      profiler?.noteStored(deferred.label(of: graph.elements.program), target!, because: reason)
      deferred.outcome = .computed(target!)
      return target!
    } catch {
      // The operands are gone, so that nothing can be tried again.
      for other in kept + [deferred] { other.outcome = .failed(error) }
      throw error
    }
  }

  private func multiply(
    _ a: StridedBlock, _ b: StridedBlock, as deferred: Deferred
  ) throws(TensorError) -> StridedBlock {
    deferred.operands = []
    do throws(TensorError) {
      let target = try allocate(deferred.shape, deferred.type, for: deferred.name)
      try executor.multiply(a, b, into: target)
      deferred.outcome = .computed(target)
      return target
    } catch {
      deferred.outcome = .failed(error)
      throw error
    }
  }
}
