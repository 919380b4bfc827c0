import Execution
import Tessera

extension Tensor {
  func complaint(about check: Check) throws -> String? {
    let name = "variable \(check.variable)"
    guard try withScalar(named: check.scalar, { $0.scalarType }) == Scalar.scalarType else {
      return "\(name) is of \(Scalar.scalarType), expected \(check.scalar)"
    }
    guard Array(shape) == check.shape else {
      return "\(name) has shape \(shape), expected \(check.shape)"
    }
    let elements = try gatheredScalars()
    func first(
      _ isRight: (Int) -> Bool, _ expected: (Int) -> String
    ) -> String? {
      guard let wrong = elements.indices.first(where: { !isRight($0) }) else { return nil }
      let count = elements.indices.count { !isRight($0) }
      return "\(name), \(Scalar.scalarType) \(check.shape), \(sharding): element \(wrong) is "
        + "\(elements[wrong]), expected \(expected(wrong)); \(count) of \(elements.count) differ"
    }
    switch check.expectation {
    case .signs(let text):
      let right: [Scalar] = try decoded(text)
      guard right.count == elements.count else { throw Malformed("the values of \(name)") }
      return first(
        { Self.isSame(elements[$0], right[$0], withSigns: true) }, { "\(right[$0])" })
    case .numbers(let text):
      let right: [Scalar] = try decoded(text)
      guard right.count == elements.count else { throw Malformed("the values of \(name)") }
      return first(
        { Self.isSame(elements[$0], right[$0], withSigns: false) }, { "\(right[$0])" })
    case .bounds(let text, let errors):
      let (right, bounds): ([Double], [Double]) = (try decoded(text), try decoded(errors))
      guard right.count == elements.count, bounds.count == right.count else {
        throw Malformed("the values of \(name)")
      }
      return first(
        {
          let number = elements[$0].scalarValue.number
          return number == right[$0] || number.isNaN && right[$0].isNaN
            || (number - right[$0]).magnitude <= bounds[$0]
        }, { "\(right[$0]) within \(bounds[$0])" })
    }
  }

  private static func isSame(_ a: Scalar, _ b: Scalar, withSigns: Bool) -> Bool {
    if a.scalarValue == b.scalarValue { return true }
    guard Scalar.scalarType.isFloatingPoint else { return false }
    let (a, b) = (a.scalarValue.number, b.scalarValue.number)
    return a.isNaN && b.isNaN || !withSigns && a == b
  }
}
