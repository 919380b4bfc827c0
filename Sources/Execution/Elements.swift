import Shapes

/// Elements that are still to be computed: a program, with the constants and the blocks that it is
/// evaluated with.
///
/// Only the program has an identity. The same work on other blocks, or with other numbers, has the
/// same one.
public struct Elements: Sendable {
  public private(set) var program = Program()
  /// The numbers that the program's constants stand for.
  public private(set) var constants: [ScalarValue] = []
  /// The blocks that its operands stand for; they broadcast to one shape.
  public internal(set) var blocks: [StridedBlock] = []

  public init() {}

  /// The elements of a block themselves.
  public init(of block: StridedBlock) {
    operand(block)
  }

  /// Whether these are the elements of a block themselves.
  var isBlock: Bool { program.isOperand }

  /// The value of the last instruction.
  public var lastValue: Program.Value { program.lastValue }

  public func type(of value: Program.Value) -> ScalarType { program.types[value] }

  /// The same elements where other blocks hold the operands, each made from the one before.
  func over(_ change: (StridedBlock) -> StridedBlock) -> Elements {
    var result = self
    result.blocks = blocks.map(change)
    return result
  }

  @discardableResult
  public mutating func operand(_ block: StridedBlock) -> Program.Value {
    blocks.append(block)
    return program.operand(block.type)
  }

  @discardableResult
  public mutating func constant(_ value: ScalarValue) -> Program.Value {
    constants.append(value)
    return program.constant(value.type)
  }

  /// A function of one to three earlier values, computed in the type that these are computed in.
  @discardableResult
  public mutating func apply(
    _ function: ElementFunction, _ a: Program.Value, _ b: Program.Value? = nil,
    _ c: Program.Value? = nil
  ) -> Program.Value {
    if case .convert(let type) = function {
      // A value has its own type already.
      if type == self.type(of: a) { return a }
      return program.apply(function, Program.Arguments(a))
    }
    let arguments = Program.Arguments(a, b, c)
    let type = type(of: arguments[function.typedValue])
    let computed = type.computeType
    if computed != type { return apply(function, in: computed, a, b, c) }
    return program.apply(function, arguments)
  }

  /// The same in a given type, to which its values are converted first; masks are none of these.
  @discardableResult
  package mutating func apply(
    _ function: ElementFunction, in type: ScalarType, _ a: Program.Value,
    _ b: Program.Value? = nil, _ c: Program.Value? = nil
  ) -> Program.Value {
    let first = function.typedValue
    let a = first > 0 ? a : convert(a, to: type)
    let b = b.map { first > 1 ? $0 : convert($0, to: type) }
    let c = c.map { convert($0, to: type) }
    return program.apply(function, Program.Arguments(a, b, c))
  }

  @discardableResult
  public mutating func apply(_ function: UnaryFunction, _ a: Program.Value) -> Program.Value {
    apply(.unary(function), a)
  }

  @discardableResult
  public mutating func apply(_ function: Classification, _ a: Program.Value) -> Program.Value {
    apply(.classify(function), a)
  }

  @discardableResult
  public mutating func apply(
    _ function: BinaryFunction, _ a: Program.Value, _ b: Program.Value
  ) -> Program.Value {
    apply(.binary(function), a, b)
  }

  @discardableResult
  public mutating func apply(
    _ comparison: Comparison, _ a: Program.Value, _ b: Program.Value
  ) -> Program.Value {
    apply(.compare(comparison), a, b)
  }

  @discardableResult
  public mutating func select(
    _ mask: Program.Value, _ a: Program.Value, _ b: Program.Value
  ) -> Program.Value {
    apply(.select, mask, a, b)
  }

  @discardableResult
  public mutating func convert(_ value: Program.Value, to type: ScalarType) -> Program.Value {
    apply(.convert(to: type), value)
  }

  /// The same elements as a type.
  func converted(to type: ScalarType) -> Elements {
    if program.resultType == type { return self }
    var result = self
    result.convert(lastValue, to: type)
    return result
  }

  /// Appends what other elements are computed from; stored values stay behind.
  @discardableResult
  public mutating func append(_ other: Elements) -> Program.Value {
    constants += other.constants
    blocks += other.blocks
    return program.append(other.program)
  }

  /// Keeps a value besides the last one, in a block of its own.
  public mutating func store(_ value: Program.Value) { program.store(value) }
}
