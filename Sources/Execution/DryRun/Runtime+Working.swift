import Shapes
import Synchronization

/// Within a dry run, tensors from outside are worked on by its runtime too.
extension Runtime {
  @TaskLocal private static var substitute: Runtime?
  /// Scopes in which any thread works on another runtime: where there is none, nobody looks for it.
  private static let substituteCount = Atomic<Int>(0)

  /// What works on tensors of this runtime: itself, but within `working`.
  public var inUse: Runtime {
    Self.substituteCount.load(ordering: .relaxed) == 0 ? self : Self.substitute ?? self
  }

  /// Runs code in which this runtime makes all tensors, and works on those of others.
  package func working<R>(_ body: () throws -> R) rethrows -> R {
    Self.substituteCount.add(1, ordering: .relaxed)
    defer { Self.substituteCount.subtract(1, ordering: .relaxed) }
    return try Self.$substitute.withValue(self) { try makeCurrent(body) }
  }
}

extension Body {
  /// Whether the body belongs to another runtime than that which works on it here: it must not be
  /// computed or changed.
  public var isOutside: Bool { outline.runtime !== runtime }

  /// The body as `runtime` works on it: one whose elements are still to be computed elsewhere is
  /// stood in for.
  ///
  /// - Throws: a `TensorError` for a body of other ranks, or of a dry run that is over.
  public func brought(to runtime: Runtime, for operation: String) throws(TensorError) -> Body {
    if outline.runtime === runtime { return self }
    if runtime.executor.holdsElements {
      guard outline.runtime.executor.holdsElements else {
        throw TensorError(
          operation, given: "a tensor that was only planned",
          expected: "tensors with elements; those of a dry run stay inside it")
      }
      return self
    }
    return isPending
      ? try planned(on: runtime, for: operation) : try checked(on: runtime, operation)
  }

  /// A body like this one in a dry run, of which only shape and sharding are known.
  package func planned(
    on runtime: Runtime, for operation: String
  ) throws(TensorError) -> Body {
    let description = try checked(on: runtime, operation).description
    return Body(
      description, try runtime.allocate(description), runtime: runtime, isParameter: isParameter)
  }

  private func checked(on runtime: Runtime, _ operation: String) throws(TensorError) -> Body {
    guard sharding.mesh == runtime.mesh else {
      throw TensorError(
        operation,
        given: "a tensor from outside, of \(sharding.mesh.count) ranks, in a dry run of "
          + "\(runtime.mesh.count)",
        expected: "tensors made inside of it")
    }
    return self
  }
}

extension DryExecutor {
  // Unchecked because the objects belong to the thread that runs the program.
  /// What stands in for an object from outside that operations change, such as a parameter.
  struct Copy: @unchecked Sendable {
    /// Kept so that its identity is not given to another.
    let original: AnyObject
    let copy: AnyObject
  }

  /// What stands in for an object from outside, which is made when it is first asked for.
  package func copy<Object: AnyObject>(
    of original: Object, _ make: () throws(TensorError) -> Object
  ) throws(TensorError) -> Object {
    let key = ObjectIdentifier(original)
    if let known = copies.withLock({ $0[key] })?.copy as? Object { return known }
    let copy = try make()
    let entry = Copy(original: original, copy: copy)
    copies.withLock { $0[key] = entry }
    return copy
  }
}
