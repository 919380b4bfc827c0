import CKernels
import Testing

extension KernelTests {
  @Suite struct Move {
    func checkFill<T: BitwiseCopyable & Equatable>(_ value: T) {
      onEachInstructionSet { set in
        for (count, shift) in runShapes + [(1_100_003, 1)] {
          let out = Run<T>(count: count, shift: shift)
          let one = Run([value])
          tk_fill(MemoryLayout<T>.stride, out.pointer, one.pointer, count)
          #expect(out.values.allSatisfy { $0 == value }, "\(T.self) × \(count) on \(set)")
          #expect(out.guardsAreIntact, "\(T.self) × \(count) on \(set)")
        }
      }
    }

    @Test func fills() {
      checkFill(UInt8(0x3C))
      checkFill(Float(1.5))
      checkFill(Int64(-12345))
      checkFill(UInt16(0x1234))
      checkFill(SIMD2<Int64>(1, -2))
    }

    @Test func copiesSmallAndStreamsLarge() {
      onEachInstructionSet { set in
        for (count, shift) in [(0, 0), (1, 3), (100, 1), (1 << 20, 0), ((1 << 20) + 77, 5)] {
          var generator = SplitMix(state: 41)
          let input = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
          for inputShift in [0, 7] {
            let out = Run<UInt8>(count: count, shift: shift)
            tk_copy(out.pointer, Run(input, shift: inputShift).pointer, count)
            expectSame(out, input, "copy of \(count) bytes on \(set)")
            for stream in [tk_stream, tk_stream_from_memory] {
              let streamed = Run<UInt8>(count: count, shift: shift)
              stream(streamed.pointer, Run(input, shift: inputShift).pointer, count)
              tk_finish_streaming()
              expectSame(streamed, input, "streamed copy of \(count) bytes on \(set)")
            }
          }
        }
      }
    }

    /// A strided block in a buffer: where its first element lies, and how many elements the buffer
    /// has.
    func span(_ extents: [Int64], _ strides: [Int64]) -> (origin: Int, count: Int) {
      var (low, high): (Int64, Int64) = (0, 0)
      for (extent, stride) in zip(extents, strides) {
        if stride < 0 { low += (extent - 1) * stride } else { high += (extent - 1) * stride }
      }
      return (Int(-low), Int(high - low) + 1)
    }

    func offset(of position: Int64, _ extents: [Int64], _ strides: [Int64]) -> Int {
      var (rest, offset) = (position, Int64(0))
      for axis in extents.indices.reversed() {
        offset += rest % extents[axis] * strides[axis]
        rest /= extents[axis]
      }
      return Int(offset)
    }

    /// Packs and unpacks a window of a block and compares with offsets computed one by one.
    func checkWindow<T: Element & FixedWidthInteger>(
      _: T.Type, _ extents: [Int64], _ strides: [Int64], _ first: Int64, _ count: Int64
    ) {
      let context = "\(T.self) \(extents) \(strides) from \(first), \(count)"
      let (origin, size) = span(extents, strides)
      let block = Run((0..<size).map { T(truncatingIfNeeded: $0 &* 31 &+ 7) }, shift: 1)
      let before = block.values
      let packed = Run<T>(count: Int(count), shift: 1)
      let stride = MemoryLayout<T>.stride
      tk_pack(
        stride, packed.pointer, block.pointer + origin * stride, extents.count, extents, strides,
        first, count)
      let offsets = (first..<first + count).map { origin + offset(of: $0, extents, strides) }
      expectSame(packed, offsets.map { before[$0] }, "pack " + context)

      let values = (0..<Int(count)).map { T(truncatingIfNeeded: $0 &* 17 &+ 3) }
      tk_unpack(
        stride, block.pointer + origin * stride, extents.count, extents, strides, first, count,
        Run(values).pointer)
      // Of several values for one element any may stay, so compare those that are unique.
      var expected = before
      var writers = [Int: Int]()
      for (offset, value) in zip(offsets, values) {
        expected[offset] = value
        writers[offset, default: 0] += 1
      }
      let after = block.values
      let wrong = after.indices.first {
        writers[$0, default: 0] < 2 && after[$0] != expected[$0]
      }
      #expect(wrong == nil, "unpack \(context)")
      for (offset, count) in writers where count > 1 {
        let candidates = zip(offsets, values).filter { $0.0 == offset }.map { $0.1 }
        #expect(candidates.contains(after[offset]), "unpack \(context)")
      }
      #expect(block.guardsAreIntact, "unpack \(context)")
    }

    func checkBlocks<T: Element & FixedWidthInteger>(_: T.Type) {
      var generator = SplitMix(state: 42)
      for _ in 0..<300 {
        let axes = generator.below(5)
        let extents = (0..<axes).map { _ in Int64(1 + generator.below(7)) }
        // Contiguous strides in a permuted order, then perhaps widened, reversed or zero.
        var strides = [Int64](repeating: 0, count: axes)
        var next: Int64 = 1
        var order = Array(0..<axes)
        for i in order.indices.reversed() where i > 0 && generator.below(2) == 0 {
          order.swapAt(i, generator.below(i + 1))
        }
        for axis in order.reversed() {
          strides[axis] = next
          next *= extents[axis]
          switch generator.below(8) {
          case 0: next += Int64(generator.below(3))
          case 1: strides[axis] = -strides[axis]
          case 2: strides[axis] = 0
          default: break
          }
        }
        let total = extents.reduce(1, *)
        let first = Int64(generator.below(Int(total)))
        let count = Int64(generator.below(Int(total - first) + 1))
        checkWindow(T.self, extents, strides, first, count)
        checkWindow(T.self, extents, strides, 0, total)
      }
    }

