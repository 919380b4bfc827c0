import Execution
import Machine
import MessagePassing
import Shapes
import Testing

/// Copies between any two layouts, compared with plain loops over elements.
struct CopyingTests {
  private let runtime = Runtime(loopback: .solo(), workers: 3)

  /// A layout of a shape, somewhere in a storage that has more elements than it needs.
  private struct Place {
    var extent: Int
    var layout: Layout

    /// - Parameter order: the axes from the outermost in memory to the innermost.
    init(
      _ shape: Shape, order: [Int], gaps: [Int], reversed: Set<Int> = [], repeated: Set<Int> = []
    ) {
      var strides = [Int](repeating: 0, count: shape.count)
      var next = 1
      var offset = 5
      for axis in order.reversed() where !repeated.contains(axis) {
        strides[axis] = next + gaps[axis]
        next = strides[axis] * max(1, shape[axis])
        if reversed.contains(axis) {
          offset += max(0, shape[axis] - 1) * strides[axis]
          strides[axis] = -strides[axis]
        }
      }
      extent = next + 16
      layout = Layout(offset: offset, strides: AxisList(strides))
    }

    init(_ shape: Shape) {
      self.init(shape, order: Array(shape.indices), gaps: shape.indices.map { _ in 0 })
    }
  }

  /// Positions of a shape's elements in a storage, in row-major order.
  private func offsets(_ shape: Shape, _ layout: Layout) -> [Int] {
    var result = [layout.offset]
    for (extent, stride) in zip(shape, layout.strides) {
      result = result.flatMap { start in (0..<extent).map { start + $0 * stride } }
    }
    return result
  }

