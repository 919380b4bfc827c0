import CKernels
import Testing

extension KernelTests {
  @Suite struct Sort {
    private let counts = [
      0, 1, 2, 3, 15, 16, 17, 31, 47, 48, 49, 100, 127, 128, 129, 255, 256, 257, 1000, 70_000,
    ]

    /// Orders in which elements of a type come; the first two are in no order.
    private static let arrangements = [
      "samples", "bits", "in order", "in reverse", "nearly in order", "up and down", "alike",
      "of two values",
    ]

    /// Elements in one of these orders: samples, of which there are few, or any bits with some
    /// samples among them.
    private func values<T: Element>(
      _ count: Int, _ arrangement: String, _ isLess: (T, T) -> Bool
    ) -> [T] {
      var values = T.values(count, seed: UInt64(count + 7))
      if arrangement == "samples" || count == 0 { return values }
      var generator = SplitMix(state: UInt64(count))
      if T.self != Bool.self {
        for i in values.indices where i % 7 != 0 {
          values[i] = withUnsafeBytes(of: generator.next().littleEndian) { $0.load(as: T.self) }
        }
      }
      if arrangement == "bits" { return values }
      var order = expected(values, descending: arrangement == "in reverse", isLess).map { Int($0) }
      switch arrangement {
      case "nearly in order":
        for _ in 0...count / 100 { order.swapAt(generator.below(count), generator.below(count)) }
      case "up and down":
        order = order.indices.map { order[min(2 * $0, 2 * (count - $0) - 1)] }
      case "alike": order = order.map { _ in order[count / 2] }
      case "of two values": order = order.map { order[$0 % 3 == 0 ? count / 3 : count / 2] }
      default: break
      }
      return order.map { values[$0] }
    }

    /// Positions by a stable sort that compares; what is not equal to itself comes last.
    private func expected<T: Element>(
      _ values: [T], descending: Bool, _ isLess: (T, T) -> Bool
    ) -> [Int64] {
      let isNumber = { (value: T) in value == value }
      let order = values.indices.sorted { a, b in
        let (x, y) = descending ? (values[b], values[a]) : (values[a], values[b])
        if isNumber(values[a]) != isNumber(values[b]) { return isNumber(values[a]) }
        if isLess(x, y) { return true }
        return !isLess(y, x) && a < b
      }
      return order.map { Int64($0) }
    }

    private func check<T: Element>(
      _ values: [T], _ arrangement: String, shift: Int, _ isLess: (T, T) -> Bool
    ) {
      let count = values.count
      let input = Run(values, shift: shift)
      for descending in [false, true] {
        let order = expected(values, descending: descending, isLess)
        let sorted = order.map { values[Int($0)] }
        let direction = descending ? "descending" : "ascending"
        onEachInstructionSet { instructionSet in
          let context = "\(T.self) × \(count), \(arrangement), \(direction), \(instructionSet)"

          let positions = Run<Int64>(count: count, shift: shift)
          let wide = Run<UInt64>(count: (tk_sort_scratch(T.type, true, count) + 7) / 8)
          tk_sort_positions(
            T.type, descending, positions.pointer.assumingMemoryBound(to: Int64.self),
            input.pointer, count, wide.pointer)
          expectSame(positions, order, "positions, \(context)")
          #expect(wide.guardsAreIntact, "scratch, \(context)")

          let out = Run<T>(count: count, shift: shift)
          let scratch = Run<UInt64>(count: (tk_sort_scratch(T.type, false, count) + 7) / 8)
          tk_sort(T.type, descending, out.pointer, input.pointer, count, scratch.pointer)
          expectSame(out, sorted, context)
          #expect(scratch.guardsAreIntact, "scratch, \(context)")
        }
        expectSame(input, values, "input, \(T.self) × \(count), \(arrangement)")
      }
    }

    private func check<T: Element>(_ type: T.Type, _ isLess: (T, T) -> Bool) {
      for (number, count) in counts.enumerated() {
        for (more, arrangement) in ["samples", "bits"].enumerated() {
          let values: [T] = values(count, arrangement, isLess)
          check(values, arrangement, shift: (number + more) % 3, isLess)
        }
      }
      for (number, arrangement) in Self.arrangements.enumerated() {
        for count in [24, 131, 1003, 10_000] {
          let values: [T] = values(count, arrangement, isLess)
          check(values, arrangement, shift: number % 3, isLess)
        }
      }
    }

    @Test func floats() {
      check(Float.self, <)
      check(Double.self, <)
    }

    @Test func integers() {
      check(Int8.self, <)
      check(Int16.self, <)
      check(Int32.self, <)
      check(Int64.self, <)
      check(UInt8.self, <)
      check(UInt16.self, <)
      check(UInt32.self, <)
      check(UInt64.self, <)
    }

    @Test func booleans() { check(Bool.self) { !$0 && $1 } }

    /// All keys alike in all bytes, and in all but one.
    @Test func passesWithoutEffectAreLeftOut() {
      for values in [[Int64](repeating: 5, count: 100), (0..<100).map { Int64($0 % 7) << 40 }] {
        let out = Run<Int64>(count: 100)
        let scratch = Run<Int64>(count: 100)
        tk_sort(TK_INT64, false, out.pointer, Run(values).pointer, 100, scratch.pointer)
        expectSame(out, values.sorted(), "\(values[1])")
      }
    }

