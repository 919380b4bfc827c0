import Execution
import Synchronization

/// The plans of operations that were only explained.
final class Explanation: Sendable {
  @TaskLocal static var current: Explanation?

  private let plans = Mutex<[Plan]>([])

  func append(_ plan: Plan) { plans.withLock { $0.append(plan) } }

  var collected: [Plan] { plans.withLock { $0 } }
}

/// The plans of the operations in a closure: collectives, bytes, steps. Nothing is computed and
/// nothing moves.
///
/// Local; the closure may use shapes and shardings of its tensors but not their values.
public func explain<R>(_ body: () throws -> R) rethrows -> [Plan] {
  let explanation = Explanation()
  _ = try Observation.during {
    try Explanation.$current.withValue(explanation) { try body() }
  }
  return explanation.collected
}

/// Whether operations are only explained, so that nothing may be read or written outside either.
package var isExplaining: Bool { Explanation.current != nil }
