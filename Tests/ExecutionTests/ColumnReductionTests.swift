import Execution
import Machine
import Shapes
import Testing

/// Sums over axes that are not the innermost, read in place and evaluated.
struct ColumnReductionTests {
  private func block(_ runtime: Runtime, _ shape: Shape) throws -> StridedBlock {
    let block = try runtime.allocate(shape, .float32)
    let values = block.range.bytes.bindMemory(to: Float.self)
    var state: UInt64 = 61
    for i in values.indices {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      values[i] = Float(Int32(truncatingIfNeeded: state >> 33)) * 0x1p-20
    }
    return block
  }

  private func sums(
    _ runtime: Runtime, _ elements: Elements, over axes: [Int], _ reduction: Reduction = .sum
  ) throws -> [Float] {
    let block = elements.blocks[0]
    let kept = block.shape.indices.filter { !axes.contains($0) }
    let target = try runtime.allocate(Shape(kept.map { block.shape[$0] }), .float32)
    try runtime.executor.reduce(reduction, elements, shape: block.shape, over: axes, into: target)
    return withExtendedLifetime(target.storage) {
      Array(target.range.bytes.bindMemory(to: Float.self))
    }
  }

  /// A block's values, but as a result that must be computed.
  private func computed(_ block: StridedBlock) -> Elements {
    AppliedFunction(.binary(.multiply), with: ScalarValue(1, as: .float32)).elements(of: [block])
  }

  @Test func readInPlaceGivesTheBitsOfEvaluated() throws {
    let one = Runtime(loopback: .solo(), workers: 1)
    let three = Runtime(loopback: .solo(), workers: 3)
    for (shape, axes) in [
      ([700, 300], [0]), ([9, 5000], [0]), ([3000, 7], [0]), ([5, 400, 60], [1]),
      ([40, 11, 30, 21], [0, 2]), ([40, 11, 30, 21], [0, 1]), ([200, 9001], [0]), ([64, 1], [0]),
      ([13, 1, 17], [0, 1]),
    ] as [(Shape, [Int])] {
      let block = try block(three, shape)
      // Turned round as well, so that columns lie apart.
      for source in [block, block.permuted(shape.indices.reversed())] {
        for reduction in [Reduction.sum, .product, .min, .max] {
          let expected = try sums(one, computed(source), over: axes, reduction)
          for runtime in [one, three] {
            let result = try sums(runtime, Elements(of: source), over: axes, reduction)
            #expect(
              result.map(\.bitPattern) == expected.map(\.bitPattern),
              "\(reduction) of \(source.shape) over \(axes)")
          }
        }
      }
    }
  }

  /// 64 values at a time one after the other, and such blocks as the leaves of a binary tree.
  private func pairwise(_ values: [Float]) -> Float {
    var parts = stride(from: 0, to: values.count, by: 64).map {
      values[$0..<min($0 + 64, values.count)].reduce(Float(0), +)
    }
    while parts.count > 1 {
      parts = stride(from: 0, to: parts.count, by: 2).map {
        $0 + 1 < parts.count ? parts[$0] + parts[$0 + 1] : parts[$0]
      }
    }
    return parts[0]
  }

  @Test func chunksOfRowsAreJoinedAsTrees() throws {
    let runtime = Runtime(loopback: .solo(), workers: 3)
    for (rows, columns) in [(63, 10), (700, 300), (130, 9001), (70_000, 3), (5000, 1100)] {
      let block = try block(runtime, [rows, columns])
      let values = Array(block.range.bytes.bindMemory(to: Float.self))
      let chunk = max(64, (1 << 16) / columns) / 64 * 64
      let expected = (0..<columns).map { column in
        pairwise(
          stride(from: 0, to: rows, by: chunk).map { start in
            pairwise((start..<min(start + chunk, rows)).map { values[$0 * columns + column] })
          })
      }
      for elements in [Elements(of: block), computed(block)] {
        let result = try sums(runtime, elements, over: [0])
        #expect(result == expected, "\(rows) × \(columns)")
      }
    }
  }
}
