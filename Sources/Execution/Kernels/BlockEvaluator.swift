import CKernels
import Shapes

/// Evaluates a program for a run of result elements at a time, in registers that stay in the first-level
/// cache. One worker uses one evaluator.
struct BlockEvaluator: ~Copyable {
  /// Elements of one register. A register of the widest type then takes 8 KiB.
  static let registerLength = 1024
  private static let registerByteCount = registerLength * 8

  private let program: Program
  private let operands: [BlockOperand]
  private let registers: UnsafeMutableRawPointer
  /// The register of each instruction's value; values that are not needed at the same time share one.
  private let registerOfValue: [Int]
  /// Values of the current block: where they lie and whether they advance (1) or repeat (0).
  private var places: [(pointer: UnsafeMutableRawPointer, step: Int)]

  init(_ program: Program, _ operands: [BlockOperand]) {
    self.program = program
    self.operands = operands
    registerOfValue = Self.assignRegisters(program)
    registers = .allocate(
      byteCount: (registerOfValue.max()! + 1) * Self.registerByteCount, alignment: 64)
    places = Array(repeating: (registers, 0), count: program.instructions.count)
  }

  deinit { registers.deallocate() }

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

  /// Elements `start ..< start + count` of the result (at most a register's length), written to
  /// `destination` if there is one, else wherever they lie.
  mutating func evaluate(
    _ start: Int, _ count: Int, into destination: UnsafeMutableRawPointer? = nil
  ) -> (pointer: UnsafeMutableRawPointer, step: Int) {
    let last = program.instructions.count - 1
    for index in 0...last {
      var target = register(of: index)
      if index == last, let destination, program.instructions[last].isComputed {
        target = destination
      }
      places[index] = run(index, start, count, into: target)
    }
    if let destination {
      settle(places[last], program.resultType, count, in: destination)
      return (destination, 1)
    }
    return places[last]
  }

  /// Writes the values of the last run that the program stores besides the last, after it has been evaluated
  /// into a register.
  func store(_ start: Int, _ count: Int, into targets: [BlockOperand]) {
    for (value, target) in zip(program.stored, targets) {
      settle(places[value], program.types[value], count, in: target.base + start * target.size)
    }
  }

  /// The last run's result in full length, in a register at least.
  func spread(
    _ value: (pointer: UnsafeMutableRawPointer, step: Int), _ count: Int
  ) -> UnsafeMutableRawPointer {
    if value.step == 1 { return value.pointer }
    let target = register(of: program.instructions.count - 1)
    var bits: UInt64 = 0
    // The value may lie where it is spread.
    withUnsafeMutableBytes(of: &bits) {
      $0.copyMemory(
        from: UnsafeRawBufferPointer(
          start: value.pointer, count: program.resultType.byteCount))
      tk_fill(program.resultType.byteCount, target, $0.baseAddress!, count)
    }
    return target
  }

  private func register(of value: Program.Value) -> UnsafeMutableRawPointer {
    registers + registerOfValue[value] * Self.registerByteCount
  }

  /// Puts a value where it was asked for, in full length.
  private func settle(
    _ value: (pointer: UnsafeMutableRawPointer, step: Int), _ type: ScalarType, _ count: Int,
    in destination: UnsafeMutableRawPointer
  ) {
    let size = type.byteCount
    if value.step == 0, count > 1 || value.pointer != destination {
      tk_fill(size, destination, value.pointer, count)
    } else if value.pointer != destination {
      tk_copy(destination, value.pointer, count * size)
    }
  }

  private func run(
    _ index: Int, _ start: Int, _ count: Int, into target: UnsafeMutableRawPointer
  ) -> (pointer: UnsafeMutableRawPointer, step: Int) {
    let type = program.types[index].kernel
    switch program.instructions[index] {
    case .operand(let number):
      if let place = operands[number].place(start, count) {
        if place.step == 1 {
          let bytes = count * operands[number].size
          tk_prefetch(place.pointer + bytes, bytes)
        }
        return place
      }
      operands[number].pack(start, count, into: target)
      return (target, 1)
    case .constant(let value):
      target.storeBytes(of: value.bits, as: UInt64.self)
      return (target, 0)
    case .unary(let function, let a):
      let a = places[a]
      tk_unary(function.kernel, type, target, a.pointer, a.step == 0 ? 1 : count)
      return (target, a.step)
    case .classify(let function, let value):
      let a = places[value]
      tk_classify(
        function.kernel, program.types[value].kernel, target.assumingMemoryBound(to: UInt8.self),
        a.pointer, a.step == 0 ? 1 : count)
      return (target, a.step)
    case .binary(let function, let a, let b):
      let (a, b) = (places[a], places[b])
      let step = a.step | b.step
      tk_binary(
        function.kernel, type, target, a.pointer, a.step, b.pointer, b.step, step == 0 ? 1 : count)
      return (target, step)
    case .compare(let function, let x, let b):
      let (a, b) = (places[x], places[b])
      let step = a.step | b.step
      tk_compare(
        function.kernel, program.types[x].kernel, target.assumingMemoryBound(to: UInt8.self),
        a.pointer, a.step, b.pointer, b.step, step == 0 ? 1 : count)
      return (target, step)
    case .select(let mask, let a, let b):
      let (mask, a, b) = (places[mask], places[a], places[b])
      let step = mask.step | a.step | b.step
      tk_select(
        type, target, mask.pointer.assumingMemoryBound(to: UInt8.self), mask.step, a.pointer,
        a.step, b.pointer, b.step, step == 0 ? 1 : count)
      return (target, step)
    case .convert(let value):
      let a = places[value]
      tk_convert(
        type, target, program.types[value].kernel, a.pointer, a.step == 0 ? 1 : count)
      return (target, a.step)
    }
  }
}
