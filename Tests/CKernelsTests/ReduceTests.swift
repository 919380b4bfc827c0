import CKernels
import Foundation
import Testing

func reduced<T: Element>(_ op: tk_reduction, _ input: [T], from start: T, shift: Int = 0) -> T {
  let accumulator = Run<T>([start])
  tk_reduce(op, T.type, accumulator.pointer, Run(input, shift: shift).pointer, input.count)
  #expect(accumulator.guardsAreIntact)
  return accumulator.values[0]
}

let reductionCounts = [
  0, 1, 2, 15, 16, 17, 63, 64, 65, 127, 200, 2047, 2048, 2049, 4095, 4096, 4097, 8192, 12289, 40000,
]

extension KernelTests {
  @Suite struct Reduce {
    func checkIntegers<T: IntegerElement>(_: T.Type) {
      let references: [(tk_reduction, (T, T) -> T)] = [
        (TK_SUM, { $0 &+ $1 }), (TK_PRODUCT, { $0 &* $1 }), (TK_MIN, { min($0, $1) }),
        (TK_MAX, { max($0, $1) }),
      ]
      onEachInstructionSet { set in
        for (op, reference) in references {
          for count in reductionCounts {
            let input = T.values(count, seed: 31)
            let expected = input.reduce(3, reference)
            #expect(
              reduced(op, input, from: 3, shift: 1) == expected,
              "\(op.rawValue) of \(T.self) × \(count) on \(set)")
          }
        }
      }
    }

    @Test func integersEqualPlainSwift() {
      for type in integerTypes { checkIntegers(type) }
    }

    @Test func reductionsOfBooleansAreAnyAndAll() {
      onEachInstructionSet { set in
        for count in [1, 2, 17, 100] {
          for input in [
            [Bool](repeating: true, count: count), [Bool](repeating: false, count: count),
            (0..<count).map { $0 == count - 1 },
          ] {
            for op in [TK_SUM, TK_MAX] {
              #expect(reduced(op, input, from: false) == input.contains(true), "\(set)")
            }
            for op in [TK_PRODUCT, TK_MIN] {
              #expect(reduced(op, input, from: true) == !input.contains(false), "\(set)")
            }
          }
        }
      }
    }

    /// The order that reduce-inl.h describes, in plain Swift.
    func virtualLanes<T: RealElement>(_ input: [T], identity: T, _ op: (T, T) -> T) -> T {
      if input.count < 16 { return input.reduce(identity, op) }
      let lanes = 256 / MemoryLayout<T>.stride
      let block = 64 * lanes
      func lanesOf(_ part: ArraySlice<T>) -> [T] {
        var sums = [T](repeating: identity, count: lanes)
        for (i, x) in part.enumerated() { sums[i % lanes] = op(sums[i % lanes], x) }
        return sums
      }
      var pending: [(blocks: Int, lanes: [T])] = []
      var rest = input[...]
      while rest.count >= block {
        pending.append((1, lanesOf(rest.prefix(block))))
        rest = rest.dropFirst(block)
        while pending.count > 1,
          pending[pending.count - 1].blocks == pending[pending.count - 2].blocks
        {
          let right = pending.removeLast()
          let left = pending.removeLast()
          pending.append((left.blocks * 2, zip(left.lanes, right.lanes).map(op)))
        }
      }
      var sums = lanesOf(rest)
      for part in pending.reversed() { sums = zip(part.lanes, sums).map(op) }
      while sums.count > 1 {
        let half = sums.count / 2
        sums = (0..<half).map { op(sums[$0], sums[$0 + half]) }
      }
      return sums[0]
    }

