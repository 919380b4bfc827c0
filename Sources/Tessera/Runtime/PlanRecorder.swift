import Execution
import Synchronization

/// The plans, primitives and functions of the operations that ran in a closure, and the pullbacks
/// that did, for tests: plans are compared with what was moved, pullbacks with what was kept for
/// them, the others with what there is.
package final class PlanRecorder: Sendable {
  @TaskLocal static var current: PlanRecorder?

  private struct Recorded {
    var plans: [Plan] = []
    var primitives: Set<String> = []
    var functions: Set<String> = []
    var pullbacks: [PullbackRun: KeptValues] = [:]
  }

  private let recorded = Mutex(Recorded())

  package init() {}

  package var plans: [Plan] { recorded.withLock { $0.plans } }

  /// Names of types, without their arguments.
  package var primitives: Set<String> { recorded.withLock { $0.primitives } }

  /// The functions that primitives were told, such as `UnaryFunction.exp`.
  package var functions: Set<String> { recorded.withLock { $0.functions } }

  /// The values that pullbacks have read, in any of their runs.
  package var pullbacks: [PullbackRun: KeptValues] { recorded.withLock { $0.pullbacks } }

  func append(_ plan: Plan) { recorded.withLock { $0.plans.append(plan) } }

  func append(_ primitive: some Primitive) {
    let name = Self.name(of: primitive)
    let functions = Mirror(reflecting: primitive).children.map(\.value)
      .filter { $0 is any CaseIterable }.map { "\(type(of: $0)).\($0)" }
    recorded.withLock {
      $0.primitives.insert(name)
      $0.functions.formUnion(functions)
    }
  }

  func append(_ run: PullbackRun, _ read: KeptValues) {
    recorded.withLock { $0.pullbacks[run, default: []].formUnion(read) }
  }

  /// The name of a primitive's type, without its arguments.
  static func name(of primitive: some Primitive) -> String {
    String("\(type(of: primitive))".prefix { $0 != "<" })
  }

  package func record<R>(_ body: () throws -> R) rethrows -> R {
    try Observation.during {
      try Self.$current.withValue(self) { try body() }
    }
  }
}

/// A pullback that ran: that of an operation, for some of its operands, with some values kept for
/// it.
package struct PullbackRun: Hashable, Sendable {
  /// The type and the name.
  package let operation: String
  package let isNeeded: [Bool]
  package let kept: KeptValues
}
