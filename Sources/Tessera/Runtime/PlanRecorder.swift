import Execution
import Synchronization

/// The plans, primitives and functions of the operations that ran in a closure, for tests: plans are compared with what
/// was moved, the others with what there is.
package final class PlanRecorder: Sendable {
  @TaskLocal static var current: PlanRecorder?

  private struct Recorded {
    var plans: [Plan] = []
    var primitives: Set<String> = []
    var functions: Set<String> = []
  }

  private let recorded = Mutex(Recorded())

  package init() {}

  package var plans: [Plan] { recorded.withLock { $0.plans } }

  /// Names of types, without their arguments.
  package var primitives: Set<String> { recorded.withLock { $0.primitives } }

  /// The functions that primitives were told, such as `UnaryFunction.exp`.
  package var functions: Set<String> { recorded.withLock { $0.functions } }

  func append(_ plan: Plan) { recorded.withLock { $0.plans.append(plan) } }

  func append(_ primitive: some Primitive) {
    let name = "\(type(of: primitive))".prefix { $0 != "<" }
    let functions = Mirror(reflecting: primitive).children.map(\.value)
      .filter { $0 is any CaseIterable }.map { "\(type(of: $0)).\($0)" }
    recorded.withLock {
      $0.primitives.insert(String(name))
      $0.functions.formUnion(functions)
    }
  }

  package func record<R>(_ body: () throws -> R) rethrows -> R {
    try Observation.during {
      try Self.$current.withValue(self) { try body() }
    }
  }
}
