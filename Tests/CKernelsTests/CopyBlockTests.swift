import CKernels
import Testing

extension KernelTests {
  @Suite struct CopyBlock {
    /// How far a layout reaches before and behind its first element.
    func reach(_ extents: [Int64], _ strides: [Int64]) -> (before: Int64, behind: Int64) {
      zip(extents, strides).reduce(into: (0, 0)) { reach, axis in
        let distance = (axis.0 - 1) * axis.1
        if distance < 0 { reach.0 -= distance } else { reach.1 += distance }
      }
    }

    func offsets(_ extents: [Int64], _ strides: [Int64]) -> [Int64] {
      zip(extents, strides).reduce([0]) { starts, axis in
        starts.flatMap { start in (0..<axis.0).map { start + $0 * axis.1 } }
      }
    }

    func check<T: Element & FixedWidthInteger>(
      _: T.Type, _ extents: [Int64], to outStrides: [Int64], from inStrides: [Int64],
      shift: Int = 1, streams: Bool
    ) {
      let size = MemoryLayout<T>.stride
      let (into, from) = (reach(extents, outStrides), reach(extents, inStrides))
      let source = Run(
        (0...from.before + from.behind).map { T(truncatingIfNeeded: $0 &* 40_503 >> 3) }, shift: 3)
      let target = Run<T>(count: Int(into.before + into.behind + 1), shift: shift)
      let values = source.values
      var expected = target.values
      for (new, old) in zip(offsets(extents, outStrides), offsets(extents, inStrides)) {
        expected[Int(into.before + new)] = values[Int(from.before + old)]
      }
      tk_copy_block(
        size, extents.count, extents, target.pointer + Int(into.before) * size, outStrides,
        source.pointer + Int(from.before) * size, inStrides, streams)
      expectSame(target, expected, "\(T.self) \(extents): \(inStrides) to \(outStrides)")
    }

    func checkLayouts<T: Element & FixedWidthInteger>(_: T.Type) {
      onEachInstructionSet { _ in
        for streams in [false, true] {
          check(T.self, [], to: [], from: [], streams: streams)
          check(T.self, [7], to: [1], from: [-1], streams: streams)
          check(T.self, [9], to: [-2], from: [3], streams: streams)
          // Rows, long and short, with and without gaps, repeated, reversed, of one value.
          for length in [3, 40, 600] as [Int64] {
            for (row, step) in [(length, 1), (length + 5, 1), (0, 1), (-length, 1), (1, 0)] {
              let from: [Int64] = [row, Int64(step)]
              check(T.self, [11, length], to: [length, 1], from: from, streams: streams)
              check(T.self, [5, length], to: [length + 3, 1], from: from, streams: streams)
            }
            check(T.self, [11, length], to: [length, 1], from: [length, -1], streams: streams)
            check(T.self, [11, length], to: [2 * length, 2], from: [length, 1], streams: streams)
          }
          // Transposed, whole cache lines and not, in a batch.
          for (rows, columns, pad) in [(64, 64, 0), (65, 130, 0), (70, 33, 3), (3, 300, 0)] {
            let (rows, columns) = (Int64(rows), Int64(columns))
            check(
              T.self, [2, columns, rows],
              to: [columns * (rows + Int64(pad)), rows + Int64(pad), 1],
              from: [rows * columns, 1, columns], shift: 0, streams: streams)
            check(
              T.self, [columns, rows], to: [2 * rows, 2], from: [1, columns], streams: streams)
          }
          check(
            T.self, [2, 3, 4, 5, 6], to: [360, 120, 30, 6, 1], from: [3, 1, -180, 36, 6],
            streams: streams)
        }
      }
    }

    @Test func anyLayoutToAnyOther() {
      checkLayouts(UInt8.self)
      checkLayouts(Int16.self)
      checkLayouts(Int32.self)
      checkLayouts(Int64.self)
    }

    @Test func elementsOfOtherSizes() {
      let out = Run<UInt8>(count: 18)
      let input = Run((0..<18).map { UInt8($0) })
      // A 2 × 3 matrix of three bytes, transposed.
      tk_copy_block(3, 2, [3, 2], out.pointer, [2, 1], input.pointer, [1, 3], false)
      let order = [0, 3, 1, 4, 2, 5]
      expectSame(out, order.flatMap { e in (0..<3).map { UInt8(3 * e + $0) } }, "three bytes")
    }

    @Test func emptyBlocksAreLeftAlone() {
      let out = Run<UInt8>(count: 4)
      tk_copy_block(
        1, 2, [0, 4], out.pointer, [4, 1], Run<UInt8>(count: 4).pointer, [4, 1], true)
      #expect(out.bytes.allSatisfy { $0 == 0xA5 })
    }
  }
}
