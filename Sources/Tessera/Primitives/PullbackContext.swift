import Execution
import Synchronization

/// What a pullback may look at: what operands are, apart from their elements, and the values that
/// the operation says its pullback reads.
package struct PullbackContext {
  /// The operation as users call it.
  let operation: String
  /// The operands' shapes, scalar types and shardings.
  package let operands: [TensorDescription]
  /// Whether an operand's cotangent is wanted.
  package let isNeeded: [Bool]
  let runtime: Runtime
  /// The values that were kept.
  let values: [Body?]
  let keptResult: Body?
  /// Who wants to know what is read.
  let observer: ReadValues?

  /// The value of an operand, which must be among those that are kept.
  package func value(of operand: Int) -> Value {
    observer?.insert(.operand(operand))
    return kept(values[operand], operands[operand], "the value of operand \(operand)")
  }

  /// The value of the result, which must be among those that are kept.
  package var result: Value {
    observer?.insert(.result)
    return kept(keptResult, operands[0], "the value of the result")
  }

  /// - Parameter description: of a value in the place of one that was not kept.
  private func kept(
    _ body: Body?, _ description: TensorDescription, _ what: @autoclosure () -> String
  ) -> Value {
    if let body { return Value(body) }
    let error = TensorError(
      "pullback of \(operation)", given: "a look at \(what()), which no tape has kept",
      expected: "only values that kept(for:) names")
    return Value(Body(description, failed: error, runtime: runtime))
  }

  /// The cotangent of one operand, computed only if it is wanted.
  func ifNeeded(_ operand: Int, _ cotangent: () -> Value) -> Value? {
    isNeeded[operand] ? cotangent() : nil
  }
}

/// The values that a pullback has read.
final class ReadValues: Sendable {
  private let values = Mutex<KeptValues>([])

  var all: KeptValues { values.withLock { $0 } }

  func insert(_ value: KeptValues) { values.withLock { _ = $0.insert(value) } }
}
