import CKernels
import Shapes

/// A program with its operands, made ready to be evaluated block by block by several workers.
///
/// What does not change from block to block is found here once, and lies in plain memory: the evaluation of a block takes
/// a microsecond.
// Unchecked because of the steps' pointer: they are written before anybody else has the object.
final class BlockProgram: @unchecked Sendable {
  /// Elements that a register has room for, of the widest type.
  static let registerLength = 1024
  static let registerByteCount = registerLength * 8
  /// Bytes of the values that one instruction computes at a time, where others follow it: a few of these and of
  /// the operands' blocks stay in the first-level cache together.
  private static let valueByteCount = 1 << 11

  /// One instruction. Values are named by the numbers of the instructions that give them.
  struct Step {
    enum Work {
      /// An operand whose elements follow each other.
      case run(UnsafeMutableRawPointer, size: Int)
      /// An operand that is one element, repeated.
      case single(UnsafeMutableRawPointer)
      /// Any other operand.
      case strided(Int)
      case constant(UInt64)
      case unary(tk_unary_op, Int)
      case classify(tk_classify_op, tk_type, Int)
      case binary(tk_binary_op, Int, Int)
      case compare(tk_compare_op, tk_type, Int, Int)
      case select(Int, Int, Int)
      case convert(tk_type, Int)
    }

    var work: Work
    var type: tk_type
    var isComputed: Bool
    /// Where in the registers the value has its place; values that are not needed at the same time share one.
    var registerOffset: Int
    /// Which elements of a later block are asked for after the step.
    var fetched: Range<Int>
  }

  let steps: UnsafeMutableBufferPointer<Step>
  let operands: [BlockOperand]
  let resultType: ScalarType
  /// Values that are kept besides the last, with their types.
  let stored: [(value: Int, type: ScalarType)]
  let registersByteCount: Int
  /// Elements of the runs that are best evaluated at a time; at most a register's.
  let blockLength: Int
  /// The operands of which later blocks are asked for while one is computed.
  let fetched: [(base: UnsafeMutableRawPointer, size: Int)]

  /// - Parameter fetches: whether the operands come from memory rather than from a cache.
  init(_ program: Program, _ operands: [BlockOperand], fetches: Bool = false) {
    let instructions = program.instructions
    let registers = Self.assignRegisters(program)
    let computed = instructions.count(where: \.isComputed)
    // A single step has nobody to leave its values to.
    let widest = program.types.lazy.map(\.byteCount).max()!
    blockLength =
      computed > 1 ? min(Self.registerLength, Self.valueByteCount / widest) : Self.registerLength
    fetched =
      fetches && computed > 1 ? operands.filter(\.isRun).map { ($0.base, $0.size) } : []
    self.operands = operands
    resultType = program.resultType
    stored = program.stored.map { ($0, program.types[$0]) }
    registersByteCount = (registers.max()! + 1) * Self.registerByteCount
    steps = .allocate(capacity: instructions.count)
    var done = 0
    for (index, instruction) in instructions.enumerated() {
      let isLast = index == instructions.count - 1
      var fetched = 0..<0
      if instruction.isComputed, !isLast {
        let pieces = max(1, computed - 1)
        fetched = blockLength * done / pieces..<blockLength * (done + 1) / pieces
        done += 1
      }
      steps.initializeElement(
        at: index,
        to: Step(
          work: Self.work(instruction, program, operands), type: program.types[index].kernel,
          isComputed: instruction.isComputed,
          registerOffset: registers[index] * Self.registerByteCount, fetched: fetched))
    }
  }

  deinit { steps.deallocate() }

  /// Whether the result is the only operand itself.
  var isIdentity: Bool { operands.count == 1 && steps.count == 1 && !steps[0].isComputed }

  private static func work(
    _ instruction: Program.Instruction, _ program: Program, _ operands: [BlockOperand]
  ) -> Step.Work {
    switch instruction {
    case .operand(let number):
      let operand = operands[number]
      if operand.isRun { return .run(operand.base, size: operand.size) }
      return operand.isSingle ? .single(operand.base) : .strided(number)
    case .constant(let value): return .constant(value.bits)
    case .unary(let function, let a): return .unary(function.kernel, a)
    case .classify(let function, let a):
      return .classify(function.kernel, program.types[a].kernel, a)
    case .binary(let function, let a, let b): return .binary(function.kernel, a, b)
    case .compare(let function, let a, let b):
      return .compare(function.kernel, program.types[a].kernel, a, b)
    case .select(let mask, let a, let b): return .select(mask, a, b)
    case .convert(let a): return .convert(program.types[a].kernel, a)
    }
  }

  private static func assignRegisters(_ program: Program) -> [Int] {
    let instructions = program.instructions
    var lastUse = Array(instructions.indices)
    for (index, instruction) in instructions.enumerated() {
      instruction.forEachInput { lastUse[$0] = index }
    }
    for value in program.stored { lastUse[value] = instructions.count }
    lastUse[instructions.count - 1] = instructions.count
    var free: [Int] = []
    var count = 0
    var assigned: [Int] = []
    for index in instructions.indices {
      if free.isEmpty {
        free.append(count)
        count += 1
      }
      assigned.append(free.removeLast())
      for value in 0...index where lastUse[value] == index { free.append(assigned[value]) }
    }
    return assigned
  }
}
