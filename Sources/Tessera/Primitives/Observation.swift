import Synchronization

/// Scopes in which somebody wants to know of each operation: recording tapes, recorders of
/// plans, limits.
///
/// They are told by task-local values, which cost a small operation as much as its arithmetic to
/// read. So all threads count the scopes they are in, and where there is none, nobody looks.
enum Observation {
  private static let scopeCount = Atomic<Int>(0)

  /// Whether any thread is in such a scope; only then can this one be.
  static var isPossible: Bool { scopeCount.load(ordering: .relaxed) != 0 }

  /// Whether this thread wants to know of plans.
  static var isOfPlans: Bool {
    isPossible && PlanRecorder.current != nil
  }

  /// Runs code that is such a scope.
  static func during<R>(_ body: () throws -> R) rethrows -> R {
    scopeCount.add(1, ordering: .relaxed)
    defer { scopeCount.subtract(1, ordering: .relaxed) }
    return try body()
  }
}
