import CKernels
import Shapes

/// A program with its operands, made ready to be evaluated run by run, by several workers.
///
/// What does not change from run to run is found here once, and lies in plain memory: the
/// evaluation of a run takes a microsecond.
// Unchecked because of the steps' pointer: they are written before anybody else has the object.
final class PreparedProgram: @unchecked Sendable {
  /// Elements that a register has room for, of the widest type.
  static let registerLength = 1024
  static let registerByteCount = registerLength * 8
  /// Elements of a row from which on runs end where it does.
  static let leastRowLength = registerLength / 4
  /// Bytes of the values that one instruction computes at a time, where others follow it: a few of
  /// these and of the operands' runs stay in the first-level cache together.
  private static let valueByteCount = 1 << 11
  /// Elements of a run that one chain computes from memory to memory: registers play no part in it.
  private static let chainLength = 1 << 12

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
      /// A function that is chosen by a type.
      case apply(ElementFunction, tk_type, Program.Arguments)
      /// Consecutive functions, of which this is the last.
      case chain(Int)
      /// A function that a chain behind it carries out.
      case link
    }

    var work: Work
    var isComputed: Bool
    /// Where in the registers the value has its place; values that are not needed at the same time
    /// share one.
    var registerOffset: Int
    /// Which elements of a later run are asked for after the step.
    var fetched: Range<Int>
  }

  let steps: UnsafeMutableBufferPointer<Step>
  let operands: [BlockOperand]
  let chains: [Chain]
  let resultType: ScalarType
  /// Values that are kept besides the last, with their types.
  let stored: [(value: Int, type: ScalarType)]
  /// The operands whose product each element is; nil where it is something else.
  let factors: (first: Int, second: Int)?
  let registersByteCount: Int
  /// Elements of the runs that are best evaluated at a time; at most a register's.
  let runLength: Int
  /// Where runs should end besides, so that none goes on over the end of an operand's row; nil
  /// where operands have none, or short ones.
  let rowLength: Int?
  /// The tiles in which operands are read that lie in another order; nil where none does.
  let tiling: Tiling?
  /// The operands of which later runs are asked for while one is computed.
  let fetched: [(base: UnsafeMutableRawPointer, size: Int)]

  /// - Parameters:
  ///   - fetches: whether the operands come from memory rather than from a cache.
  ///   - storesEarly: whether values that are kept besides the last go where nothing is read.
  ///   - count: how many elements there are, where they may be few; registers are no longer.
  init(
    _ elements: Elements, fetches: Bool = false, storesEarly: Bool = false,
    count: Int = registerLength
  ) {
    // In whole cache lines.
    let register = min(Self.registerByteCount, (count * 8 + 63) / 64 * 64)
    let program = elements.program
    let outline = ProgramOutline.recent(program, storesEarly: storesEarly)
    let operands = elements.blocks.map { BlockOperand($0) }
    let computed = outline.activeCount
    chains = outline.chains
    let isChain = computed == 1 && chains.count == 1
    let row = Self.rowLength(operands)
    if isChain, operands.allSatisfy({ $0.isRun || $0.isSingle || row != nil && $0.hasRuns }) {
      runLength = Self.chainLength
    } else {
      // A single step has nobody to leave its values to.
      runLength =
        computed > 1
        ? min(Self.registerLength, Self.valueByteCount / outline.widest) : Self.registerLength
    }
    tiling = operands.isEmpty ? nil : Tiling(elements.blocks, operands)
    fetched =
      fetches && computed > 1 && tiling == nil
      ? operands.filter(\.isRun).map { ($0.base, $0.size) } : []
    rowLength = row
    self.operands = operands
    resultType = program.resultType
    stored = outline.stored
    factors = outline.factors
    registersByteCount = outline.registerCount * register
    steps = .allocate(capacity: program.instructions.count)
    let pieces = max(1, computed - 1)
    for index in program.instructions.indices {
      let instruction = program.instructions[index]
      let part = outline.parts[index]
      var fetched = 0..<0
      if let done = part.done, index < program.instructions.count - 1 {
        fetched = runLength * done / pieces..<runLength * (done + 1) / pieces
      }
      let work: Step.Work =
        switch part.place {
        case .alone: Self.work(instruction, elements, operands)
        case .link: .link
        case .chain(let number): .chain(number)
        }
      steps.initializeElement(
        at: index,
        to: Step(
          work: work, isComputed: instruction.isComputed,
          registerOffset: part.register * register, fetched: fetched))
    }
  }

  deinit { steps.deallocate() }

  /// The length of the rows of operands that runs should end with; nil where they are short.
  static func rowLength(_ operands: [BlockOperand]) -> Int? {
    operands.compactMap(\.rowLength).min().flatMap { $0 < leastRowLength ? nil : $0 }
  }

  /// Where the factors of elements `start ..< start + count` lie, if each one's follow each other
  /// there.
  func factorPlaces(
    _ start: Int, _ count: Int
  ) -> (first: UnsafeMutableRawPointer, second: UnsafeMutableRawPointer)? {
    guard let factors, let first = operands[factors.first].place(start, count),
      let second = operands[factors.second].place(start, count), first.step == 1, second.step == 1
    else { return nil }
    return (first.pointer, second.pointer)
  }

  /// Whether the result is the only operand itself.
  var isIdentity: Bool { operands.count == 1 && steps.count == 1 && !steps[0].isComputed }

  private static func work(
    _ instruction: Program.Instruction, _ elements: Elements, _ operands: [BlockOperand]
  ) -> Step.Work {
    switch instruction {
    case .operand(let number):
      let operand = operands[number]
      if operand.isRun { return .run(operand.base, size: operand.size) }
      return operand.isSingle ? .single(operand.base) : .strided(number)
    case .constant(let number): return .constant(elements.constants[number].bits)
    case .apply(let function, let arguments):
      let type = elements.type(of: arguments[function.typedValue])
      return .apply(function, type.kernel, arguments)
    }
  }
}
