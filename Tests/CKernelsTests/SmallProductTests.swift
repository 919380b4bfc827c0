import CKernels
import Testing

extension KernelTests {
  @Suite struct SmallProducts {
    /// How the elements of a matrix lie.
    enum Order: CaseIterable {
      case rows, columns, apart

      func strides(_ rows: Int, _ columns: Int) -> (row: Int, column: Int) {
        switch self {
        case .rows: (columns, 1)
        case .columns: (1, rows)
        case .apart: (2 * columns + 1, 2)
        }
      }
    }

    struct Matrices<T: RealElement> {
      let values: [T]
      let step: Int
      let strides: (row: Int, column: Int)

      /// One matrix that all products share, or `count`.
      init(_ count: Int, _ rows: Int, _ columns: Int, _ order: Order, isShared: Bool, seed: UInt64)
      {
        strides = order.strides(rows, columns)
        let elements = (rows - 1) * strides.row + (columns - 1) * strides.column + 1
        step = isShared ? 0 : elements + 3
        values = T.values(step * (count - 1) + elements, seed: seed)
      }

      func element(_ number: Int, _ row: Int, _ column: Int) -> T {
        values[number * step + row * strides.row + column * strides.column]
      }
    }

    func check<T: RealElement>(
      _: T.Type, _ rows: Int, _ columns: Int, _ depth: Int, _ orders: (Order, Order),
      isShared: Bool = false
    ) {
      let count = 3
      let a = Matrices<T>(count, rows, depth, orders.0, isShared: false, seed: 71)
      let b = Matrices<T>(count, depth, columns, orders.1, isShared: isShared, seed: 72)
      let (x, y) = (Run(a.values, shift: 1), Run(b.values, shift: 3))
      onEachInstructionSet { set in
        let expected = (0..<count * rows * columns).map { place in
          let (number, rest) = place.quotientAndRemainder(dividingBy: rows * columns)
          return (0..<depth).reduce(T(0)) { sum, k in
            let (left, right) = (
              a.element(number, rest / columns, k), b.element(number, k, rest % columns)
            )
            return set == "SSE2" ? sum + left * right : sum.addingProduct(left, right)
          }
        }
        let c = Run<T>(count: count * rows * columns, shift: 1)
        tk_small_products(
          T.type, count, Int64(rows), Int64(columns), Int64(depth), x.pointer, Int64(a.step),
          Int64(a.strides.row), Int64(a.strides.column), y.pointer, Int64(b.step),
          Int64(b.strides.row), Int64(b.strides.column), c.pointer)
        expectSame(
          c, expected, "\(rows) × \(columns) × \(depth) of \(T.self), \(orders), on \(set)")
      }
    }

    /// Each sum takes its terms in their order, whatever its place in a vector.
    @Test func sumsAreThoseOfALoop() {
      let extents = [1, 2, 3, 4, 5, 7, 8, 9, 15, 17, 31, 32]
      for (i, rows) in extents.enumerated() {
        for (j, columns) in extents.enumerated() {
          let depth = extents[(5 * i + 7 * j) % extents.count]
          for first in Order.allCases {
            for second in Order.allCases {
              check(Float.self, rows, columns, depth, (first, second))
              check(Double.self, rows, columns, depth, (first, second))
            }
          }
        }
      }
    }

    @Test func oneMatrixForAll() {
      for order in Order.allCases {
        check(Float.self, 7, 6, 5, (.rows, order), isShared: true)
        check(Double.self, 1, 9, 4, (.columns, order), isShared: true)
        check(Double.self, 9, 1, 4, (.columns, order), isShared: true)
      }
    }

    @Test func sumsOfNothingAreZero() {
      for columns in [1, 3, 20] {
        onEachInstructionSet { set in
          let c = Run([Float](repeating: .nan, count: 2 * 9 * columns))
          tk_small_products(
            TK_FLOAT32, 2, 9, Int64(columns), 0, c.pointer, 0, 0, 1, c.pointer, 0, 1, 0, c.pointer)
          expectSame(c, [Float](repeating: 0, count: 2 * 9 * columns), "\(columns) on \(set)")
        }
      }
    }

    @Test func nothingIsWrittenOfNothing() {
      onEachInstructionSet { _ in
        let c = Run<Double>(count: 0)
        for (count, rows, columns) in [(0, 2, 2), (2, 0, 2), (2, 2, 0)] as [(Int, Int64, Int64)] {
          let b = Run<Double>([1, 2, 3, 4])
          tk_small_products(
            TK_FLOAT64, count, rows, columns, 1, b.pointer, 0, 1, 1, b.pointer, 0, 2, 1, c.pointer)
        }
        #expect(c.guardsAreIntact)
      }
    }

    @Test func largeOnesAreLeftToTheLibrary() {
      onEachInstructionSet { set in
        #expect(tk_is_small_product(8, 8, 8, 8, 1), "on \(set)")
        #expect(!tk_is_small_product(33, 8, 8, 8, 1), "on \(set)")
        #expect(!tk_is_small_product(8, 33, 8, 8, 1), "on \(set)")
        #expect(!tk_is_small_product(8, 8, 33, 33, 1), "on \(set)")
        #expect(!tk_is_small_product(1, 8, .max, .max, 1), "on \(set)")
      }
    }
  }
}
