import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct Powers {
    let references: [(tk_binary_op, (Double, Double) -> Double)] = [
      (TK_POWER, { pow($0, $1) }), (TK_ATAN2, { atan2($0, $1) }), (TK_HYPOT, { hypot($0, $1) }),
    ]

    func applied<T: RealElement>(_ op: tk_binary_op, _ a: [T], _ b: [T]) -> [T] {
      let out = Run<T>(count: a.count)
      tk_binary(op, T.type, out.pointer, Run(a).pointer, 1, Run(b).pointer, 1, a.count)
      return out.values
    }

    func checkSamples<T: RealElement>(_: T.Type, bound: Double) {
      var generator = SplitMix(state: 21)
      let count = 8000
      let a = (0..<count).map { _ in T(exp2(generator.unit() * 40 - 20)) }
      let b = (0..<count).map { i in
        i % 3 == 0 ? T(Double(generator.below(21)) - 10) : T(generator.unit() * 12 - 6)
      }
      let signed = a.enumerated().map { $0.offset % 2 == 0 ? $0.element : -$0.element }
      onEachInstructionSet { set in
        for (op, reference) in references {
          for left in [a, signed] {
            var worst = (error: 0.0, index: 0)
            for (i, y) in applied(op, left, b).enumerated() {
              let error = ulps(y, from: reference(Double(left[i]), Double(b[i])))
              if error > worst.error { worst = (error, i) }
            }
            #expect(
              worst.error <= bound,
              "\(op.rawValue)(\(left[worst.index]), \(b[worst.index])) on \(set): \(worst.error) ulp"
            )
          }
        }
      }
    }

    @Test func samplesAreWithinBounds() {
      checkSamples(Float.self, bound: 1)
      checkSamples(Double.self, bound: 1)
    }

    func checkSpecial<T: RealElement>(_: T.Type) {
      let values: [T] = [
        .nan, .infinity, -.infinity, 0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, -1.5, 1e30,
        -1e30,
        16_777_217, 16_777_215, -16_777_215, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
      ]
      let a = values.flatMap { x in values.map { _ in x } }
      let b = values.flatMap { _ in values }
      onEachInstructionSet { set in
        for (op, reference) in references {
          for (i, y) in applied(op, a, b).enumerated() {
            let expected = reference(Double(a[i]), Double(b[i]))
            #expect(
              ulps(y, from: expected) <= 1,
              "\(op.rawValue)(\(a[i]), \(b[i])) of \(T.self) on \(set) is \(y), expected \(expected)"
            )
          }
        }
      }
    }

    @Test func specialValuesAreThoseOfTheLibrary() {
      checkSpecial(Float.self)
      checkSpecial(Double.self)
    }

    func checkShapes<T: RealElement>(_: T.Type) {
      onEachInstructionSet { set in
        for (op, _) in references {
          for (count, shift) in runShapes where count > 0 {
            let a = T.values(count, seed: 22)
            let b = T.values(count, seed: 23)
            for (aStep, bStep) in stepPairs {
              // Each alone, which must give the same bits.
              let expected = (0..<count).map { applied(op, [a[$0 * aStep]], [b[$0 * bStep]])[0] }
              let context = "\(op.rawValue) of \(T.self) × \(count), \(aStep), \(bStep) on \(set)"
              let (left, right) = (Run(a, shift: shift), Run(b, shift: 1))
              let out = Run<T>(count: count, shift: 1)
              tk_binary(op, T.type, out.pointer, left.pointer, aStep, right.pointer, bStep, count)
              expectSame(out, expected, context)
              tk_binary(op, T.type, left.pointer, left.pointer, aStep, right.pointer, bStep, count)
              expectSame(left, expected, context + " in place")
            }
          }
        }
      }
    }

    @Test func resultsDoNotDependOnTheirPlaceOrStep() {
      checkShapes(Float.self)
      checkShapes(Double.self)
    }

    @Test func aSquareIsAProduct() {
      onEachInstructionSet { set in
        let a = Double.values(100, seed: 24)
        let twos = [Double](repeating: 2, count: 100)
        #expect(zip(applied(TK_POWER, a, twos), a).allSatisfy { $0.isSame(as: $1 * $1) }, "\(set)")
        let out = Run<Double>(count: 100)
        tk_binary(TK_POWER, TK_FLOAT64, out.pointer, Run(a).pointer, 1, Run(twos).pointer, 0, 100)
        expectSame(out, a.map { $0 * $0 }, "\(set)")
      }
    }
  }
}
