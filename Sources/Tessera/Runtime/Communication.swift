import Execution
import Synchronization

/// The plans of operations that were only explained.
final class Explanation: Sendable {
  @TaskLocal static var current: Explanation?

  private let plans = Mutex<[Plan]>([])

  func append(_ plan: Plan) { plans.withLock { $0.append(plan) } }

  var collected: [Plan] { plans.withLock { $0 } }
}

/// The plans of the operations in a closure: collectives, bytes, steps. Nothing is computed and nothing moves.
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

/// The most bytes that one operation may move between ranks.
enum CommunicationLimit {
  @TaskLocal static var bytes: Int?
  /// On the thread that waits for the closures of a map, and takes part in calling them: how many elements each
  /// thread sees differs from rank to rank.
  @TaskLocal static var isInsideMap = false

  static func check(_ plan: Plan) throws(TensorError) {
    guard !isInsideMap || !plan.communicates else {
      throw TensorError(
        plan.operation, given: "an operation that communicates, in a closure of map",
        expected: "operations on what this rank holds")
    }
    guard let bytes, plan.bytesMoved > bytes else { return }
    throw TensorError(
      plan.operation, given: "a plan that moves \(plan.bytesMoved) bytes:\n\(plan)\n",
      expected: "at most \(bytes) bytes, as withoutImplicitCommunication asks; redistribute first")
  }
}

/// Runs code in which an operation that would move more bytes than the limit between ranks is refused, with
/// the plan that it refused. An explicit `redistributed(to:)` is limited too.
public func withoutImplicitCommunication<R>(
  limit bytes: Int = 0, _ body: () throws -> R
) rethrows -> R {
  try Observation.during {
    try CommunicationLimit.$bytes.withValue(bytes) { try body() }
  }
}

/// Runs code on the first rank only; any communication inside is an error, as the others do not take part.
public func onFirstRank(_ body: () throws -> Void) rethrows {
  let communicator = Runtime.current.communicator
  guard communicator.rank == 0 else { return }
  try communicator.forbidding("onFirstRank") { try body() }
}

extension Mesh {
  /// All ranks of the job in one axis; one rank when there is no launcher.
  public static var world: Mesh { Runtime.current.mesh }

  /// A mesh of named axes over all ranks of the job; the extents must multiply to their number.
  public init(_ axes: KeyValuePairs<String, Int>) throws(TensorError) {
    try self.init(axes, ranks: Runtime.current.communicator.size)
  }

  /// Where this process stands, one coordinate a mesh axis.
  public var coordinates: [Int] {
    coordinates(ofRank: Runtime.current.communicator.rank)
  }
}

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
