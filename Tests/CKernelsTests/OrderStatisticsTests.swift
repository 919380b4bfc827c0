import CKernels
import Foundation
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

    /// Two parts of a run, sifted each by itself, as by two ranks.
    private struct Parts {
      let count = 70_000
      let scratch: Run<UInt64>
      var found = 0
      var below = 0
      var range = tk_order_range()

      init(_ values: [Double], first: Int, descending: Bool) {
        let input = Run(values)
        let half = count / 2
        scratch = Run(count: (tk_order_scratch(TK_FLOAT64, count) + 7) / 8)
        let sample = Run<Double>(count: 4096)
        tk_order_sample(TK_FLOAT64, sample.pointer, 2048, input.pointer, half)
        tk_order_sample(
          TK_FLOAT64, sample.pointer + 2048 * 8, 2048, input.pointer + half * 8, count - half)
        var bounds = tk_order_bounds_of_sample(
          TK_FLOAT64, descending, sample.pointer, 4096, count, first, 2)
        range = tk_order_range_of_bounds(TK_FLOAT64, descending, &bounds)
        let size = tk_order_entry_size(TK_FLOAT64, count)
        for start in [0, half] {
          var own = 0
          found += tk_order_sift(
            TK_FLOAT64, descending, &bounds, scratch.pointer + found * size,
            input.pointer + start * 8, start, half, count, &own)
          below += own
        }
      }
    }

    /// Entries are counted and picked in the order of their elements.
    @Test(arguments: [false, true]) func rangesHoldWhatLiesBetween(descending: Bool) {
      let values = (0..<70_000).map { Double(($0 * 7919) % 70_001) }
      let first = 30_000
      var parts = Parts(values, first: first, descending: descending)
      let (low, high) = (parts.range.low_key, parts.range.high_key)
      #expect(parts.below <= first && first + 2 <= parts.below + parts.found)
      var shift: UInt32 = 0
      while (high - low) >> shift >= 64 { shift += 1 }
      let counts = Run([Int64](repeating: 0, count: 64))
      let numbers = counts.pointer.assumingMemoryBound(to: Int64.self)
      tk_order_count(
        TK_FLOAT64, parts.scratch.pointer, parts.found, parts.count, &parts.range, shift, numbers)
      #expect((0..<64).reduce(0) { $0 + Int(numbers[$1]) } == parts.found)
      let keys = Run<UInt64>(count: parts.found)
      let positions = Run<Int64>(count: parts.found)
      let key = keys.pointer.assumingMemoryBound(to: UInt64.self)
      let position = positions.pointer.assumingMemoryBound(to: Int64.self)
      let picked = tk_order_pick(
        TK_FLOAT64, parts.scratch.pointer, parts.found, parts.count, &parts.range, key, position)
      #expect(picked == parts.found)
      let order = (0..<picked).sorted { (key[$0], position[$0]) < (key[$1], position[$1]) }
      let all = values.indices.sorted {
        descending ? values[$0] > values[$1] : values[$0] < values[$1]
      }
      #expect(order.map { Int(position[$0]) } == Array(all[parts.below..<parts.below + picked]))
      // One key, by positions.
      var one = tk_order_range(
        low_key: key[0], high_key: key[0], low_position: UInt64(position[0]),
        high_position: UInt64(position[0]))
      numbers.update(repeating: 0, count: 64)
      tk_order_count(
        TK_FLOAT64, parts.scratch.pointer, parts.found, parts.count, &one, 0, numbers)
      #expect((0..<64).map { Int(numbers[$0]) } == [1] + Array(repeating: 0, count: 63))
    }

    /// Many entries are narrowed before they are put in order, whatever their keys.
    @Test func manyEqualOrDistantOnesKeepTheirOrder() {
      let count = 50_000
      for kind in 0..<3 {
        let values = (0..<count).map { number -> Double in
          switch kind {
          case 0: Double((number * 7919) % 3)
          case 1: number % 1000 == 7 ? .nan : exp(Double((number * 7919) % 1400 - 700))
          default: number == 9 ? .infinity : Double((number * 7919) % count)
          }
        }
        let input = Run(values)
        let scratch = Run<UInt64>(count: (tk_order_scratch(TK_FLOAT64, count) + 7) / 8)
        let wide = Run<UInt64>(count: (tk_sort_scratch(TK_FLOAT64, true, count) + 7) / 8)
        let all = Run<Int64>(count: count)
        tk_sort_positions(
          TK_FLOAT64, false, all.pointer.assumingMemoryBound(to: Int64.self), input.pointer, count,
          wide.pointer)
        let order = all.pointer.assumingMemoryBound(to: Int64.self)
        for (first, wanted) in [(0, 1), (count / 3, 3), (count / 2, 5000), (count - 2, 2)] {
          let out = Run<Int64>(count: wanted)
          tk_order_positions(
            TK_FLOAT64, false, out.pointer.assumingMemoryBound(to: Int64.self), input.pointer,
            count, first, wanted, scratch.pointer)
          expectSame(out, (first..<first + wanted).map { order[$0] }, "kind \(kind) from \(first)")
        }
      }
    }

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
