import CKernels
import Testing

extension KernelTests {
  @Suite struct Sort {
    private let counts = [0, 1, 2, 3, 31, 47, 48, 49, 100, 255, 256, 1000, 70_000]

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

    private func check<T: Element>(_ type: T.Type, _ isLess: (T, T) -> Bool) {
      for (number, count) in counts.enumerated() {
        for descending in [false, true] {
          let values = T.values(count, seed: UInt64(count + 7))
          let shift = number % 3
          let input = Run(values, shift: shift)
          let order = expected(values, descending: descending, isLess)
          let context = "\(T.self) × \(count), \(descending ? "descending" : "ascending")"

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
          expectSame(out, order.map { values[Int($0)] }, context)
          #expect(scratch.guardsAreIntact, "scratch, \(context)")
          expectSame(input, values, "input, \(context)")
        }
      }
    }

    @Test func floats() {
      check(Float.self, <)
      check(Double.self, <)
    }

    @Test func integers() {
      check(Int32.self, <)
      check(Int64.self, <)
      check(UInt8.self, <)
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
  }
}
