import CKernels
import Shapes

/// A short elementwise program over block registers: every instruction gives one value a result element.
///
/// It knows nothing of shapes; operands are numbered and bound when it is evaluated.
public struct Program: Hashable, Sendable {
  /// The number of an instruction, which names its value.
  public typealias Value = Int

  enum Instruction: Hashable, Sendable {
    case operand(Int)
    case constant(ScalarValue)
    case unary(UnaryFunction, Value)
    case classify(Classification, Value)
    case binary(BinaryFunction, Value, Value)
    case compare(Comparison, Value, Value)
    case select(Value, Value, Value)
    case convert(Value)
  }

  private(set) var instructions: [Instruction] = []
  private(set) var types: [ScalarType] = []
  /// How many operands there are.
  public private(set) var operandCount = 0
  /// Values that are kept too, besides the last.
  public private(set) var stored: [Value] = []

  public init() {}

  /// A program that gives its only operand.
  public static func identity(_ type: ScalarType) -> Program {
    var program = Program()
    program.operand(type)
    return program
  }

  /// The value of the operand with a number.
  func value(ofOperand number: Int) -> Value { instructions.firstIndex(of: .operand(number))! }

  /// The value of the last instruction.
  public var lastValue: Value { instructions.count - 1 }

  /// The type of the last instruction's value, which is the program's.
  public var resultType: ScalarType { types.last! }

  public func type(of value: Value) -> ScalarType { types[value] }

  @discardableResult
  public mutating func operand(_ type: ScalarType) -> Value {
    operandCount += 1
    return append(.operand(operandCount - 1), type)
  }

  @discardableResult
  public mutating func constant(_ value: ScalarValue) -> Value {
    append(.constant(value), value.type)
  }

  @discardableResult
  public mutating func apply(_ function: UnaryFunction, _ value: Value) -> Value {
    append(.unary(function, value), types[value])
  }

  @discardableResult
  public mutating func apply(_ function: Classification, _ value: Value) -> Value {
    append(.classify(function, value), .bool)
  }

  @discardableResult
  public mutating func apply(_ function: BinaryFunction, _ a: Value, _ b: Value) -> Value {
    precondition(types[a] == types[b], "operands of one type")
    return append(.binary(function, a, b), types[a])
  }

  @discardableResult
  public mutating func apply(_ function: Comparison, _ a: Value, _ b: Value) -> Value {
    precondition(types[a] == types[b], "operands of one type")
    return append(.compare(function, a, b), .bool)
  }

  @discardableResult
  public mutating func select(_ mask: Value, _ a: Value, _ b: Value) -> Value {
    precondition(types[mask] == .bool && types[a] == types[b], "a mask and operands of one type")
    return append(.select(mask, a, b), types[a])
  }

  @discardableResult
  public mutating func convert(_ value: Value, to type: ScalarType) -> Value {
    types[value] == type ? value : append(.convert(value), type)
  }

  /// Appends all instructions of another program, whose operands become new ones of this; stored values do not.
  @discardableResult
  public mutating func append(_ other: Program) -> Value {
    let offset = instructions.count
    for (instruction, type) in zip(other.instructions, other.types) {
      switch instruction {
      case .operand: operand(type)
      case .constant: append(instruction, type)
      case .unary(let function, let a): append(.unary(function, a + offset), type)
      case .classify(let function, let a): append(.classify(function, a + offset), type)
      case .convert(let a): append(.convert(a + offset), type)
      case .binary(let function, let a, let b):
        append(.binary(function, a + offset, b + offset), type)
      case .compare(let function, let a, let b):
        append(.compare(function, a + offset, b + offset), type)
      case .select(let mask, let a, let b):
        append(.select(mask + offset, a + offset, b + offset), type)
      }
    }
    return instructions.count - 1
  }

  /// Keeps a value besides the last one, in a block of its own.
  public mutating func store(_ value: Value) {
    stored.append(value)
  }

  @discardableResult
  private mutating func append(_ instruction: Instruction, _ type: ScalarType) -> Value {
    instructions.append(instruction)
    types.append(type)
    return instructions.count - 1
  }
}

extension Program.Instruction {
  /// The values that an instruction reads.
  func forEachInput(_ body: (Program.Value) -> Void) {
    switch self {
    case .operand, .constant: return
    case .unary(_, let a), .classify(_, let a), .convert(let a): body(a)
    case .binary(_, let a, let b), .compare(_, let a, let b):
      body(a)
      body(b)
    case .select(let mask, let a, let b):
      body(mask)
      body(a)
      body(b)
    }
  }

  /// Whether a kernel computes the value, which may write it anywhere.
  var isComputed: Bool {
    switch self {
    case .operand, .constant: false
    default: true
    }
  }
}
