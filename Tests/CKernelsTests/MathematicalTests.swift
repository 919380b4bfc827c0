import CKernels
import Foundation
import Testing

/// A mathematical function, its references, and where many values are of interest.
struct Mathematical: Sendable {
  var name: String
  var op: tk_unary_op
  var reference: @Sendable (Double) -> Double
  var wide: @Sendable (Widest) -> Widest
  /// Linear ranges of arguments, besides the sweep over all magnitudes.
  var ranges: [ClosedRange<Double>]
  /// Whether multiples of π/2 are hard.
  var isCircular = false

  init(
    _ name: String, _ op: tk_unary_op, _ reference: @escaping @Sendable (Double) -> Double,
    _ wide: @escaping @Sendable (Widest) -> Widest, _ ranges: [ClosedRange<Double>],
    isCircular: Bool = false
  ) {
    self.name = name
    self.op = op
    self.reference = reference
    self.wide = wide
    self.ranges = ranges
    self.isCircular = isCircular
  }
}

private let turns = [-4.0...4, -3e4...3e4, 3e4...1e9]
let mathematical: [Mathematical] = [
  .init("reciprocal", TK_RECIPROCAL, { 1 / $0 }, { 1 / $0 }, []),
  .init("sqrt", TK_SQRT, { $0.squareRoot() }, { $0.squareRoot() }, []),
  .init("rsqrt", TK_RSQRT, { 1 / $0.squareRoot() }, { 1 / $0.squareRoot() }, [0.1...10]),
  .init("cbrt", TK_CBRT, cbrt, cbrt, [-1e-3...1e-3, -8...8, -1e6...1e6]),
  .init("exp", TK_EXP, exp, exp, [-104...88.8, -746...710, -1...1]),
  .init("expm1", TK_EXPM1, expm1, expm1, [-40...88.8, -40...710, -1...1]),
  .init("log", TK_LOG, log, log, [0.5...2, 1e-30...1e-29, 1...1e6]),
  .init("log1p", TK_LOG1P, log1p, log1p, [-1...1, 1...1e6]),
  .init("log2", TK_LOG2, log2, log2, [0.5...2, 1...1e6]),
  .init("log10", TK_LOG10, log10, log10, [0.5...2, 1...1e6]),
  .init("sin", TK_SIN, sin, sin, turns, isCircular: true),
  .init("cos", TK_COS, cos, cos, turns, isCircular: true),
  .init("tan", TK_TAN, tan, tan, turns, isCircular: true),
  .init("asin", TK_ASIN, asin, asin, [-1...1, 0.999...1]),
  .init("acos", TK_ACOS, acos, acos, [-1...1, 0.999...1]),
  .init("atan", TK_ATAN, atan, atan, [-2...2, -1e6...1e6]),
  .init("sinh", TK_SINH, sinh, sinh, [-1...1, -90...90, -711...711]),
  .init("cosh", TK_COSH, cosh, cosh, [-1...1, -90...90, -711...711]),
  .init("tanh", TK_TANH, tanh, tanh, [-1...1, -20...20]),
  .init("asinh", TK_ASINH, asinh, asinh, [-2...2, -1e6...1e6, 1e18...1e30]),
  .init("acosh", TK_ACOSH, acosh, acosh, [1...1.001, 1...3, 1...1e6]),
  .init("atanh", TK_ATANH, atanh, atanh, [-1...1, 0.999...1]),
  .init("sigmoid", TK_SIGMOID, sigmoid, sigmoid, [-4...4, -104...104, -746...(-700)]),
  .init("erf", TK_ERF, erf, erf, [-1.5...1.5, -7...7]),
  .init("gelu", TK_GELU, gelu, gelu, [-3...3, -15...15, -39...0]),
  .init("softplus", TK_SOFTPLUS, softplus, softplus, [-4...4, -104...104, -746...(-700)]),
]

