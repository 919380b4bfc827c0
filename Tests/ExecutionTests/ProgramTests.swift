import Execution
import Machine
import MessagePassing
import Shapes
import Testing

/// Programs in one pass give the bits of their functions one by one, also where they overwrite what they read.
struct ProgramTests {
  private let runtime = Runtime(loopback: .solo(), workers: 2)

  private enum Function {
    case unary(UnaryFunction)
    case binary(BinaryFunction)
    /// The larger by a comparison, which no chain takes.
    case selection
  }

  private static let functions: [Function] =
    [UnaryFunction.negate, .tanh, .sqrt, .erf, .relu].map { .unary($0) }
    + [BinaryFunction.add, .subtract, .multiply, .divide, .maximum].map { .binary($0) }

  private func block(_ count: Int, seed: UInt64) throws -> StridedBlock {
    var state = seed
    let result = try runtime.arena.allocate(byteCount: count * 4)
    let elements = result.address.assumingMemoryBound(to: Float.self)
    for index in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      elements[index] = Float(state >> 40) / Float(1 << 22) - 1
    }
    return StridedBlock(storage: result, type: .float32, shape: [count])
  }

  private func bits(_ block: StridedBlock) -> [UInt32] {
    let elements = block.storage.address.assumingMemoryBound(to: UInt32.self)
    return (0..<block.shape[0]).map { elements[$0] }
  }

  private func append(
    _ function: Function, to program: inout Program, _ a: Int, _ b: Int
  ) -> Int {
    switch function {
    case .unary(let function): return program.apply(function, a)
    case .binary(let function): return program.apply(function, a, b)
    case .selection: return program.select(program.apply(.greater, a, b), a, b)
    }
  }

  /// - Parameter selects: whether comparisons stand between the chains.
  private func check(length: Int, count: Int, selects: Bool, seed: UInt64) throws {
    var random = seed
    func pick(_ bound: Int) -> Int {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(random >> 33) % bound
    }
    let functions = Self.functions + (selects ? [.selection] : [])
    let operands = try (0..<3).map { try block(count, seed: seed + UInt64($0)) }
    var program = Program()
    var values = operands.map { _ in program.operand(.float32) }
    var blocks = try (0..<3).map { try block(count, seed: seed + UInt64($0)) }
    for step in 0..<length {
      // Operands are read to the end, however early a new value is stored over them.
      let near = max(0, values.count - 4)
      let (a, b) = (near + pick(values.count - near), pick(step % 3 == 0 ? 3 : values.count))
      let function = functions[pick(functions.count)]
      values.append(append(function, to: &program, values[a], values[b]))
      var single = Program()
      let (first, second) = (single.operand(.float32), single.operand(.float32))
      _ = append(function, to: &single, first, second)
      let result = try block(count, seed: 0)
      runtime.evaluate(single, [blocks[a], blocks[b]], into: result)
      blocks.append(result)
    }
    let kept = [3 + length / 4, 3 + length / 2]
    for value in kept { program.store(values[value]) }
    runtime.evaluate(
      program, operands, into: operands[0], storing: [operands[1], operands[2]])
    let context = "\(length) functions of \(count), seed \(seed)"
    #expect(bits(operands[0]) == bits(blocks.last!), "\(context): the last")
    #expect(bits(operands[1]) == bits(blocks[kept[0]]), "\(context): the first that is kept")
    #expect(bits(operands[2]) == bits(blocks[kept[1]]), "\(context): the second that is kept")
  }

  @Test(arguments: [false, true]) func manyFunctionsInPlace(selects: Bool) throws {
    for seed in 1...20 as ClosedRange<UInt64> {
      for (length, count) in [(4, 1000), (12, 5000), (24, 70_001), (30, 4096), (60, 1025)] {
        try check(length: length, count: count, selects: selects, seed: seed)
      }
    }
  }
}
