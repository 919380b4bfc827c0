import Execution

/// The most bytes that one operation may move between ranks.
enum CommunicationLimit {
  @TaskLocal static var bytes: Int?
  /// On the thread that waits for the closures of a map, and takes part in calling them: how many
  /// elements each thread sees differs from rank to rank.
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

/// Runs code in which an operation that would move more bytes than the limit between ranks is
/// refused, with the plan that it refused. An explicit `redistributed(to:)` is limited too.
public func withoutImplicitCommunication<R>(
  limit bytes: Int = 0, _ body: () throws -> R
) rethrows -> R {
  try Observation.during {
    try CommunicationLimit.$bytes.withValue(bytes) { try body() }
  }
}