extension Mathematical {
  /// Some thousand values from the ranges.
  func ordinaryArguments<T: RealElement>(_: T.Type, round: UInt64 = 0) -> [T] {
    var generator = SplitMix(state: 11 &+ round)
    return (ranges + [-2...2]).flatMap { range in
      (0..<4000).map { _ in
        T(range.lowerBound + generator.unit() * (range.upperBound - range.lowerBound))
      }
    }
  }

  /// The values next to multiples of π/2, where sin, cos and tan lose digits if π has too few: the
  /// first some thousand, then some of every magnitude.
  static func nearQuarterTurns<T: RealElement>(_: T.Type, round: UInt64) -> [T] {
    var generator = SplitMix(state: 12 &+ round)
    let multiples =
      (0..<5000).map { _ in Double(generator.below(40000)) }
      + (0..<2000).map { _ in (exp2(generator.unit() * 60)).rounded() }
    return multiples.flatMap { multiple -> [T] in
      let x = T(Widest.pi / 2 * Widest(multiple))
      return [x, -x, x.nextUp, x.nextDown]
    }
  }

  /// About a hundred thousand values: over the whole type, then where the function is interesting.
  func arguments<T: RealElement>(_: T.Type, round: UInt64 = 0) -> [T] {
    T.sweep(round: round) + ordinaryArguments(T.self, round: round)
      + (isCircular ? Self.nearQuarterTurns(T.self, round: round) : [])
  }
}

/// Where functions change their behaviour, for every function.
let specialArguments: [Double] = [
  .nan, .infinity, -.infinity, 0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 1.0000001, -1.0000001, 88, -88,
  88.7,
  88.8, 89, 89.5, -89, -103.9, -104.1, 104.1, 105, 709, 709.7, 709.8, 710, 710.5, -709, -745, -746,
  800, 1000, -1000, 1e10, -1e10, 1e30, -1e30, 1e300, -1e300, 1e-30, -1e-30,
  1.2e-38,
  1e-40, -1e-40, 1.4e-45, 1e-8, -1e-8, 29999, 30001, 39000, -39001, 3.4028234e38, -3.4028234e38,
  .pi, .pi / 2, 100 * .pi, -10 * .pi, 9000 * .pi, 268_435_456, 268_435_500, 1e19, 2e19, 18.7, 18.8,
  10, 100, 1000, 8, 1024, 9, -15, -15.6, -14.4, -38, -40, -41, 15, 5.9, 6.1,
]

func applied<T: RealElement>(_ op: tk_unary_op, _ input: [T]) -> [T] {
  let out = Run<T>(count: input.count)
  tk_unary(op, T.type, out.pointer, Run(input).pointer, input.count)
  return out.values
}

extension KernelTests {
  @Suite struct MathematicalFunctions {
    func check<T: RealElement>(_: T.Type) {
      for function in mathematical {
        let reference = T.reference(of: function)
        var worst: [String: (error: Double, argument: T)] = [:]
        for round in 0..<errorRounds {
          let input = function.arguments(T.self, round: round)
          let references = input.map(reference)
          onEachInstructionSet { set in
            let found = WorstError(applied(function.op, input), from: references)
            if found.error >= worst[set]?.error ?? 0 {
              worst[set] = (found.error, input[found.place])
            }
          }
        }
        for (set, (error, argument)) in worst {
          #expect(
            error <= T.tolerance,
            "\(function.name) of \(T.self) on \(set): \(error) ulp at \(argument)")
        }
        printErrors(
          T.self, function.name,
          availableInstructionSets().map { set in
            (set, String(format: "%.2f at ", worst[set]!.error) + "\(worst[set]!.argument)")
          })
      }
    }

    @Test func floatsAreWithinFourUlpOfDoubles() { check(Float.self) }

    @Test func doublesAreWithinFourUlpOfAWiderType() { check(Double.self) }

