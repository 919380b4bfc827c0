import Execution
import Machine
import Shapes
import Testing

/// Partial results may be of another type than the result: Floats that are collected in Double give
/// what Doubles give, rounded once. Numbers are such that sums in Float give something else.
@Suite struct AccumulatorTests {
  private let runtime = Runtime(loopback: .solo(), workers: 2)

  /// Numbers of either sign whose sums round in Float at almost every step.
  private func block(_ shape: Shape, seed: Int = 0) throws -> StridedBlock {
    let block = try runtime.allocate(shape, .float32)
    let values = block.range.bytes.bindMemory(to: Float.self)
    for i in values.indices {
      let number = ((i + seed) &* 7919) % 10_007
      values[i] = Float(number - 5003) / (i % 3 == 0 ? 7 : 0x1.5p8)
    }
    return block
  }

  /// The same numbers as Doubles.
  private func wide(_ block: StridedBlock) throws -> StridedBlock {
    try runtime.executor.converted(block, to: .float64)
  }

  private func floats(_ block: StridedBlock) -> [UInt32] {
    withExtendedLifetime(block.storage) {
      block.range.bytes.bindMemory(to: Float.self).map(\.bitPattern)
    }
  }

  private func rounded(_ block: StridedBlock) -> [UInt32] {
    withExtendedLifetime(block.storage) {
      block.range.bytes.bindMemory(to: Double.self).map { Float($0).bitPattern }
    }
  }

  /// Rows of one chunk, of several, and of several tasks; columns of a few rows, and of several
  /// chunks.
  private static let cases: [(shape: Shape, axes: [Int])] = [
    ([3, 1], [1]), ([5, 700], [1]), ([3, 5000], [1]), ([2, 40_000], [1]), ([1, 100_001], [1]),
    ([7, 300], [0]), ([3000, 7], [0]), ([700, 300], [0]), ([130, 9001], [0]), ([70_000, 3], [0]),
    ([40, 11, 30, 21], [0, 2]),
  ]

  @Test func reductionsAreRoundedOnce() throws {
    var narrowDiffers = 0
    for (shape, axes) in Self.cases {
      let source = try block(shape)
      let kept = Shape(shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
      for reduction in Reduction.allCases {
        for factor in [nil, ScalarValue(1, as: .float32)] {
          var elements = Elements(of: source)
          if let factor {
            elements.apply(.multiply, elements.lastValue, elements.constant(factor))
          }
          let target = try runtime.allocate(kept, .float32)
          try runtime.executor.reduce(
            reduction, elements, shape: shape, over: axes, in: .float64, into: target)
          let expected = try runtime.allocate(kept, .float64)
          try runtime.executor.reduce(
            reduction, Elements(of: try wide(source)), shape: shape, over: axes, into: expected)
          #expect(floats(target) == rounded(expected), "\(reduction) of \(shape) over \(axes)")
          let narrow = try runtime.allocate(kept, .float32)
          try runtime.executor.reduce(reduction, elements, shape: shape, over: axes, into: narrow)
          if reduction == .sum, floats(narrow) != floats(target) { narrowDiffers += 1 }
        }
      }
    }
    #expect(narrowDiffers >= Self.cases.count, "sums in Float must show in most cases")
  }

  @Test(arguments: [3, 5]) func momentsAreOfTheTypeOfTheirTarget(planes: Int) throws {
    for (shape, axes) in Self.cases {
      let source = try block(shape)
      let kept = Shape(shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
      var results: [[UInt8]] = []
      for operand in [source, try wide(source)] {
        let target = try runtime.allocate([planes] + kept, .float64)
        try runtime.executor.moments(Elements(of: operand), shape: shape, over: axes, into: target)
        results.append(Array(target.range.bytes))
      }
      #expect(results[0] == results[1], "\(shape) over \(axes)")
    }
  }

  @Test func matrixProductsAreRoundedOnce() throws {
    var narrowDiffers = false
    for (rows, depth, columns) in [(3, 5, 4), (17, 300, 9), (150, 700, 130)] {
      let a = try block([rows, depth])
      // Column by column, and repeated along an axis in front.
      let b = try block([columns, depth], seed: 31).permuted([1, 0])
      let target = try runtime.allocate([rows, columns], .float32)
      try runtime.executor.multiply(a, b, in: .float64, into: target)
      let expected = try runtime.allocate([rows, columns], .float64)
      try runtime.executor.multiply(try wide(a), try wide(b), into: expected)
      #expect(floats(target) == rounded(expected), "\(rows) × \(depth) × \(columns)")
      let narrow = try runtime.allocate([rows, columns], .float32)
      try runtime.executor.multiply(a, b, into: narrow)
      narrowDiffers = narrowDiffers || floats(narrow) != floats(target)
    }
    #expect(narrowDiffers)
  }

  @Test func functionsAreComputedInAnotherType() throws {
    // (a + b) - a: nothing of b is left in Float, all of it in Double.
    let count = 3000
    let (a, b) = (try runtime.allocate([count], .float32), try runtime.allocate([count], .float32))
    runtime.executor.fill(a, with: ScalarValue(0x1p30, as: .float32))
    runtime.executor.fill(b, with: ScalarValue(1.25, as: .float32))
    for (type, expected) in [(ScalarType.float32, Float(0)), (.float64, 1.25)] {
      var elements = Elements()
      let (x, y) = (elements.operand(a), elements.operand(b))
      let sum = elements.apply(.binary(.add), in: type, x, y)
      elements.apply(.binary(.subtract), in: type, sum, x)
      let target = try runtime.allocate([count], .float32)
      runtime.executor.evaluate(elements, into: target)
      #expect(floats(target).allSatisfy { $0 == expected.bitPattern }, "in \(type)")
    }
    // Masks stay masks.
    var choice = Elements()
    let (x, y) = (choice.operand(a), choice.operand(b))
    let mask = choice.apply(.less, x, y)
    choice.apply(.select, in: .float64, mask, x, y)
    let target = try runtime.allocate([count], .float32)
    runtime.executor.evaluate(choice, into: target)
    #expect(floats(target) == floats(b))
  }
}
