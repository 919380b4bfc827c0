import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct ProductReduction {
    /// A product with its exponent apart, one factor after the other, as exactly as Float80 is.
    private func reference<T: RealElement>(_ factors: [T]) -> (significand: Float80, exponent: Int)
    {
      var significand: Float80 = 1
      var exponent = 0
      for factor in factors {
        significand *= Float80(factor)
        guard significand.isFinite, significand != 0 else { continue }
        exponent += Int(significand.exponent)
        significand = Float80(
          sign: significand.sign, exponent: 0, significand: significand.significand)
      }
      return (significand, significand.isFinite && significand != 0 ? exponent : 0)
    }

    private func check<T: RealElement>(
      _ product: tk_product, of factors: [T], _ context: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let expected = reference(factors)
      let message: Comment = "\(context): \(product), expected \(expected)"
      guard expected.significand.isFinite, expected.significand != 0 else {
        let value = Double(expected.significand)
        #expect(
          product.significand.isSame(as: value) && product.exponent == 0, message,
          sourceLocation: sourceLocation)
        return
      }
      #expect(abs(product.significand) >= 1 && abs(product.significand) < 2)
      let distance = Int(product.exponent) - expected.exponent
      let value =
        Float80(product.significand) * Float80(sign: .plus, exponent: distance, significand: 1)
      // One rounding of half an ε a factor.
      let bound = Float80(max(factors.count, 1)) * 0x1p-53 * abs(expected.significand)
      #expect(
        abs(distance) <= 1 && abs(value - expected.significand) <= bound, message,
        sourceLocation: sourceLocation)
    }

    private func product(_ type: tk_type, _ run: UnsafeRawPointer, _ count: Int) -> tk_product {
      var product = tk_product()
      tk_products_of(type, &product, run, 1, count)
      return product
    }

    private static let counts = [
      0, 1, 2, 15, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 160, 191, 2047, 2048, 2049, 2079,
      4096, 5000, 12_345,
    ]

    /// Factors that make products leave the range of doubles on the way: large ones, then small
    /// ones; both in turn; subnormal ones.
    private func kinds<T: RealElement>(_ count: Int) -> [(String, [T])] {
      var generator = SplitMix(state: UInt64(count) + 5)
      func random() -> T { T(generator.unit() + 0.5) * (generator.below(2) == 0 ? 1 : -1) }
      let large = T.greatestFiniteMagnitude / 2
      let small = T.leastNormalMagnitude / 1024
      return [
        ("ordinary", (0..<count).map { _ in random() }),
        ("in turn", (0..<count).map { $0 % 2 == 0 ? random() * 2 : random() / 2 }),
        (
          "large, then small",
          (0..<count).map { $0 < count / 2 ? large * random() / 2 : small * random() }
        ),
        (
          "small, then large",
          (0..<count).map { $0 < count / 2 ? small * random() : large * random() / 2 }
        ),
        (
          "subnormal, then large",
          (0..<count).map { $0 % 2 == 0 ? .leastNonzeroMagnitude * 5 : large }
        ),
        ("huge", (0..<count).map { _ in large * random() / 2 }),
      ]
    }

    private func checkRuns<T: RealElement>(_: T.Type) {
      for count in Self.counts {
        for (kind, factors) in kinds(count) as [(String, [T])] {
          let run = Run(factors, shift: 1)
          var first: tk_product?
          onEachInstructionSet { set in
            let product = self.product(T.type, run.pointer, count)
            check(product, of: factors, "\(kind) × \(count) of \(T.self) on \(set)")
            if let first {
              #expect(
                first.significand == product.significand && first.exponent == product.exponent,
                "\(kind) × \(count) on \(set)")
            }
            first = product
            // Cut where callers cut.
            if count >= 2 * Int(TK_PRODUCT_LANES) {
              var state = tk_product_state()
              tk_product_begin(&state)
              for start in stride(from: 0, to: count, by: 128) {
                tk_product_run(
                  T.type, &state, run.pointer + start * MemoryLayout<T>.stride,
                  min(128, count - start))
              }
              let pieces = tk_product_end(&state)
              #expect(
                pieces.significand == product.significand && pieces.exponent == product.exponent,
                "pieces of \(kind) × \(count) on \(set)")
            }
          }
        }
      }
    }

    @Test func runsNeitherOverflowNorDrift() {
      checkRuns(Float.self)
      checkRuns(Double.self)
    }

    /// Many runs at once, of which some are ordinary and others are not.
    private func checkManyRuns<T: RealElement>(_: T.Type) {
      for count in [1, 2, 3, 31, 32, 40, 64, 100, 260] {
        let rows: [[T]] = (0..<6).flatMap { _ in kinds(count).map { $0.1 } as [[T]] }
        let run = Run(rows.flatMap { $0 })
        onEachInstructionSet { set in
          var products = [tk_product](repeating: tk_product(), count: rows.count)
          tk_products_of(T.type, &products, run.pointer, rows.count, count)
          for (row, factors) in rows.enumerated() {
            check(products[row], of: factors, "row \(row) of \(count) \(T.self) on \(set)")
          }
        }
      }
    }

    @Test func manyRunsAtOnce() {
      checkManyRuns(Float.self)
      checkManyRuns(Double.self)
    }

    private func checkSpecial<T: RealElement>(_: T.Type) {
      for count in [5, 70, 200, 3000] {
        for special in [
          [0], [-0.0], [.infinity], [-.infinity], [.nan], [0, .infinity], [-0.0, 0],
        ] as [[T]] {
          for place in [0, count / 2, count - special.count] {
            var factors: [T] = (0..<count).map { T($0 % 3 - 1) + 0.5 }
            factors.replaceSubrange(place..<place + special.count, with: special)
            let run = Run(factors)
            onEachInstructionSet { set in
              check(
                self.product(T.type, run.pointer, count), of: factors,
                "\(special) at \(place) of \(count) \(T.self) on \(set)")
            }
          }
        }
      }
    }

    @Test func specialValuesCount() {
      checkSpecial(Float.self)
      checkSpecial(Double.self)
    }

    private func checkColumns<T: RealElement>(_: T.Type) {
      for (rows, columns) in [(1, 1), (7, 3), (8, 8), (9, 17), (64, 33), (130, 5), (50, 70)] {
        for (kind, factors) in kinds(rows) as [(String, [T])] {
          // Column c has the factors from c on, in a circle, with one special value in column 2.
          var block = (0..<rows * columns).map { factors[($0 / columns + $0 % columns) % rows] }
          if columns > 2 { block[rows / 2 * columns + 2] = 0 }
          let run = Run(block)
          var first: [Double]?
          onEachInstructionSet { set in
            var significands = [Double](repeating: 1, count: columns)
            var exponents = [Int64](repeating: 0, count: columns)
            tk_product_rows(
              T.type, &significands, &exponents, run.pointer, Int64(columns), rows, columns)
            var products = [tk_product](repeating: tk_product(), count: columns)
            tk_products_of_columns(&products, significands, exponents, columns)
            let bits = products.flatMap { [$0.significand, $0.exponent] }
            #expect(
              bits.elementsEqual(first ?? bits) { $0.isSame(as: $1) },
              "\(rows) × \(columns), \(kind), on \(set)")
            first = bits
            for column in 0..<columns {
              check(
                products[column], of: (0..<rows).map { block[$0 * columns + column] },
                "column \(column) of \(rows) × \(columns), \(kind), on \(set)")
            }
          }
        }
      }
    }

    @Test func columnsNeitherOverflowNorDrift() {
      checkColumns(Float.self)
      checkColumns(Double.self)
    }

    @Test func joinedProductsAreRoundedOnce() {
      var products = [
        tk_product(significand: 1.5, exponent: 900), tk_product(significand: 1, exponent: -80),
      ]
      let others = [
        tk_product(significand: -1.5, exponent: -1970), tk_product(significand: 1.5, exponent: -69),
        tk_product(significand: 1, exponent: 0), tk_product(significand: 1, exponent: 0),
      ]
      tk_product_join(&products, others, 2, 2, 2)
      #expect(products[0].significand == -1.125 && products[0].exponent == -1069)
      let doubles = Run<Double>(count: 2)
      tk_product_round(TK_FLOAT64, doubles.pointer, products, 2)
      // Halves of the last bit go to the even one.
      #expect(doubles.values == [-0x1.2p-1069, 0x1.8p-149])
      let floats = Run<Float>(count: 2)
      tk_product_round(TK_FLOAT32, floats.pointer, products, 2)
      #expect(floats.values == [-0.0, 0x1p-148])
      let large = [
        tk_product(significand: -1, exponent: 1e18), tk_product(significand: 1, exponent: -1e18),
      ]
      tk_product_round(TK_FLOAT64, doubles.pointer, large, 2)
      #expect(doubles.values[0] == -.infinity && doubles.values[1] == 0)
      // Enough of them for vectors, at both ends of what the type has.
      let exponents: [Double] = [-1075, -1074, -1023, -1022, -150, -1, 0, 1, 127, 128, 1023, 1024]
      let many = (0..<97).map {
        tk_product(significand: $0 % 2 == 0 ? 1.75 : -1.25, exponent: exponents[$0 % 12])
      }
      let manyDoubles = Run<Double>(count: 97)
      let manyFloats = Run<Float>(count: 97)
      onEachInstructionSet { set in
        tk_product_round(TK_FLOAT64, manyDoubles.pointer, many, 97)
        tk_product_round(TK_FLOAT32, manyFloats.pointer, many, 97)
        for (index, product) in many.enumerated() {
          let exact =
            Float80(product.significand)
            * Float80(sign: .plus, exponent: Int(product.exponent), significand: 1)
          #expect(manyDoubles.values[index] == Double(exact), "\(product) on \(set)")
          #expect(manyFloats.values[index] == Float(exact), "\(product) on \(set)")
        }
      }
    }
  }
}
