import Execution
import Machine
import Shapes
import Testing

/// Scans of lines of any length, alone and shared out.
@Suite struct ScanTests {
  private static let kinds: [Scan.Kind] = [.sum, .product, .min, .max, .recurrence]
  private static let types: [ScalarType] = [.float32, .float64, .int64, .uint64]

  private func block(
    _ runtime: Runtime, _ type: ScalarType, _ shape: Shape, _ value: (Int) -> Double
  ) throws -> StridedBlock {
    let wide = try runtime.allocate(shape, .float64)
    let numbers = wide.range.bytes.bindMemory(to: Double.self)
    for index in numbers.indices { numbers[index] = value(index) }
    return try runtime.executor.converted(wide, to: type)
  }

  private func bits(_ block: StridedBlock) -> [UInt8] {
    withExtendedLifetime(block.storage) { Array(block.range.bytes) }
  }

  /// What a scan gives with some number of workers, with its totals.
  private func scanned(
    _ scan: Scan, _ type: ScalarType, _ shape: Shape, along axis: Int, workers: Int
  ) throws -> [UInt8] {
    let runtime = Runtime(loopback: .solo(), workers: workers)
    let inputs = try block(runtime, type, shape) { Double(($0 &* 7_919) % 1_001) / 500 - 1 }
    let factors = try block(runtime, type, shape) { Double(($0 &* 104_729) % 997) / 500 - 1 }
    let operands = (scan.kind == .recurrence ? [inputs, factors] : [inputs]).map {
      Elements(of: $0)
    }
    let others = Shape(shape.indices.filter { $0 != axis }.map { shape[$0] })
    let target = try runtime.allocate(others + [shape[axis]], type)
    let totals = try runtime.allocate(others + [scan.words(for: type)], .int64)
    try runtime.executor.scan(
      scan, operands, shape: shape, along: axis, from: nil, into: target)
    try runtime.executor.scanTotals(
      scan, operands, shape: shape, along: axis, as: type, from: nil, into: totals)
    return bits(target) + bits(totals)
  }

  @Test(arguments: kinds) func anyNumberOfWorkersGivesTheSame(kind: Scan.Kind) throws {
    for type in Self.types {
      for (shape, axis) in [([200_003], 0), ([3, 70_001], 1), ([90_000, 2], 0)] as [(Shape, Int)] {
        for scan in [
          Scan(kind), Scan(kind, isReversed: true), Scan(kind, isExclusive: true),
        ] {
          let alone = try scanned(scan, type, shape, along: axis, workers: 1)
          for workers in [2, 3] {
            #expect(
              try scanned(scan, type, shape, along: axis, workers: workers) == alone,
              "\(scan) of \(type) \(shape), \(workers) workers")
          }
        }
      }
    }
  }

  /// Parts of a line, each from the totals of those before it, give what the whole line does where
  /// nothing is rounded.
  @Test(arguments: kinds) func partsContinueEachOther(kind: Scan.Kind) throws {
    let runtime = Runtime(loopback: .solo(), workers: 2)
    let cuts = [0, 1, 300, 300, 40_000, 70_000]
    for isReversed in [false, true] {
      let scan = Scan(kind, isReversed: isReversed)
      func whole(_ seed: Int) throws -> StridedBlock {
        try block(runtime, .int64, [70_000]) { Double(($0 &* seed) % 11 - 5) }
      }
      let blocks = try (kind == .recurrence ? [whole(7_919), whole(104_729)] : [whole(7_919)])
      let words = scan.words(for: .int64)
      let totals = try runtime.allocate([5, 1, words], .int64)
      func part(_ number: Int) -> [Elements] {
        blocks.map { Elements(of: $0.slice([cuts[number]..<cuts[number + 1]])) }
      }
      for number in 0..<5 {
        let row = totals.slice([number..<number + 1, 0..<1, 0..<words]).viewed(as: [1, words])!
        try runtime.executor.scanTotals(
          scan, part(number), shape: [cuts[number + 1] - cuts[number]], along: 0, as: .int64,
          from: nil, into: row)
      }
      let all = try runtime.allocate([70_000], .int64)
      try runtime.executor.scan(
        scan, blocks.map { Elements(of: $0) }, shape: [70_000], along: 0, from: nil, into: all)
      for number in 0..<5 {
        let length = cuts[number + 1] - cuts[number]
        let starts = try runtime.allocate([1, words], .int64)
        let marks = try runtime.allocate([1], .bool)
        runtime.executor.joinScanTotals(
          scan, totals, as: .int64, from: nil, before: number, into: starts, inSequence: marks)
        #expect(bits(marks) == [0])
        let target = try runtime.allocate([length], .int64)
        try runtime.executor.scan(
          scan, part(number), shape: [length], along: 0, from: starts, into: target)
        let range = cuts[number]..<cuts[number + 1]
        let place = isReversed ? 70_000 - range.upperBound..<70_000 - range.lowerBound : range
        #expect(
          try bits(target) == bits(runtime.executor.copied(all.slice([place]))),
          "part \(number) of \(scan)")
      }
    }
  }
}
