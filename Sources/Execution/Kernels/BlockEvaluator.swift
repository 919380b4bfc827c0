import CKernels
import Shapes

/// An operand of a program, ready to be read block by block in row-major order.
struct BlockOperand {
  enum Access {
    case contiguous
    /// One element, repeated.
    case single
    case strided
  }

  let base: UnsafeMutableRawPointer
  let size: Int
  let access: Access
  let extents: [Int64]
  let strides: [Int64]

  init(_ block: StridedBlock) {
    base = block.base
    size = block.type.byteCount
    let (extents, strides) = block.collapsed
    if strides.allSatisfy({ $0 == 0 }) {
      access = .single
    } else if strides == [1] {
      access = .contiguous
    } else {
      access = .strided
    }
    self.extents = extents.map(Int64.init)
    self.strides = strides.map(Int64.init)
  }
}

/// Evaluates a program for a run of result elements at a time, in registers that stay in the first-level
/// cache. One worker uses one evaluator.
struct BlockEvaluator: ~Copyable {
  /// Elements of one register. A register of the widest type then takes 8 KiB.
  static let registerLength = 1024

  private let program: Program
  private let operands: [BlockOperand]
  private let registers: UnsafeMutableRawPointer
  /// Values of the current block: where they lie and whether they advance (1) or repeat (0).
  private var places: [(pointer: UnsafeMutableRawPointer, step: Int)]

  init(_ program: Program, _ operands: [BlockOperand]) {
    self.program = program
    self.operands = operands
    registers = .allocate(
      byteCount: program.instructions.count * Self.registerLength * 8, alignment: 64)
    places = Array(repeating: (registers, 0), count: program.instructions.count)
  }

  deinit { registers.deallocate() }

  /// Whether the last value is computed by a kernel, which may write it anywhere.
  private func isComputed(_ index: Int) -> Bool {
    switch program.instructions[index] {
    case .operand, .constant: false
    default: true
    }
  }

  /// Elements `start ..< start + count` of the result (at most a register's length), written to
  /// `destination` if there is one, else wherever they lie.
  mutating func evaluate(
    _ start: Int, _ count: Int, into destination: UnsafeMutableRawPointer? = nil
  ) -> (pointer: UnsafeMutableRawPointer, step: Int) {
    let last = program.instructions.count - 1
    for index in 0...last {
      var target = registers + index * Self.registerLength * 8
      if index == last, let destination, isComputed(last) { target = destination }
      places[index] = run(index, start, count, into: target)
    }
    if let destination { return settle(places[last], count, in: destination) }
    return places[last]
  }

  /// Puts a value where it was asked for, in full length.
  private func settle(
    _ value: (pointer: UnsafeMutableRawPointer, step: Int), _ count: Int,
    in destination: UnsafeMutableRawPointer
  ) -> (pointer: UnsafeMutableRawPointer, step: Int) {
    let size = program.resultType.byteCount
    if value.step == 0, count > 1 || value.pointer != destination {
      tk_fill(size, destination, value.pointer, count)
    } else if value.pointer != destination {
      tk_copy(destination, value.pointer, count * size)
    }
    return (destination, 1)
  }

  private func run(
    _ index: Int, _ start: Int, _ count: Int, into target: UnsafeMutableRawPointer
  ) -> (pointer: UnsafeMutableRawPointer, step: Int) {
    let type = program.types[index].kernel
    switch program.instructions[index] {
    case .operand(let number):
      return load(operands[number], start, count, into: target)
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

  private func load(
    _ operand: BlockOperand, _ start: Int, _ count: Int, into target: UnsafeMutableRawPointer
  ) -> (pointer: UnsafeMutableRawPointer, step: Int) {
    switch operand.access {
    case .single: return (operand.base, 0)
    case .contiguous: return (operand.base + start * operand.size, 1)
    case .strided:
      tk_pack(
        operand.size, target, operand.base, operand.extents.count, operand.extents,
        operand.strides, Int64(start), Int64(count))
      return (target, 1)
    }
  }
}
