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
    case ternary(TernaryFunction)
    /// The larger by a comparison, which no chain takes.
    case selection
  }

  private static let functions: [Function] =
    [UnaryFunction.negate, .tanh, .sqrt, .erf, .relu].map { .unary($0) }
    + [BinaryFunction.add, .subtract, .multiply, .divide, .maximum].map { .binary($0) }
    + TernaryFunction.allCases.map { .ternary($0) }

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
    _ function: Function, to elements: inout Elements, _ a: Int, _ b: Int, _ c: Int
  ) -> Int {
    switch function {
    case .unary(let function): return elements.apply(function, a)
    case .binary(let function): return elements.apply(function, a, b)
    case .ternary(let function): return elements.apply(.ternary(function), a, b, c)
    case .selection: return elements.select(elements.apply(.greater, a, b), a, b)
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
    var elements = Elements()
    var values = operands.map { elements.operand($0) }
    var blocks = try (0..<3).map { try block(count, seed: seed + UInt64($0)) }
    for step in 0..<length {
      // Operands are read to the end, however early a new value is stored over them.
      let near = max(0, values.count - 4)
      let (a, b) = (near + pick(values.count - near), pick(step % 3 == 0 ? 3 : values.count))
      let c = near + pick(values.count - near)
      let function = functions[pick(functions.count)]
      values.append(append(function, to: &elements, values[a], values[b], values[c]))
      var single = Elements()
      let own = [a, b, c].map { single.operand(blocks[$0]) }
      _ = append(function, to: &single, own[0], own[1], own[2])
      let result = try block(count, seed: 0)
      runtime.evaluate(single, into: result)
      blocks.append(result)
    }
    let kept = [3 + length / 4, 3 + length / 2]
    for value in kept { elements.store(values[value]) }
    runtime.evaluate(elements, into: operands[0], storing: [operands[1], operands[2]])
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
