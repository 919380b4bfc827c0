import Shapes

/// A function of elements as an operation applies it: to operands, and perhaps to one number beside
/// them.
public struct AppliedFunction: Hashable, Sendable {
  public let function: ElementFunction
  /// One of the two values of the function; nil where operands give all values.
  let number: ScalarValue?
  let numberIsFirst: Bool

  /// What users call it.
  var name: String { function.name }

  public init(
    _ function: ElementFunction, with number: ScalarValue? = nil, numberIsFirst: Bool = false
  ) {
    self.function = function
    self.number = number
    self.numberIsFirst = numberIsFirst
  }

  /// Appends the function of earlier values to what is to be computed.
  @discardableResult
  public func append(to elements: inout Elements, _ values: [Program.Value]) -> Program.Value {
    guard let number else {
      return elements.apply(
        function, values[0], values.count > 1 ? values[1] : nil,
        values.count > 2 ? values[2] : nil)
    }
    let constant = elements.constant(number)
    if numberIsFirst { return elements.apply(function, constant, values[0]) }
    return elements.apply(function, values[0], constant)
  }

  /// What the function makes of blocks.
  public func elements(of blocks: [StridedBlock]) -> Elements {
    var elements = Elements()
    append(to: &elements, blocks.map { elements.operand($0) })
    return elements
  }
}
