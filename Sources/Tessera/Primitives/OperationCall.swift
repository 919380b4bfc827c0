import Execution
import MessagePassing

/// An operation while it is carried out, as its collectives compare it among the ranks and name it.
///
/// A plan follows from the operation, its operands and its options; so these are compared.
///
/// Not generic: to find a generic class in a function that is not specialised takes longer than the
/// call itself.
final class OperationCall: CollectiveCall {
  private let options: any CallOptions
  private let operation: String
  private let operands: [TensorDescription]
  let fingerprint: Int64

  fileprivate init(_ options: some CallOptions, _ plan: Plan, _ fingerprint: Int64) {
    self.options = options
    operation = plan.operation
    operands = plan.operands
    self.fingerprint = fingerprint
  }

  func description(_ detail: CallDetail) -> String {
    let call = "\(operation)(\(operands.map(\.description).joined(separator: ", ")))"
    if detail == .operands { return call }
    let result = options.result(of: operands).map { " → \($0)" } ?? ""
    if detail == .results { return call + result }
    let told = Mirror(reflecting: options).children.map { option in
      (option.label.map { "\($0) " } ?? "") + "\(option.value)"
    }
    return call + result + (told.isEmpty ? "" : " with " + told.joined(separator: ", "))
  }
}

/// What an operation was told beside its operands.
package protocol CallOptions: Sendable {
  /// Combines all that the result or its way depends on, apart from the operands' descriptions and
  /// what cannot be compared, such as closures.
  func hashOptions(into hash: inout StableHash)

  /// What comes of operands; nil where it cannot be told.
  func result(of operands: [TensorDescription]) -> TensorDescription?
}

extension Primitive {
  /// The plan for operands, and the hash of the call by which ranks compare it and plans are
  /// remembered.
  func recentPlan(
    _ operands: [TensorDescription], on runtime: Runtime
  ) throws(TensorError) -> (plan: Plan, call: StableHash) {
    var call = StableHash()
    call.combine(name)
    call.combine(operands)
    hashOptions(into: &call)
    let plan = try runtime.recentPlans.plan(of: Self.self, call, operands) {
      () throws(TensorError) in try self.plan(operands)
    }
    return (plan, call)
  }
}

extension Plan {
  /// Begins to carry the plan out, after everything that may refuse it; every plan passes here.
  ///
  /// Each of its collectives compares the call among the ranks. True where the call is to be ended,
  /// as the plan may communicate.
  func begin(
    _ call: StableHash, for options: some CallOptions, on runtime: Runtime
  ) throws(TensorError) -> Bool {
    if Observation.isPossible {
      try CommunicationLimit.check(self)
      PlanRecorder.current?.append(self)
    }
    runtime.dry?.note(self)
    guard runtime.communicator.size > 1, mayCommunicate else { return false }
    // A long list of indices, say, is not to be held for longer than its operation.
    let isKept = call.wordCount <= RecentPlans.mostWords
    return runtime.communicator.begin(call.number, isKept: isKept) {
      OperationCall(options, self, call.number)
    }
  }
}
