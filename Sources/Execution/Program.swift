import Shapes

/// A short elementwise program over registers: every instruction gives one value a result
/// element.
///
/// It knows nothing of shapes and numbers: operands and constants are numbered, and bound when it
/// is evaluated (`Elements`). Programs that differ in these alone are equal.
public struct Program: Sendable {
  /// The number of an instruction, which names its value.
  public typealias Value = Int

  /// The values that a function takes: one to three, without an array of their own.
  struct Arguments: Hashable, Sendable {
    private let first, second, third: Int32
    private let number: Int32

    var count: Int { Int(number) }

    /// A function looks at no more of them than it takes: those that are not there are the first.
    subscript(position: Int) -> Value {
      switch position {
      case 0: Int(first)
      case 1: Int(second)
      default: Int(third)
      }
    }

    init(_ first: Value, _ second: Value? = nil, _ third: Value? = nil) {
      self.first = Int32(first)
      self.second = Int32(second ?? first)
      self.third = Int32(third ?? first)
      number = third != nil ? 3 : second != nil ? 2 : 1
    }

    /// The same values behind so many others.
    func shifted(by offset: Int) -> Arguments {
      Arguments(
        self[0] + offset, count > 1 ? self[1] + offset : nil, count > 2 ? self[2] + offset : nil)
    }

    func forEach(_ body: (Value) -> Void) {
      for position in 0..<count { body(self[position]) }
    }
  }

  enum Instruction: Hashable, Sendable {
    case operand(Int)
    case constant(Int)
    case apply(ElementFunction, Arguments)

    /// Whether a kernel computes the value, which may write it anywhere.
    var isComputed: Bool {
      if case .apply = self { true } else { false }
    }

    /// The number of its function in chains; nil where they do not take it.
    var link: UInt32? {
      if case .apply(let function, _) = self { function.link } else { nil }
    }

    /// A number that few others have.
    var code: UInt64 {
      switch self {
      case .operand: return 1
      case .constant: return 2
      case .apply(let function, let arguments):
        var code = function.code
        for position in 0..<arguments.count {
          code = code << 12 ^ code >> 52 ^ UInt64(truncatingIfNeeded: arguments[position])
        }
        return code
      }
    }

    /// The values that an instruction reads.
    func forEachInput(_ body: (Value) -> Void) {
      if case .apply(_, let arguments) = self { arguments.forEach(body) }
    }
  }

  private(set) var instructions: [Instruction] = []
  private(set) var types: [ScalarType] = []
  /// How many operands and how many constants there are.
  private var operandCount = 0, constantCount = 0
  /// Values that are kept too, besides the last.
  private(set) var stored: [Value] = []
  /// By which programs that were met before are found; equal ones have the same.
  private(set) var fingerprint: UInt64 = 0

  /// Whether it gives its only operand.
  var isOperand: Bool { instructions == [.operand(0)] }

  /// The operands of one type of floating point whose product each element is, or whose square; nil
  /// where it is something else.
  var factors: (first: Int, second: Int)? {
    guard stored.isEmpty, resultType.isFloatingPoint, types.allSatisfy({ $0 == resultType }),
      functionCount == 1, case .apply(let function, let arguments) = instructions[lastValue],
      function == .unary(.square) || function == .binary(.multiply),
      case .operand(let first) = instructions[arguments[0]],
      case .operand(let second) = instructions[arguments[1]]
    else { return nil }
    return (first, second)
  }

  /// The operands of one type of floating point of whose difference each element is the square or
  /// the magnitude; nil where it is something else.
  var difference: (first: Int, second: Int, isSquared: Bool)? {
    guard stored.isEmpty, resultType.isFloatingPoint, types.allSatisfy({ $0 == resultType }),
      functionCount == 2, case .apply(let function, let values) = instructions[lastValue],
      values[0] == values[1], case .apply(.binary(.subtract), let sides) = instructions[values[0]],
      case .operand(let first) = instructions[sides[0]],
      case .operand(let second) = instructions[sides[1]]
    else { return nil }
    switch function {
    case .unary(.square), .binary(.multiply): return (first, second, true)
    case .unary(.abs): return (first, second, false)
    default: return nil
    }
  }

  /// What users call the functions that it applies, in their order.
  var functionNames: [String] {
    instructions.compactMap { if case .apply(let function, _) = $0 { function.name } else { nil } }
  }

  /// How many functions it applies.
  var functionCount: Int { instructions.count { $0.isComputed } }

  /// The value of the operand with a number.
  func value(ofOperand number: Int) -> Value { instructions.firstIndex(of: .operand(number))! }

  /// The value of the last instruction.
  var lastValue: Value { instructions.count - 1 }

  /// The type of the last instruction's value, which is the program's.
  var resultType: ScalarType { types.last! }

  mutating func operand(_ type: ScalarType) -> Value {
    operandCount += 1
    return append(.operand(operandCount - 1), type)
  }

  mutating func constant(_ type: ScalarType) -> Value {
    constantCount += 1
    return append(.constant(constantCount - 1), type)
  }

  mutating func apply(_ function: ElementFunction, _ arguments: Arguments) -> Value {
    let first = function.typedValue
    let type = types[arguments[first]]
    precondition(arguments.count == function.valueCount, "as many values as a function takes")
    for position in 0..<arguments.count {
      precondition(
        types[arguments[position]] == (position < first ? .bool : type),
        "values of one type, and masks before them")
    }
    return append(.apply(function, arguments), function.resultType(of: type))
  }

  /// Appends all instructions of another program, whose operands and constants become new ones of
  /// this; stored values do not.
  mutating func append(_ other: Program) -> Value {
    let offset = instructions.count
    for (instruction, type) in zip(other.instructions, other.types) {
      switch instruction {
      case .operand: _ = operand(type)
      case .constant: _ = constant(type)
      case .apply(let function, let arguments):
        _ = append(.apply(function, arguments.shifted(by: offset)), type)
      }
    }
    return lastValue
  }

  /// Keeps a value besides the last one, in a block of its own.
  mutating func store(_ value: Value) {
    stored.append(value)
    note(UInt64(truncatingIfNeeded: ~value))
  }

  private mutating func append(_ instruction: Instruction, _ type: ScalarType) -> Value {
    instructions.append(instruction)
    types.append(type)
    note(UInt64(type.rawValue) << 32 ^ instruction.code)
    return lastValue
  }

  private mutating func note(_ word: UInt64) {
    fingerprint = (fingerprint ^ word) &* 0x9e37_79b9_7f4a_7c15
    fingerprint ^= fingerprint >> 32
  }
}

extension Program: Hashable {
  public static func == (a: Program, b: Program) -> Bool {
    a.fingerprint == b.fingerprint && a.instructions == b.instructions && a.types == b.types
      && a.stored == b.stored
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}
