import Execution
import Machine
import MessagePassing
import Shapes
import Testing

/// Reductions of rows have the same bits whether their elements are read where they lie or computed
/// first, and for any number of workers.
@Suite struct RowReductionTests {
  private let one = Runtime(loopback: .solo(), workers: 1)
  private let three = Runtime(loopback: .solo(), workers: 3)

  private func block(_ shape: Shape, _ type: ScalarType) throws -> StridedBlock {
    let block = try three.allocate(shape, .float64)
    let values = block.range.bytes.bindMemory(to: Double.self)
    for i in values.indices { values[i] = Double((i &* 7919) % 1009 - 504) / 350 }
    return try three.executor.converted(block, to: type)
  }

  /// x as the result of some steps that change nothing.
  private func steps(_ count: Int, _ block: StridedBlock) -> Elements {
    var elements = Elements(of: block)
    let one = ScalarValue(1, as: block.type)
    for _ in 0..<count {
      elements.apply(.multiply, elements.lastValue, elements.constant(one))
    }
    return elements
  }

  private func bytes(
    _ runtime: Runtime, _ reduction: Reduction, _ elements: Elements
  ) throws -> [UInt8] {
    let source = elements.blocks[0]
    let rows = source.shape[0]
    let target = try runtime.allocate([rows], source.type)
    try runtime.executor.reduce(reduction, elements, shape: source.shape, over: [1], into: target)
    return Array(target.range.bytes)
  }

  @Test(arguments: [1, 15, 16, 17, 1000, 2048, 4096, 4097, 10_000, 32_768, 32_769, 100_001])
  func bitsDependOnTheElementsAlone(length: Int) throws {
    for type in ScalarType.allCases where type.isFloatingPoint {
      for rows in [1, 5] {
        let source = try block([rows, length], type)
        let apart = try block([length, rows], type)
        three.executor.copy(source, into: apart.permuted([1, 0]))
        for reduction in [Reduction.sum, .product, .min, .max] {
          let expected = try bytes(one, reduction, Elements(of: source))
          for runtime in [one, three] {
            for count in [0, 1, 4] {
              for operand in [source, apart.permuted([1, 0])] {
                #expect(
                  try bytes(runtime, reduction, steps(count, operand)) == expected,
                  "\(reduction) of \(rows) × \(length) \(type)")
              }
            }
          }
        }
      }
    }
  }

  @Test func sumsKeepTheirBound() throws {
    let count = 1 << 20
    let source = try block([1, count], .float32)
    let values = source.range.bytes.bindMemory(to: Float.self)
    let sum = values.reduce(0.0) { $0 + Double($1) }
    let absolute = values.reduce(0.0) { $0 + abs(Double($1)) }
    let result = try bytes(three, .sum, Elements(of: source))
      .withUnsafeBytes { $0.load(as: Float.self) }
    // Lanes of 64 additions, then pairs.
    #expect(abs(Double(result) - sum) <= 100 * 0x1p-24 * absolute)
  }
}