    func checkOrder<T: RealElement>(_: T.Type) {
      let references: [(tk_reduction, T, (T, T) -> T)] = [
        (TK_SUM, 0, { $0 + $1 }), (TK_PRODUCT, 1, { $0 * $1 }),
        (TK_MIN, .infinity, { $1 < $0 || $1.isNaN ? $1 : $0 }),
        (TK_MAX, -.infinity, { $1 > $0 || $1.isNaN ? $1 : $0 }),
      ]
      for count in reductionCounts + [64 * 4096 + 5] {
        var generator = SplitMix(state: UInt64(count))
        let input = (0..<count).map { _ in T(generator.unit() * 0.5 + 0.75) }
        for (op, identity, reference) in references {
          let start: T = 1.25
          let inner = virtualLanes(input, identity: identity, reference)
          let expected = count == 0 ? start : reference(start, inner)
          onEachInstructionSet { set in
            let result = reduced(op, input, from: start, shift: 1)
            #expect(
              result.isSame(as: expected),
              "\(op.rawValue) of \(T.self) × \(count) on \(set): \(result), expected \(expected)")
          }
        }
      }
    }

    @Test func orderIsThatOfTheVirtualLanes() {
      checkOrder(Float.self)
      checkOrder(Double.self)
    }

    @Test func sumsAreAsAccurateAsPairwiseOnes() {
      var generator = SplitMix(state: 33)
      let input = (0..<1_000_000).map { _ in Float(generator.unit()) }
      let exact = input.reduce(0.0) { $0 + Double($1) }
      let bound = exact * 80 * Double(Float.ulpOfOne)
      onEachInstructionSet { set in
        #expect(abs(Double(reduced(TK_SUM, input, from: 0)) - exact) <= bound, "\(set)")
      }
      // A million additions of 1 to a growing float stay exact only in lanes or pairs.
      let ones = [Float](repeating: 1, count: 20_000_000)
      #expect(reduced(TK_SUM, ones, from: 0) == 20_000_000)
    }

    /// Whether a sum of n values lies within 2 n ε Σ|x| of the exact one.
    func isAccurate<T: RealElement>(_ sum: T, of input: ArraySlice<T>) -> Bool {
      let exact = input.reduce(T.Reference(0)) { $0 + T.Reference($1) }
      let magnitude = input.reduce(T.Reference(0)) { $0 + T.Reference(abs($1)) }
      let bound = 2 * T.Reference(input.count) * T.Reference(T.ulpOfOne) * magnitude
      return abs(T.Reference(sum) - exact) <= bound
    }

    func checkSums<T: RealElement>(_: T.Type) {
      for count in reductionCounts + [300_000] {
        var generator = SplitMix(state: UInt64(count) + 36)
        // Of many magnitudes and both signs, so that sums cancel.
        let input = (0..<count).map { _ -> T in
          let sign = generator.below(2) == 0 ? 1.0 : -1.0
          return T(sign * exp2(generator.unit() * 40 - 20))
        }
        onEachInstructionSet { set in
          let sum = reduced(TK_SUM, input, from: 0)
          #expect(isAccurate(sum, of: input[...]), "sum of \(T.self) × \(count) on \(set)")
        }
      }
    }

    @Test func sumsAreWithinTheirBound() {
      checkSums(Float.self)
      checkSums(Double.self)
      // The bound tells a sum that misses a value of an ordinary size, or adds it twice.
      let input = (1...100).map { Float($0) * ($0 % 2 == 0 ? 1 : -1) }
      #expect(isAccurate(Float(50), of: input[...]))
      #expect(!isAccurate(Float(50) + 1, of: input[...]))
      #expect(!isAccurate(Float.nan, of: input[...]))
    }

    func checkRows<T: Element>(_: T.Type, _ references: [(tk_reduction, (T, T) -> T)]) {
      for (rows, columns, padding) in [
        (0, 5, 0), (1, 1, 0), (7, 33, 2), (8, 16, 0), (17, 100, 5), (64, 3, 1), (25, 260, 0),
      ] {
        let stride = columns + padding
        let input = T.values(rows * stride, seed: UInt64(rows) + 38)
        let start = T.values(columns, seed: 39)
        for (op, reference) in references {
          let expected = (0..<columns).map { column in
            (0..<rows).reduce(start[column]) { reference($0, input[$1 * stride + column]) }
          }
          onEachInstructionSet { set in
            let sums = Run(start, shift: 1)
            tk_reduce_rows(
              op, T.type, sums.pointer, Run(input, shift: 3).pointer, Int64(stride), rows, columns)
            expectSame(sums, expected, "\(op.rawValue) of \(rows) × \(columns) \(T.self) on \(set)")
          }
        }
      }
    }

    @Test func rowsAreReducedInOrder() {
      func floating<T: RealElement>(_: T.Type) {
        checkRows(
          T.self,
          [
            (TK_SUM, { $0 + $1 }), (TK_PRODUCT, { $0 * $1 }),
            (TK_MIN, { $1 < $0 || $1.isNaN ? $1 : $0 }),
            (TK_MAX, { $1 > $0 || $1.isNaN ? $1 : $0 }),
          ])
      }
      func integer<T: IntegerElement>(_: T.Type) {
        checkRows(
          T.self,
          [
            (TK_SUM, { $0 &+ $1 }), (TK_PRODUCT, { $0 &* $1 }), (TK_MIN, { min($0, $1) }),
            (TK_MAX, { max($0, $1) }),
          ])
      }
      floating(Float.self)
      floating(Double.self)
      for type in integerTypes { integer(type) }
      checkRows(
        Bool.self,
        [
          (TK_SUM, { $0 || $1 }), (TK_PRODUCT, { $0 && $1 }), (TK_MIN, { $0 && $1 }),
          (TK_MAX, { $0 || $1 }),
        ])
    }

    func checkNaN<T: RealElement>(_: T.Type) {
      onEachInstructionSet { set in
        for count in [1, 5, 16, 70, 5000] {
          for place in [0, count / 2, count - 1] {
            var input = [T](repeating: 2, count: count)
            input[place] = .nan
            for op in [TK_SUM, TK_PRODUCT, TK_MIN, TK_MAX] {
              #expect(reduced(op, input, from: 1).isNaN, "\(op.rawValue) × \(count) on \(set)")
            }
            #expect(reduced(TK_MIN, [1, 2], from: T.nan).isNaN)
          }
        }
      }
    }

    @Test func aNaNAnywhereIsTheResult() {
      checkNaN(Float.self)
      checkNaN(Double.self)
    }

    func checkSumOfProducts<T: RealElement>(_: T.Type) {
      for count in reductionCounts {
        var generator = SplitMix(state: UInt64(count))
        func values() -> [T] { (0..<count).map { _ in T(generator.below(2001) - 1000) / 7 } }
        let (a, b) = (values(), values())
        let expected = reduced(TK_SUM, zip(a, b).map { $0 * $1 }, from: 3)
        onEachInstructionSet { set in
          let sum = Run<T>([3])
          tk_sum_products(
            T.type, sum.pointer, Run(a, shift: 1).pointer, Run(b, shift: 2).pointer, count)
          expectSame(sum, [expected], "\(T.self) × \(count) on \(set)")
        }
      }
    }

    @Test func sumsOfProductsAreThoseOfTheProducts() {
      checkSumOfProducts(Float.self)
      checkSumOfProducts(Double.self)
    }

    func checkIdentity<T: Element>(_: T.Type, _ expected: [T]) {
      for (op, value) in zip([TK_SUM, TK_PRODUCT, TK_MIN, TK_MAX], expected) {
        let out = Run<T>(count: 1)
        tk_identity(op, T.type, out.pointer)
        expectSame(out, [value], "identity \(op.rawValue) of \(T.self)")
      }
    }

    @Test func identities() {
      checkIdentity(Float.self, [0, 1, .infinity, -.infinity])
      checkIdentity(Double.self, [0, 1, .infinity, -.infinity])
      func checkIntegers<T: IntegerElement>(_: T.Type) {
        checkIdentity(T.self, [0, 1, .max, .min])
      }
      for type in integerTypes { checkIntegers(type) }
      checkIdentity(Bool.self, [false, true, true, false])
    }

    func checkArg<T: Element>(_: T.Type, beats: (tk_reduction, T, T) -> Bool) {
      for op in [TK_MIN, TK_MAX] {
        for count in [0, 1, 5, 16, 100, 2048, 2049, 5000] {
          for seed in UInt64(0)..<4 {
            // With and without special values, which stand first among the samples.
            let samples = T.samples.suffix(seed < 2 ? T.samples.count : max(2, T.samples.count / 2))
            var generator = SplitMix(state: seed)
            let input = (0..<count).map { _ in
              samples[samples.startIndex + generator.below(samples.count)]
            }
            var expected = (best: T.samples.last!, index: Int64(-1))
            for (i, x) in input.enumerated() where expected.index < 0 || beats(op, x, expected.best)
            {
              expected = (x, Int64(i) + 1000)
            }
            onEachInstructionSet { set in
              let best = Run<T>([T.samples.last!])
              var index: Int64 = -1
              let cut = count / 3
              let run = Run(input, shift: 1)
              // In two pieces, the second carrying on from the first.
              tk_arg_reduce(op, T.type, best.pointer, &index, run.pointer, cut, 1000)
              tk_arg_reduce(
                op, T.type, best.pointer, &index, run.pointer + cut * MemoryLayout<T>.stride,
                count - cut, 1000 + Int64(cut))
              #expect(index == expected.index, "\(op.rawValue) of \(T.self) × \(count) on \(set)")
              expectSame(best, [expected.best], "best of \(op.rawValue) × \(count) on \(set)")
              // Rows by themselves.
              let length = count / 3
              if length == 0 { return }
              let values = Run<T>([T](repeating: T.samples.last!, count: 3))
              var places = [Int64](repeating: -1, count: 3)
              tk_arg_reduce_rows(op, T.type, values.pointer, &places, run.pointer, 3, length)
              let first = (0..<3).map { row in
                (0..<length).reduce(0) {
                  beats(op, input[row * length + $1], input[row * length + $0]) ? $1 : $0
                }
              }
              #expect(places == first.map(Int64.init), "\(op.rawValue) of \(T.self) × \(length)")
              let bests = first.enumerated().map { input[$0 * length + $1] }
              expectSame(values, bests, "bests of \(op.rawValue) × \(length) on \(set)")
            }
          }
        }
      }
    }

    @Test func firstExtremeIsFound() {
      func floating<T: RealElement>(_ op: tk_reduction, _ x: T, _ best: T) -> Bool {
        best.isNaN ? false : x.isNaN ? true : op == TK_MIN ? x < best : x > best
      }
      func checkIntegers<T: IntegerElement>(_: T.Type) {
        checkArg(T.self) { op, x, best in op == TK_MIN ? x < best : x > best }
      }
      checkArg(Float.self, beats: floating)
      checkArg(Double.self, beats: floating)
      for type in integerTypes { checkIntegers(type) }
      checkArg(Bool.self) { op, x, best in op == TK_MIN ? !x && best : x && !best }
    }
  }
}
