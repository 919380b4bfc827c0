import Execution
import Machine
import MessagePassing
import Shapes
import Testing

/// Programs in one pass give the bits of their functions one by one, also where they overwrite what
/// they read.
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

  /// - Parameters:
  ///   - selects: whether comparisons stand between the chains.
  ///   - isInPlace: whether results go where operands lie; else every third value is kept.
  private func check(
    length: Int, count: Int, selects: Bool, isInPlace: Bool, seed: UInt64
  ) throws {
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
      runtime.executor.evaluate(single, into: result)
      blocks.append(result)
    }
    let kept =
      isInPlace
      ? [3 + length / 4, 3 + length / 2] : Array(stride(from: 3, to: length + 2, by: 3))
    for value in kept { elements.store(values[value]) }
    var targets = operands
    if !isInPlace { targets = try (0...kept.count).map { _ in try block(count, seed: 0) } }
    runtime.executor.evaluate(elements, into: targets[0], storing: Array(targets.dropFirst()))
    let context = "\(length) functions of \(count), in place \(isInPlace), seed \(seed)"
    for (value, target) in zip([blocks.count - 1] + kept, targets) {
      // Where several operands are NaN, a chain may give another one.
      let isSame = zip(bits(target), bits(blocks[value])).allSatisfy {
        $0 == $1 || Float(bitPattern: $0).isNaN && Float(bitPattern: $1).isNaN
      }
      #expect(isSame, "\(context): value \(value)")
    }
  }

  @Test(arguments: [false, true], [false, true])
  func manyFunctions(selects: Bool, isInPlace: Bool) throws {
    for seed in 1...20 as ClosedRange<UInt64> {
      for (length, count) in [(4, 1000), (12, 5000), (24, 70_001), (30, 4096), (60, 1025)] {
        try check(
          length: length, count: count, selects: selects, isInPlace: isInPlace, seed: seed)
      }
    }
  }
}
