import Distribution
import Shapes
import Synchronization

/// Plans that a rank has made not long ago: programs do the same in each of their steps, and to
/// plan a small operation takes longer than its arithmetic.
///
/// A plan follows from the type of its primitive, what that was told and the descriptions of its
/// operands. A primitive's options are known by their hash alone, on which ranks rely as well.
package final class RecentPlans: Sendable {
  private final class Entry: Sendable {
    let primitive: ObjectIdentifier
    let call: Int64
    let operands: [TensorDescription]
    let plan: Plan

    init(
      _ primitive: ObjectIdentifier, _ call: Int64, _ operands: [TensorDescription], _ plan: Plan
    ) {
      self.primitive = primitive
      self.call = call
      self.operands = operands
      self.plan = plan
    }
  }

  /// Calls of more words than this are not remembered, such as those with a long list of indices.
  package static let mostWords = 128

  private let entries = Mutex([Entry?](repeating: nil, count: 256))
  private let isChecked: Bool

  /// - Parameter isChecked: whether each remembered plan is compared with a new one, as tests do.
  init(isChecked: Bool) { self.isChecked = isChecked }

  /// The plan of a call, remembered or made anew.
  ///
  /// - Parameters:
  ///   - primitive: the type of what is called.
  ///   - call: the hash of its name, its operands and what it was told.
  package func plan(
    of primitive: Any.Type, _ call: StableHash, _ operands: [TensorDescription],
    _ make: () throws(TensorError) -> Plan
  ) throws(TensorError) -> Plan {
    guard call.wordCount <= Self.mostWords else { return try make() }
    let (primitive, number) = (ObjectIdentifier(primitive), call.number)
    let slot = Int(truncatingIfNeeded: number & 255)
    let known = entries.withLock { $0[slot] }
    if let known, known.primitive == primitive, known.call == number, known.operands == operands {
      if isChecked { try check(known.plan, try make()) }
      return known.plan
    }
    let entry = Entry(primitive, number, operands, try make())
    entries.withLock { $0[slot] = entry }
    return entry.plan
  }

  private func check(_ known: Plan, _ new: Plan) throws(TensorError) {
    guard known == new else {
      throw TensorError(
        new.operation, given: "options that hash as those of another plan: \(known)",
        expected: "options that decide on the plan, which is \(new)")
    }
  }
}
