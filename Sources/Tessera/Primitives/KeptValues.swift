/// Values of an operation, of its operands and of its result: those that its pullback reads, for a
/// tape to keep.
package struct KeptValues: OptionSet, Hashable, Sendable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let result = KeptValues(rawValue: 1)

  /// - Parameter index: one of the first 63 operands.
  package static func operand(_ index: Int) -> KeptValues {
    precondition((0..<63).contains(index), "operand \(index) cannot be kept")
    return KeptValues(rawValue: 2 << UInt64(index))
  }

  func contains(operand index: Int) -> Bool { index < 63 && contains(.operand(index)) }

  /// These where a condition holds, else none.
  package func when(_ condition: Bool) -> KeptValues { condition ? self : [] }
}

extension KeptValues: CustomStringConvertible {
  package var description: String {
    let operands = (0..<63).filter { contains(operand: $0) }.map { "operand \($0)" }
    return "[\((operands + (contains(.result) ? ["result"] : [])).joined(separator: ", "))]"
  }
}