    /// Keys so close together that it is counted how often there is each, in small tables and large
    /// ones.
    @Test func numbersCloseTogether() {
      for range in [200, 300, 3000, 40_000] {
        let numbers = (0..<100_000).map { $0 * 7919 % range }
        check(numbers.map { Int16(truncatingIfNeeded: $0) }, "\(range)", shift: 1, <)
        check(numbers.map { UInt32($0) + 5 }, "\(range)", shift: 1, <)
        check(numbers.map { 1 + Double($0) * .ulpOfOne }, "\(range)", shift: 0, <)
      }
    }

    /// NaN of many bits, zeros of both signs and infinities, in runs that vectors sort: zeros as
    /// they came, and the NaN last.
    @Test func whatOnlyFloatsHave() {
      for count in [40, 500, 30_000] {
        var generator = SplitMix(state: 5)
        let values = (0..<count).map { _ -> Double in
          switch generator.below(5) {
          case 0: Double(bitPattern: 0x7FF0_0000_0000_0001 | generator.next())
          case 1: 0
          case 2: -0.0
          case 3: generator.below(2) == 0 ? .infinity : -.infinity
          default: generator.unit() - 0.5
          }
        }
        for descending in [false, true] {
          let sorted = expected(values, descending: descending, <).map { values[Int($0)] }
          onEachInstructionSet { instructionSet in
            let out = Run<Double>(count: count)
            let scratch = Run<Double>(count: count)
            tk_sort(
              TK_FLOAT64, descending, out.pointer, Run(values).pointer, count, scratch.pointer)
            expectSame(out, sorted, "\(count), \(descending), \(instructionSet)")
          }
        }
      }
    }

    /// What vectors split, as several workers do: each part has the keys that belong to it, and all
    /// of them together are those of the run.
    private func checkSplit<T: Element>(_ values: [T], parts: Int, _ context: String) {
      var run = tk_sort_run(
        type: T.type, descending: false, positions: false, length: values.count)
      let size = tk_sort_item_size(&run)
      let half = values.count / 2
      let input = Run(values)
      let scratch = Run<UInt64>(count: (tk_sort_scratch(T.type, false, values.count) + 7) / 8)
      let expected = Run<T>(count: values.count)
      tk_sort(T.type, false, expected.pointer, input.pointer, values.count, scratch.pointer)
      onEachInstructionSet { set in
        let (keys, gathered) = (Run<T>(count: values.count), Run<T>(count: values.count))
        let out = Run<T>(count: values.count)
        var (low, high, splitters) = (UInt64(0), UInt64(0), [UInt64](repeating: 0, count: parts))
        var counts = [[UInt64]](repeating: [UInt64](repeating: 0, count: parts), count: 2)
        let zeros = tk_sort_load(
          &run, keys.pointer, input.pointer, 0, values.count, &low, &high)
        tk_sort_find_splitters(&run, keys.pointer, values.count, parts, &splitters)
        let pieces = [(0, half), (half, values.count - half)]
        for (number, piece) in pieces.enumerated() {
          tk_sort_count_parts(
            &run, keys.pointer + piece.0 * size, piece.1, splitters, parts, &counts[number])
        }
        #expect(counts.joined().reduce(0, +) == values.count, "\(context) on \(set)")
        var (place, starts) = (UInt64(0), [Int]())
        for part in 0..<parts {
          starts.append(Int(place))
          for number in 0..<2 {
            (counts[number][part], place) = (place, place + counts[number][part])
          }
        }
        for (number, piece) in pieces.enumerated() {
          tk_sort_split(
            &run, gathered.pointer, keys.pointer + piece.0 * size, piece.1, splitters, parts,
            &counts[number])
        }
        for (part, start) in starts.enumerated() {
          let end = part + 1 < parts ? starts[part + 1] : values.count
          #expect(Int(counts[1][part]) == end, "\(context), part \(part) on \(set)")
          tk_sort_items(&run, gathered.pointer + start * size, scratch.pointer, end - start)
        }
        tk_sort_store(&run, out.pointer, gathered.pointer, values.count)
        if zeros { tk_sort_restore_zeros(&run, out.pointer, input.pointer, values.count) }
        expectSame(out, expected.values, "\(context) on \(set)")
        #expect(gathered.guardsAreIntact && keys.guardsAreIntact, "\(context) on \(set)")
      }
    }

    private func checkSplit<T: Element>(_: T.Type, _ isLess: (T, T) -> Bool) {
      for (number, arrangement) in Self.arrangements.enumerated() {
        for count in [1, 15, 16, 17, 1003, 5000] {
          let parts = [1, 2, 3, 7, Int(TK_SORT_PARTS)][(number + count) % 5]
          let values: [T] = values(count, arrangement, isLess)
          checkSplit(values, parts: parts, "\(T.self) × \(count) in \(parts), \(arrangement)")
        }
      }
    }

    @Test func partsOfARun() {
      checkSplit(Float.self, <)
      checkSplit(Double.self, <)
      checkSplit(Int8.self, <)
      checkSplit(Int32.self, <)
      checkSplit(UInt64.self, <)
    }

    @Test func keysAloneAreSplitInWideVectors() {
      onEachInstructionSet { set in
        var run = tk_sort_run(type: TK_FLOAT64, descending: false, positions: false, length: 9)
        if ["SSE2", "NEON"].contains(set) { #expect(!tk_sort_is_split(&run), "on \(set)") }
        run.type = TK_INT8
        #expect(!tk_sort_is_split(&run), "on \(set)")
        run = tk_sort_run(type: TK_FLOAT64, descending: false, positions: true, length: 9)
        #expect(!tk_sort_is_split(&run), "on \(set)")
      }
    }
  }
}
