import CKernels
import Foundation
import Testing

/// A mathematical function of two values and its references.
struct MathematicalPair: Sendable {
  var name: String
  var op: tk_binary_op
  var reference: @Sendable (Double, Double) -> Double
  var wide: @Sendable (Widest, Widest) -> Widest

  init(
    _ name: String, _ op: tk_binary_op,
    _ reference: @escaping @Sendable (Double, Double) -> Double,
    _ wide: @escaping @Sendable (Widest, Widest) -> Widest
  ) {
    self.name = name
    self.op = op
    self.reference = reference
    self.wide = wide
  }
}

let mathematicalPairs: [MathematicalPair] = [
  .init("pow", TK_POWER, pow, pow), .init("atan2", TK_ATAN2, atan2, atan2),
  .init("hypot", TK_HYPOT, hypot, hypot),
]

extension MathematicalPair {
  /// Pairs over the whole type: any two values, then, for powers, exponents that bring every base
  /// to every magnitude, a third of them whole.
  func arguments<T: RealElement>(_: T.Type, round: UInt64) -> [(T, T)] {
    var generator = SplitMix(state: 25 &+ round)
    let a = T.sweep(round: round)
    let other = (0..<a.count).map { _ in T(top: UInt16(generator.below(65536)), round: round + 1) }
    let any = Array(zip(a, other))
    guard op == TK_POWER else { return any }
    let range = T.self == Float.self ? 150.0 : 1080.0
    return any
      + a.map { base in
        let scale = log2(Double(abs(base)))
        let exponent = (generator.unit() * 2 - 1) * range / (scale == 0 ? 1 : scale)
        return (base, T(generator.below(3) == 0 ? exponent.rounded() : exponent))
      }
  }
}

extension KernelTests {
  @Suite struct Powers {
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
      for function in mathematicalPairs {
        let reference = T.reference(of: function)
        for left in [a, signed] {
          let references = zip(left, b).map(reference)
          onEachInstructionSet { set in
            let worst = WorstError(applied(function.op, left, b), from: references)
            #expect(
              worst.error <= bound,
              "\(function.name)(\(left[worst.place]), \(b[worst.place])) on \(set): \(worst.error) ulp"
            )
          }
        }
      }
    }

    @Test func samplesAreWithinBounds() {
      checkSamples(Float.self, bound: 1)
      checkSamples(Double.self, bound: 1)
    }

    func checkDomain<T: RealElement>(_: T.Type) {
      for function in mathematicalPairs {
        let reference = T.reference(of: function)
        var worst: [String: (error: Double, arguments: (T, T))] = [:]
        for round in 0..<errorRounds {
          let pairs = function.arguments(T.self, round: round)
          let (a, b) = (pairs.map(\.0), pairs.map(\.1))
          let references = zip(a, b).map(reference)
          onEachInstructionSet { set in
            let found = WorstError(applied(function.op, a, b), from: references)
            if found.error >= worst[set]?.error ?? 0 {
              worst[set] = (found.error, pairs[found.place])
            }
          }
        }
        for (set, (error, arguments)) in worst {
          #expect(
            error <= T.tolerance,
            "\(function.name)\(arguments) of \(T.self) on \(set): \(error) ulp")
        }
        printErrors(
          T.self, function.name,
          availableInstructionSets().map { set in
            (set, String(format: "%.2f at ", worst[set]!.error) + "\(worst[set]!.arguments)")
          })
      }
    }

    @Test func allValuesAreWithinFourUlp() {
      checkDomain(Float.self)
      checkDomain(Double.self)
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
        for function in mathematicalPairs {
          let reference = T.reference(of: function)
          for (i, y) in applied(function.op, a, b).enumerated() {
            let expected = reference(a[i], b[i])
            #expect(
              ulps(y, from: expected) <= 1,
              "\(function.name)(\(a[i]), \(b[i])) of \(T.self) on \(set) is \(y), expected \(expected)"
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
        for function in mathematicalPairs {
          let op = function.op
          for (count, shift) in runShapes where count > 0 {
            let a = T.values(count, seed: 22)
            let b = T.values(count, seed: 23)
            for (aStep, bStep) in stepPairs {
              // Each alone, which must give the same bits.
              let expected = (0..<count).map { applied(op, [a[$0 * aStep]], [b[$0 * bStep]])[0] }
              let context = "\(function.name) of \(T.self) × \(count), \(aStep), \(bStep) on \(set)"
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