  private func check<T: FixedWidthInteger>(
    _: T.Type, _ type: ScalarType, _ shape: Shape, from: Place, to: Place,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let size = MemoryLayout<T>.stride
    let source = try runtime.arena.allocate(byteCount: from.extent * size)
    let target = try runtime.arena.allocate(byteCount: to.extent * size)
    let sourceBytes = StorageRange(
      storage: source, byteOffset: 0, byteCount: from.extent * size
    ).bytes.bindMemory(to: T.self)
    let targetBytes = StorageRange(
      storage: target, byteOffset: 0, byteCount: to.extent * size
    ).bytes.bindMemory(to: T.self)
    for i in sourceBytes.indices { sourceBytes[i] = T(truncatingIfNeeded: i &* 40_503 &+ 77) }
    for i in targetBytes.indices { targetBytes[i] = T(truncatingIfNeeded: ~i) }
    var expected = Array(targetBytes)
    for (old, new) in zip(offsets(shape, from.layout), offsets(shape, to.layout)) {
      expected[new] = sourceBytes[old]
    }
    runtime.executor.copy(
      StridedBlock(storage: source, type: type, shape: shape, layout: from.layout),
      into: StridedBlock(storage: target, type: type, shape: shape, layout: to.layout))
    let wrong = expected.indices.first { expected[$0] != targetBytes[$0] }
    #expect(
      wrong == nil, "\(type) \(shape) from \(from.layout) to \(to.layout)",
      sourceLocation: sourceLocation)
    withExtendedLifetime((source, target)) {}
  }

  private func checkEverySize(
    _ shape: Shape, from: Place, to: Place, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try check(UInt8.self, .uint8, shape, from: from, to: to, sourceLocation: sourceLocation)
    try check(Int16.self, .int16, shape, from: from, to: to, sourceLocation: sourceLocation)
    try check(Int32.self, .int32, shape, from: from, to: to, sourceLocation: sourceLocation)
    try check(Int64.self, .int64, shape, from: from, to: to, sourceLocation: sourceLocation)
  }

  private func permutations(_ count: Int) -> [[Int]] {
    if count == 0 { return [[]] }
    return permutations(count - 1).flatMap { rest in
      (0...rest.count).map { place in
        var result = rest
        result.insert(count - 1, at: place)
        return result
      }
    }
  }

  @Test(arguments: 0...4) func everyOrderOfAxes(axes: Int) throws {
    let shape = Shape([5, 3, 17, 34].prefix(axes))
    let none = shape.indices.map { _ in 0 }
    for order in permutations(axes) {
      let permuted = Place(shape, order: order, gaps: none)
      try checkEverySize(shape, from: permuted, to: Place(shape))
      try checkEverySize(shape, from: Place(shape), to: permuted)
    }
  }

  @Test func anyLayout() throws {
    var numbers = Numbers(state: 51)
    for round in 0..<400 {
      let axes = numbers.below(6)
      let shape = Shape((0..<axes).map { _ in numbers.below(12) == 0 ? 1 : 1 + numbers.below(9) })
      func place(isTarget: Bool) -> Place {
        let gaps = shape.indices.map { _ in numbers.below(3) == 0 ? numbers.below(4) : 0 }
        let chosen = shape.indices.filter { _ in numbers.below(4) == 0 }
        let repeated = isTarget ? [] : shape.indices.filter { _ in numbers.below(6) == 0 }
        var order = Array(shape.indices)
        for i in order.indices { order.swapAt(i, i + numbers.below(order.count - i)) }
        return Place(
          shape, order: order, gaps: gaps, reversed: Set(chosen), repeated: Set(repeated))
      }
      let (from, to) = (place(isTarget: false), place(isTarget: true))
      switch round % 4 {
      case 0: try check(UInt8.self, .uint8, shape, from: from, to: to)
      case 2: try check(UInt16.self, .uint16, shape, from: from, to: to)
      case 1: try check(Int32.self, .float32, shape, from: from, to: to)
      default: try check(Int64.self, .int64, shape, from: from, to: to)
      }
    }
  }

  @Test func nothingIsCopiedForAnEmptyShape() throws {
    for shape in [[0], [3, 0], [0, 4, 2]] as [Shape] {
      try checkEverySize(shape, from: Place(shape), to: Place(shape))
    }
  }

  @Test func severalTasksCoverTheWhole() throws {
    // Rows, tiles, batches of tiles, narrow matrices; extents that no part divides.
    for (shape, order) in [
      ([700, 611], [1, 0]), ([3, 401, 333], [0, 2, 1]), ([401, 3, 333], [2, 1, 0]),
      ([150_001, 3], [1, 0]), ([3, 150_001], [1, 0]), ([71, 70, 69], [1, 2, 0]),
    ] as [(Shape, [Int])] {
      let permuted = Place(shape, order: order, gaps: shape.indices.map { _ in 0 })
      try checkEverySize(shape, from: permuted, to: Place(shape))
      try checkEverySize(shape, from: Place(shape), to: permuted)
      let gaps = shape.indices.map { $0 == shape.count - 1 ? 0 : 7 }
      let padded = Place(shape, order: Array(shape.indices), gaps: gaps)
      try checkEverySize(shape, from: Place(shape), to: padded)
      try checkEverySize(shape, from: padded, to: Place(shape))
      let backwards = Place(
        shape, order: Array(shape.indices), gaps: shape.indices.map { _ in 0 }, reversed: [0])
      try check(Int32.self, .int32, shape, from: backwards, to: Place(shape))
      try check(Int32.self, .int32, shape, from: Place(shape), to: backwards)
    }
  }

  @Test func largeCopiesAreStreamed() throws {
    // 2048 · 1056 elements of four bytes are more than `streamedBytes`; lines whole and not.
    for shape in [[2048, 1056], [2049, 1055]] as [Shape] {
      let transposed = Place(shape, order: [1, 0], gaps: [0, 0])
      let padded = Place(shape, order: [0, 1], gaps: [3, 0])
      let repeated = Place(shape, order: [0, 1], gaps: [0, 0], repeated: [1])
      for from in [Place(shape), transposed, padded, repeated] {
        try check(Int32.self, .float32, shape, from: from, to: Place(shape))
        try check(Int64.self, .float64, shape, from: from, to: padded)
      }
    }
    #expect(2048 * 1055 * 4 >= HostExecutor.streamedBytes)
  }

  @Test func oneValueOfSeveralStays() throws {
    let source = try runtime.allocate([4, 3], .int32)
    let target = try runtime.allocate([3], .int32)
    let values = source.range.bytes.bindMemory(to: Int32.self)
    for i in values.indices { values[i] = Int32(i) }
    var repeated = target
    repeated.shape = [4, 3]
    repeated.layout.strides = [0, 1]
    runtime.executor.copy(source, into: repeated)
    #expect(Array(target.range.bytes.bindMemory(to: Int32.self)) == [9, 10, 11])
    withExtendedLifetime((source.storage, target.storage)) {}
  }
}

/// A small generator with a seed.
private struct Numbers {
  var state: UInt64
  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
}
