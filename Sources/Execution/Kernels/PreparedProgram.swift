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
  let registersByteCount: Int
  /// Elements of the runs that are best evaluated at a time; at most a register's.
  let runLength: Int
  /// Where runs should end besides, so that none goes on over the end of an operand's row; nil
  /// where operands have none, or short ones.
  let rowLength: Int?
  /// The operands of which later runs are asked for while one is computed.
  let fetched: [(base: UnsafeMutableRawPointer, size: Int)]

  /// - Parameters:
  ///   - fetches: whether the operands come from memory rather than from a cache.
  ///   - storesEarly: whether values that are kept besides the last go where nothing is read.
  init(_ elements: Elements, fetches: Bool = false, storesEarly: Bool = false) {
    let program = elements.program
    let operands = elements.blocks.map { BlockOperand($0) }
    let instructions = program.instructions
    let groups = Self.groups(program)
    var chainOf: [Int: Int] = [:]
    for (number, members) in groups.enumerated() {
      for member in members { chainOf[member] = number }
    }
    let registers = Self.assignRegisters(
      program, readAt: { chainOf[$0].map { groups[$0].last! } ?? $0 })
    chains = groups.map { members in
      Chain(
        program, members, wanted: Self.wanted(program, members),
        early: storesEarly ? Set(program.stored) : [])
    }
    // Steps that do work of their own.
    let active = instructions.indices.filter { index in
      instructions[index].isComputed && chainOf[index].map { groups[$0].last! == index } ?? true
    }
    let computed = active.count
    let isChain = computed == 1 && groups.count == 1
    // A single step has nobody to leave its values to.
    let widest = program.types.lazy.map(\.byteCount).max()!
    let row = Self.rowLength(operands)
    if isChain, operands.allSatisfy({ $0.isRun || $0.isSingle || row != nil && $0.hasRuns }) {
      runLength = Self.chainLength
    } else {
      runLength =
        computed > 1 ? min(Self.registerLength, Self.valueByteCount / widest) : Self.registerLength
    }
    fetched =
      fetches && computed > 1 ? operands.filter(\.isRun).map { ($0.base, $0.size) } : []
    rowLength = row
    self.operands = operands
    resultType = program.resultType
    stored = program.stored.map { ($0, program.types[$0]) }
    registersByteCount = (registers.max()! + 1) * Self.registerByteCount
    steps = .allocate(capacity: instructions.count)
    for (index, instruction) in instructions.enumerated() {
      var fetched = 0..<0
      if let done = active.firstIndex(of: index), index < instructions.count - 1 {
        let pieces = max(1, computed - 1)
        fetched = runLength * done / pieces..<runLength * (done + 1) / pieces
      }
      var work = Self.work(instruction, elements, operands)
      if let chain = chainOf[index] {
        work = groups[chain].last! == index ? .chain(chain) : .link
      }
      steps.initializeElement(
        at: index,
        to: Step(
          work: work, isComputed: instruction.isComputed,
          registerOffset: registers[index] * Self.registerByteCount, fetched: fetched))
    }
  }

  deinit { steps.deallocate() }

  /// The length of the rows of operands that runs should end with; nil where they are short.
  static func rowLength(_ operands: [BlockOperand]) -> Int? {
    operands.compactMap(\.rowLength).min().flatMap { $0 < registerLength / 4 ? nil : $0 }
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

  /// Functions that follow each other, but for operands, and that a chain carries out.
  private static func groups(_ program: Program) -> [[Int]] {
    var groups: [[Int]] = []
    var members: [Int] = []
    func close() {
      if members.count > 1 { groups.append(members) }
      members = []
    }
    for (index, instruction) in program.instructions.enumerated() where instruction.isComputed {
      let type = program.types[index]
      let isLink = instruction.link != nil && type.hasChains
      if !isLink || members.count == Chain.longest
        || members.last.map({ program.types[$0] != type }) ?? false
      {
        close()
      }
      if isLink { members.append(index) }
    }
    close()
    return groups
  }

  /// The values of a chain that others read, or that are kept.
  private static func wanted(_ program: Program, _ members: [Int]) -> Set<Int> {
    let own = Set(members)
    var wanted = own.intersection(program.stored)
    wanted.insert(members.last!)
    for (index, instruction) in program.instructions.enumerated() where !own.contains(index) {
      instruction.forEachInput { if own.contains($0) { wanted.insert($0) } }
    }
    return wanted
  }

  /// - Parameter readAt: the number of the instruction with which a given one reads its values.
  private static func assignRegisters(_ program: Program, readAt: (Int) -> Int) -> [Int] {
    let instructions = program.instructions
    var lastUse = Array(instructions.indices)
    for (index, instruction) in instructions.enumerated() {
      instruction.forEachInput { lastUse[$0] = max(lastUse[$0], readAt(index)) }
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
