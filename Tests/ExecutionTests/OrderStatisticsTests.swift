import Execution
import Machine
import Shapes
import Testing

/// The search of places in order against all in order.
struct OrderStatisticsTests {
  /// Lines that a sample says little about, beside ordinary ones.
  private static let kinds: [(name: String, value: @Sendable (Int) -> Double)] = [
    ("all different", { Double(($0 &* 48_271) % 1_000_003) }),
    ("ascending", { Double($0) }),
    ("descending", { -Double($0) }),
    ("all alike", { _ in 3 }),
    ("few values", { Double(($0 &* 48_271) % 7) }),
    ("one that is different", { $0 == 40_000 ? -1 : 1 }),
    ("all NaN", { _ in .nan }),
    ("many NaN", { $0 % 3 == 0 ? Double($0 % 101) : .nan }),
    ("zeros of both signs", { $0 % 2 == 0 ? 0 : -0.0 }),
    ("infinities", { [.infinity, -.infinity, 1, .nan, -2][$0 % 5] }),
    ("two periods", { Double($0 % 4096) + Double($0 % 16) }),
  ]

  private func positions(_ block: StridedBlock) -> [Int64] {
    withExtendedLifetime(block.storage) { Array(block.range.bytes.bindMemory(to: Int64.self)) }
  }

  private func block(
    _ runtime: Runtime, _ type: ScalarType, _ lines: Int, _ length: Int,
    _ value: (Int) -> Double
  ) throws -> StridedBlock {
    let wide = try runtime.allocate([lines, length], .float64)
    let numbers = wide.range.bytes.bindMemory(to: Double.self)
    for index in numbers.indices { numbers[index] = value(index) }
    if type == .float64 { return wide }
    var elements = Elements()
    elements.convert(elements.operand(wide), to: type)
    let block = try runtime.allocate(wide.shape, type)
    runtime.executor.evaluate(elements, into: block)
    return block
  }

  /// One long line is sifted by all workers together, several lines by one each.
  @Test(arguments: [1, 3])
  func placesAreThoseOfASort(workers: Int) throws {
    let runtime = Runtime(loopback: .solo(), workers: workers)
    for (name, value) in Self.kinds {
      for type in [ScalarType.float64, .float32, .int32, .uint8] {
        for (lines, length) in [(1, 100_000), (4, 9_000), (2, 1_023)] {
          let source = try block(runtime, type, lines, length, value)
          let all = try runtime.allocate(source.shape, .int64)
          for descending in [false, true] {
            try runtime.executor.sort(
              source, descending: descending, positions: true, into: all)
            let expected = positions(all)
            for places in [
              0..<1, 0..<100, length / 2..<length / 2 + 2, length / 4..<length / 4 + 50,
              length - 3..<length, 0..<length / 2, 5..<5,
            ] {
              let target = try runtime.allocate([lines, places.count], .int64)
              try runtime.executor.sortedPositions(
                source, places: places, descending: descending, into: target)
              let wanted = (0..<lines).flatMap { line in
                expected[line * length + places.lowerBound..<line * length + places.upperBound]
              }
              #expect(
                positions(target) == wanted,
                "\(name), \(type), \(lines) × \(length), \(places), descending: \(descending)")
            }
          }
        }
      }
    }
  }

  /// The bits of lines in order and of the positions, sorted by some workers.
  private func sorted(
    workers: Int, _ type: ScalarType, _ lines: Int, _ length: Int, descending: Bool,
    _ value: (Int) -> Double
  ) throws -> [[UInt8]] {
    let runtime = Runtime(loopback: .solo(), workers: workers)
    defer { runtime.pool.stop() }
    let source = try block(runtime, type, lines, length, value)
    return try [false, true].map { positions in
      let target = try runtime.allocate(source.shape, positions ? .int64 : type)
      try runtime.executor.sort(
        source, descending: descending, positions: positions, into: target)
      return withExtendedLifetime(target.storage) { Array(target.range.bytes) }
    }
  }

  /// One worker sorts each line by itself, three share a long one.
  @Test func aLongLineIsSortedAlikeByAnyWorkers() throws {
    for (name, value) in Self.kinds {
      for type in [ScalarType.float64, .float32, .int16, .uint64] {
        for descending in [false, true] {
          let context = "\(name), \(type), descending: \(descending)"
          let alone = try sorted(
            workers: 1, type, 2, 70_001, descending: descending, value)
          let shared = try sorted(
            workers: 3, type, 2, 70_001, descending: descending, value)
          #expect(alone == shared, "\(context)")
        }
      }
    }
  }
}