    @Test func packsAndUnpacksAnyBlock() {
      checkBlocks(Int32.self)
      checkBlocks(Int64.self)
      checkBlocks(UInt8.self)
      checkBlocks(Int16.self)
    }

    @Test func packsTransposedAndLongRows() {
      onEachInstructionSet { _ in
        checkWindow(Int32.self, [70, 50], [1, 70], 0, 3500)
        checkWindow(Int32.self, [70, 50], [1, 70], 33, 3400)
        checkWindow(Int16.self, [70, 50], [1, 70], 33, 3400)
        checkWindow(Int64.self, [3, 40, 33], [1320, 1, 40], 100, 3000)
        checkWindow(Int32.self, [40, 33], [1, -40], 7, 1200)
        checkWindow(Int32.self, [20, 100], [128, 1], 50, 1900)
        checkWindow(Int64.self, [20, 100], [1, 0], 3, 1900)
      }
    }

    @Test func packsElementsOfOtherSizes() {
      typealias Triple = (UInt8, UInt8, UInt8)
      let bytes = (0..<60).map { UInt8($0) }
      let packed = Run<UInt8>(count: 36)
      // Twenty elements of three bytes as a 4 × 5 matrix, transposed, from element 3 on.
      tk_pack(3, packed.pointer, Run(bytes).pointer, 2, [5, 4], [1, 5], 3, 12)
      let order = (3..<15).map { $0 / 4 + $0 % 4 * 5 }
      let expected = order.flatMap { element in (0..<3).map { UInt8(3 * element + $0) } }
      expectSame(packed, expected, "pack of three bytes")
      let restored = Run([UInt8](repeating: 0, count: 60))
      tk_unpack(3, restored.pointer, 2, [5, 4], [1, 5], 3, 12, packed.pointer)
      var kept = [UInt8](repeating: 0, count: 60)
      for element in order { for k in 0..<3 { kept[3 * element + k] = bytes[3 * element + k] } }
      expectSame(restored, kept, "unpack of three bytes")
    }

    func checkTranspose<T: Element & FixedWidthInteger>(
      _: T.Type, rows: Int, columns: Int, padding: (Int, Int), shift: Int, streams: Bool = false
    ) {
      let (inStride, outStride) = (columns + padding.0, rows + padding.1)
      let input = (0..<max(1, rows * inStride)).map {
        T(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7)
      }
      let out = Run<T>(count: max(1, columns * outStride), shift: shift)
      var expected = out.values
      for c in 0..<columns {
        for r in 0..<rows { expected[c * outStride + r] = input[r * inStride + c] }
      }
      tk_transpose(
        MemoryLayout<T>.stride, out.pointer, Int64(outStride), Run(input, shift: 1).pointer,
        Int64(inStride), Int64(rows), Int64(columns), streams)
      expectSame(out, expected, "transpose of \(T.self) \(rows) × \(columns), padding \(padding)")
    }

    func checkTransposes<T: Element & FixedWidthInteger>(_: T.Type, large: (Int, Int)) {
      onEachInstructionSet { _ in
        for (rows, columns) in [
          (0, 5), (5, 0), (1, 1), (3, 5), (16, 16), (17, 33), (64, 64), (65, 130), (70, 8),
          (300, 40),
        ] {
          for streams in [false, true] {
            checkTranspose(
              T.self, rows: rows, columns: columns, padding: (0, 0), shift: 0, streams: streams)
            checkTranspose(
              T.self, rows: rows, columns: columns, padding: (3, 5), shift: 3, streams: streams)
          }
        }
        // Rows of the output on cache lines, off them by the same, and anyhow.
        let (rows, columns) = large
        for (padding, shift) in [((0, 0), 0), ((1, 0), 3), ((0, 1), 0)] {
          checkTranspose(
            T.self, rows: rows, columns: columns - 3 * padding.1, padding: padding, shift: shift,
            streams: true)
        }
      }
    }

    @Test func transposes() {
      checkTransposes(UInt8.self, large: (1024, 1100))
      checkTransposes(Int16.self, large: (768, 720))
      checkTransposes(Int32.self, large: (512, 530))
      checkTransposes(Int64.self, large: (384, 360))
      typealias Long = SIMD2<Int64>
      let out = Run<Long>(count: 6)
      let input = Run((1...6).map { Long($0, -$0) })
      tk_transpose(16, out.pointer, 2, input.pointer, 3, 2, 3, false)
      #expect(out.values == [1, 4, 2, 5, 3, 6].map { Long($0, -$0) })
    }
  }
}