    func checkSpecial<T: RealElement>(_: T.Type) {
      onEachInstructionSet { set in
        for function in mathematical {
          let input = specialArguments.map { T($0) }
          for (x, y) in zip(input, applied(function.op, input)) {
            let expected = T.reference(of: function)(x)
            #expect(
              ulps(y, from: expected) <= T.tolerance,
              "\(function.name) of \(T.self) \(x) on \(set) is \(y), expected \(expected)")
          }
        }
      }
    }

    @Test func specialValuesAreThoseOfTheLibrary() {
      checkSpecial(Float.self)
      checkSpecial(Double.self)
    }

    /// The measure itself: it must see what it is to find.
    @Test func ulpsTellWrongResults() {
      #expect(ulps(Float(1).nextUp.nextUp, from: 1) == 2)
      #expect(ulps(Double(1).nextUp, from: 1) == 1)
      #expect(ulps(Float(0), from: -0.0) == .infinity)
      #expect(ulps(Float.nan, from: 0) == .infinity)
      #expect(ulps(Double(3), from: .nan) == .infinity)
      #expect(ulps(-Float.infinity, from: .infinity) == .infinity)
      #expect(ulps(Float.infinity, from: 1e30) == .infinity)
      #expect(ulps(Float.leastNonzeroMagnitude, from: 0) == 1)
      let sines = applied(TK_SIN, [Float(0.5), 1, 1.5])
      let references = [0.5, 1, 1.5].map { sin($0) }
      #expect(WorstError(sines, from: references).error <= 1)
      let worst = WorstError([sines[0], sines[1] + 6 * sines[1].ulp, sines[2]], from: references)
      #expect(worst.error > 4 && worst.place == 1)
    }

    /// A sweep has every exponent with both signs, and 65536 of them have every Float.
    @Test func sweepsCoverTheType() {
      #expect(Set(Float.sweep().map { $0.bitPattern >> 23 }).count == 512)
      #expect(Set(Double.sweep().map { $0.bitPattern >> 52 }).count == 4096)
      let rests = (0...UInt64(UInt16.max)).map { Float(top: 0x4123, round: $0).bitPattern }
      #expect(Set(rests).count == 65536)
    }

    @Test func logarithmsOfPowersAreExact() {
      onEachInstructionSet { set in
        let twos = (-126...127).map { exp2(Float($0)) }
        #expect(applied(TK_LOG2, twos) == (-126...127).map { Float($0) }, "\(set)")
        let tens: [Float] = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]
        #expect(applied(TK_LOG10, tens) == (0...10).map { Float($0) }, "\(set)")
      }
    }

    /// Alone, in the middle of a vector or in the rest of a run: the same bits.
    func checkPlaces<T: RealElement>(_: T.Type) {
      onEachInstructionSet { set in
        for function in mathematical {
          let ordinary = function.ordinaryArguments(T.self)
          var input = Array(ordinary.prefix(37)) + specialArguments.prefix(20).map { T($0) }
          input += ordinary.suffix(22)
          let whole = applied(function.op, input)
          for i in input.indices {
            let alone = applied(function.op, [input[i]])[0]
            #expect(alone.isSame(as: whole[i]), "\(function.name) of \(input[i]) on \(set)")
          }
          for (count, shift) in runShapes {
            let run = Run(Array(input.prefix(count)), shift: shift)
            let length = run.count
            let out = Run<T>(count: length, shift: shift)
            tk_unary(function.op, T.type, out.pointer, run.pointer, length)
            expectSame(out, Array(whole.prefix(length)), "\(function.name) on \(set)")
            tk_unary(function.op, T.type, run.pointer, run.pointer, length)
            expectSame(
              run, Array(whole.prefix(length)), "\(function.name) in place on \(set)")
          }
        }
      }
    }

    @Test func resultsDoNotDependOnTheirPlace() {
      checkPlaces(Float.self)
      checkPlaces(Double.self)
    }
  }
}
