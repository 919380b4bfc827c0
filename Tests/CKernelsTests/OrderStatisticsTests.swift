import CKernels
import Testing

extension KernelTests {
  @Suite struct OrderStatistics {
    private func check<T: Element>(_ type: T.Type) {
      for (number, count) in [1, 2, 3, 100, 1023, 1024, 1500, 20_000].enumerated() {
        for descending in [false, true] {
          let values = T.values(count, seed: UInt64(count + 11))
          let input = Run(values, shift: number % 3)
          let all = Run<Int64>(count: count)
          let wide = Run<UInt64>(count: (tk_sort_scratch(T.type, true, count) + 7) / 8)
          tk_sort_positions(
            T.type, descending, all.pointer.assumingMemoryBound(to: Int64.self), input.pointer,
            count, wide.pointer)
          for first in Set([0, count / 3, count / 2, count - 1]) {
            for wanted in Set([0, 1, 2, 40, count - first]) where first + wanted <= count {
              let out = Run<Int64>(count: wanted, shift: number % 3)
              let scratch = Run<UInt64>(count: (tk_order_scratch(T.type, count) + 7) / 8)
              tk_order_positions(
                T.type, descending, out.pointer.assumingMemoryBound(to: Int64.self),
                input.pointer, count, first, wanted, scratch.pointer)
              let context = "\(T.self) × \(count), \(first) ..< \(first + wanted), \(descending)"
              let order = all.pointer.assumingMemoryBound(to: Int64.self)
              expectSame(out, (first..<first + wanted).map { order[$0] }, context)
              #expect(scratch.guardsAreIntact, "scratch, \(context)")
            }
          }
          expectSame(input, values, "input, \(T.self) × \(count)")
        }
      }
    }

    @Test func floats() {
      check(Float.self)
      check(Double.self)
    }

    @Test func integers() {
      check(Int8.self)
      check(Int16.self)
      check(Int32.self)
      check(Int64.self)
      check(UInt8.self)
      check(UInt16.self)
      check(UInt32.self)
      check(UInt64.self)
    }

    @Test func booleans() { check(Bool.self) }

    /// What has no bounds is looked at whole.
    @Test func partsGiveWhatTheWholeGives() {
      let values = (0..<5000).map { Double(($0 * 7919) % 5003) }
      let input = Run(values)
      let scratch = Run<UInt64>(count: (tk_order_scratch(TK_FLOAT64, 5000) + 7) / 8)
      var bounds = tk_order_find_bounds(
        TK_FLOAT64, false, input.pointer, 5000, 2500, 2, scratch.pointer)
      #expect(bounds.has_low && bounds.has_high)
      let size = tk_order_entry_size(TK_FLOAT64, 5000)
      var (found, below) = (0, 0)
      for start in stride(from: 0, to: 5000, by: 1250) {
        var own = 0
        found += tk_order_sift(
          TK_FLOAT64, false, &bounds, scratch.pointer + found * size,
          input.pointer + start * 8, start, 1250, 5000, &own)
        below += own
      }
      #expect(found < 2500 && below < 2500)
      let out = Run<Int64>(count: 2)
      let isFound = tk_order_finish(
        TK_FLOAT64, out.pointer.assumingMemoryBound(to: Int64.self), scratch.pointer, found, below,
        2500, 2, 5000)
      #expect(isFound)
      let order = values.indices.sorted { values[$0] < values[$1] }
      expectSame(out, [Int64(order[2500]), Int64(order[2501])], "the middle")
      // Places that are not between the bounds.
      let isElsewhere = tk_order_finish(
        TK_FLOAT64, out.pointer.assumingMemoryBound(to: Int64.self), scratch.pointer, found, below,
        0, 1, 5000)
      #expect(!isElsewhere)
    }
  }
}
