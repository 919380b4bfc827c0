import CKernels
import Testing

extension KernelTests {
  @Suite struct Differences {
    private let reductions = [TK_SUM_OF_SQUARES, TK_SUM_OF_MAGNITUDES, TK_LARGEST_MAGNITUDE]
    private let lengths = [1, 2, 3, 15, 16, 17, 32, 33, 64, 65, 129]

    private func packed<T: RealElement>(
      _ vectors: [T], length: Int, panel: Int, leaves: Int, run: Int
    ) -> Run<T> {
      let count = vectors.count / length
      let result = Run<T>(count: (count + panel - 1) / panel * panel * leaves * run)
      let source = Run(vectors, shift: 1)
      tk_pack_vectors(
        T.type, result.pointer,
        tk_vectors(
          elements: source.pointer, count: count, length: length, vector_stride: Int64(length),
          element_stride: 1), panel, leaves, run)
      #expect(result.guardsAreIntact)
      return result
    }

    /// What `tk_reduce` makes of all differences, in lanes or one after the other.
    ///
    /// - Parameter least: where roots of sums of squares are asked for, the least sum of which they
    ///   are taken as it is.
    private func expected<T: RealElement>(
      _ reduction: tk_difference_reduction, _ a: [T], _ b: [T], length: Int, inLanes: Bool,
      least: T?
    ) -> [T] {
      func joined(_ op: tk_reduction, _ values: [T]) -> T {
        if inLanes { return reduced(op, values, from: 0) }
        return values.reduce(0) { op == TK_SUM ? $0 + $1 : $1 > $0 || $1.isNaN ? $1 : $0 }
      }
      var results: [T] = []
      for row in stride(from: 0, to: a.count, by: length) {
        for column in stride(from: 0, to: b.count, by: length) {
          let differences = (0..<length).map { a[row + $0] - b[column + $0] }
          let magnitudes = differences.map { abs($0) }
          guard reduction == TK_SUM_OF_SQUARES else {
            results.append(joined(reduction == TK_LARGEST_MAGNITUDE ? TK_MAX : TK_SUM, magnitudes))
            continue
          }
          let sum = joined(TK_SUM, differences.map { $0 * $0 })
          guard let least else {
            results.append(sum)
            continue
          }
          let largest = joined(TK_MAX, magnitudes)
          let scale = largest > 0 && largest.isFinite ? largest : 1
          let scaled = joined(TK_SUM, differences.map { $0 / scale * ($0 / scale) })
          let isExtreme = sum < least || sum == .infinity
          results.append(isExtreme ? scaled.squareRoot() * scale : sum.squareRoot())
        }
      }
      return results
    }

    private func check<T: RealElement>(_: T.Type, rows: Int, columns: Int, length: Int) {
      let width = MemoryLayout<T>.stride
      var generator = SplitMix(state: UInt64(length))
      func vectors(_ count: Int) -> [T] {
        (0..<count * length).map { _ in T(generator.unit() - 0.5) }
      }
      var (a, b) = (vectors(rows), vectors(columns))
      // A distance of 0, infinite ones and NaN, and squares that over- and underflow.
      b[..<length] = a[..<length]
      if rows > 1, columns > 2 { (a[length], b[2 * length]) = (.infinity, .nan) }
      if rows > 4, columns > 4 {
        a[2 * length] = .greatestFiniteMagnitude / 8
        for i in 0..<length { b[3 * length + i] = a[3 * length + i] * (1 + .ulpOfOne) }
        for i in 0..<length {
          (a[4 * length + i], b[4 * length + i]) = (T(i) * .leastNonzeroMagnitude, 0)
        }
      }
      for inLanes in [false, true] {
        var leaves = 1
        if inLanes, length >= 16 {
          while leaves < min(Int(TK_REDUCTION_BYTES) / width, length) { leaves *= 2 }
        }
        let run = (length + leaves - 1) / leaves
        let rowPanels = packed(a, length: length, panel: 1, leaves: leaves, run: run)
        let columnPanels = packed(
          b, length: length, panel: Int(TK_PANEL_BYTES) / width, leaves: leaves, run: run)
        for reduction in reductions {
          for least: T? in [nil, 0, 1e-3] {
            let results = expected(
              reduction, a, b, length: length, inLanes: inLanes, least: least)
            let gap = 3
            onEachInstructionSet { set in
              let out = Run<T>(
                [T](repeating: -7, count: rows * (columns + gap)), shift: 1)
              var work = tk_differences(
                reduction: reduction, type: T.type, leaves: leaves, run: run,
                a: rowPanels.pointer, rows: rows, b: columnPanels.pointer, columns: columns,
                out: out.pointer, out_stride: Int64(columns + gap), takes_roots: least != nil,
                least: Double(least ?? 0))
              tk_reduce_differences(&work)
              let all = (0..<rows).flatMap {
                results[$0 * columns..<($0 + 1) * columns] + [T](repeating: -7, count: gap)
              }
              expectSame(
                out, all, "\(reduction.rawValue) of \(length) \(T.self) on \(set)")
            }
          }
        }
      }
    }

    private func checkAll<T: RealElement>(_: T.Type) {
      for length in lengths { check(T.self, rows: 5, columns: 19, length: length) }
      for (rows, columns) in [(1, 1), (2, 16), (4, 35), (9, 5)] {
        check(T.self, rows: rows, columns: columns, length: 20)
      }
    }

    @Test func areReducedAsStoredOnesAre() {
      checkAll(Float.self)
      checkAll(Double.self)
    }

    @Test func integersHaveNone() {
      let out = Run<Int32>([5])
      let in32 = Run<Int32>([1])
      tk_pack_vectors(
        TK_INT32, out.pointer,
        tk_vectors(
          elements: in32.pointer, count: 1, length: 1, vector_stride: 1, element_stride: 1), 1, 1,
        1)
      var work = tk_differences(
        reduction: TK_SUM_OF_SQUARES, type: TK_INT32, leaves: 1, run: 1, a: in32.pointer, rows: 1,
        b: in32.pointer, columns: 1, out: out.pointer, out_stride: 1, takes_roots: false, least: 0)
      tk_reduce_differences(&work)
      expectSame(out, [5], "integers")
    }
  }
}
