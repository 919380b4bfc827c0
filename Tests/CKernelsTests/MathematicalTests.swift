import CKernels
import Foundation
import Testing

/// A mathematical function with its reference in Double and where to sample it.
struct Mathematical: Sendable {
  var op: tk_unary_op
  var reference: @Sendable (Double) -> Double
  /// Linear ranges of arguments that are ordinary for Float.
  var ranges: [ClosedRange<Double>]
  /// Whether small arguments of all magnitudes, with both signs, belong to the domain.
  var hasSmallArguments = true
}

func gelu(_ x: Double) -> Double { x < -40 ? -0.0 : 0.5 * x * erfc(-x * 0.5.squareRoot()) }
func sigmoid(_ x: Double) -> Double { x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) }
func softplus(_ x: Double) -> Double {
  x.isNaN ? x : (x > 0 ? x : 0) + log1p(exp(-abs(x)))
}

let mathematical: [Mathematical] = [
  .init(op: TK_EXP, reference: exp, ranges: [-103...88.7, -1...1]),
  .init(op: TK_EXPM1, reference: expm1, ranges: [-20...88.7, -1...1]),
  .init(
    op: TK_LOG, reference: log, ranges: [0.5...2, 1e-30...1e-29, 1...1e6], hasSmallArguments: false),
  .init(op: TK_LOG1P, reference: log1p, ranges: [-0.999...1, 1...1e6]),
  .init(op: TK_LOG2, reference: log2, ranges: [0.5...2, 1...1e6], hasSmallArguments: false),
  .init(op: TK_LOG10, reference: log10, ranges: [0.5...2, 1...1e6], hasSmallArguments: false),
  .init(op: TK_SIN, reference: sin, ranges: [-4...4, -3e4...3e4, 3e4...1e9]),
  .init(op: TK_COS, reference: cos, ranges: [-4...4, -3e4...3e4, 3e4...1e9]),
  .init(op: TK_TAN, reference: tan, ranges: [-4...4, -3e4...3e4, 3e4...1e9]),
  .init(op: TK_ASIN, reference: asin, ranges: [-1...1]),
  .init(op: TK_ACOS, reference: acos, ranges: [-1...1, 0.999...1]),
  .init(op: TK_ATAN, reference: atan, ranges: [-2...2, -1e6...1e6]),
  .init(op: TK_SINH, reference: sinh, ranges: [-1...1, -89...89]),
  .init(op: TK_COSH, reference: cosh, ranges: [-1...1, -89...89]),
  .init(op: TK_TANH, reference: tanh, ranges: [-1...1, -20...20]),
  .init(op: TK_ASINH, reference: asinh, ranges: [-2...2, -1e6...1e6, 1e18...1e30]),
  .init(
    op: TK_ACOSH, reference: acosh, ranges: [1...1.001, 1...3, 1...1e6], hasSmallArguments: false),
  .init(op: TK_ATANH, reference: atanh, ranges: [-0.999...0.999]),
  .init(op: TK_SIGMOID, reference: sigmoid, ranges: [-4...4, -100...100]),
  .init(op: TK_ERF, reference: erf, ranges: [-1.5...1.5, -7...7]),
  .init(op: TK_GELU, reference: gelu, ranges: [-3...3, -14.5...14.5]),
  .init(op: TK_SOFTPLUS, reference: softplus, ranges: [-4...4, -100...100]),
]

extension Mathematical {
  /// About ten thousand arguments in the function's domain.
  func arguments() -> [Double] {
    var generator = SplitMix(state: 11)
    var all: [Double] = []
    for range in ranges {
      for _ in 0..<4000 {
        all.append(range.lowerBound + generator.unit() * (range.upperBound - range.lowerBound))
      }
    }
    if hasSmallArguments {
      for _ in 0..<2000 {
        let magnitude = exp2(-Double(generator.below(140)) - generator.unit())
        all.append(generator.next() & 1 == 0 ? magnitude : -magnitude)
      }
    }
    return all
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

protocol RealElement: Element, BinaryFloatingPoint {}
extension Float: RealElement {}
extension Double: RealElement {}

/// The distance of a result from the reference, in units of the reference's last place.
func ulps<T: RealElement>(_ value: T, from reference: Double) -> Double {
  if reference.isNaN { return value.isNaN ? 0 : .infinity }
  let rounded = T(reference)
  if value == rounded { return value.sign == rounded.sign ? 0 : .infinity }
  if !rounded.isFinite || !value.isFinite {
    // Overflow a little early or late: count from the largest finite value.
    let edge = T.greatestFiniteMagnitude
    let isNearEdge =
      abs(Double(value)) >= Double(edge) * (1 - 8 * Double(T.ulpOfOne))
      && abs(reference) >= Double(edge) * (1 - 8 * Double(T.ulpOfOne))
    return isNearEdge && value.sign == rounded.sign ? 1 : .infinity
  }
  return abs(Double(value) - reference) / Double(rounded.ulp)
}

func applied<T: RealElement>(_ op: tk_unary_op, _ input: [T]) -> [T] {
  let out = Run<T>(count: input.count)
  tk_unary(op, T.type, out.pointer, Run(input).pointer, input.count)
  return out.values
}

extension KernelTests {
  @Suite struct MathematicalFunctions {
    /// The bound for Double allows the C library's own error, as it is the reference.
    func check<T: RealElement>(_: T.Type, bound: Double) {
      onEachInstructionSet { set in
        for function in mathematical {
          // Far out, float64's gelu has the condition number of erfc.
          let isTail = { (x: Double) in
            function.op == TK_GELU && T.self == Double.self && x < -3
          }
          let input = function.arguments().map { T($0) }
          let results = applied(function.op, input)
          var worst = (error: 0.0, argument: T.nan)
          for (x, y) in zip(input, results) where !isTail(Double(x)) {
            let error = ulps(y, from: function.reference(Double(x)))
            if error > worst.error { worst = (error, x) }
          }
          #expect(
            worst.error <= bound,
            "\(function.op.rawValue) of \(T.self) on \(set): \(worst.error) ulp at \(worst.argument)"
          )
          if ProcessInfo.processInfo.environment["TESSERA_PRINT_ERRORS"] != nil {
            print(
              "\(set) \(T.self) \(function.op.rawValue): \(worst.error) ulp at \(worst.argument)")
          }
        }
      }
    }

    @Test func floatsAreWithinFourUlp() { check(Float.self, bound: 4) }

    @Test func doublesAreWithinFourUlpAndTheReferences() { check(Double.self, bound: 5) }

    func checkSpecial<T: RealElement>(_: T.Type, bound: Double) {
      onEachInstructionSet { set in
        for function in mathematical {
          let input = specialArguments.map { T($0) }
          for (x, y) in zip(input, applied(function.op, input)) {
            if function.op == TK_GELU && T.self == Double.self && x < -3 { continue }
            let expected = function.reference(Double(x))
            let error = ulps(y, from: expected)
            #expect(
              error <= bound,
              "\(function.op.rawValue) of \(T.self) \(x) on \(set) is \(y), expected \(expected)")
          }
        }
      }
    }

    @Test func specialValuesAreThoseOfTheLibrary() {
      checkSpecial(Float.self, bound: 4)
      checkSpecial(Double.self, bound: 5)
    }

    @Test func logarithmsOfPowersAreExact() {
      onEachInstructionSet { set in
        let twos = (-126...127).map { exp2(Float($0)) }
        #expect(applied(TK_LOG2, twos) == (-126...127).map { Float($0) }, "\(set)")
        let tens: [Float] = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]
        #expect(applied(TK_LOG10, tens) == (0...10).map { Float($0) }, "\(set)")
      }
    }

    @Test func geluOfDoubleKeepsItsTail() {
      onEachInstructionSet { set in
        for x in stride(from: -37.0, to: -3, by: 0.37) {
          let y = applied(TK_GELU, [x])[0]
          let reference = gelu(x)
          #expect(abs(y - reference) <= abs(reference) * x * x * 2 * .ulpOfOne, "\(x) on \(set)")
        }
        #expect(applied(TK_GELU, [-Double.infinity])[0].isSame(as: -0.0))
      }
    }

    /// Alone, in the middle of a vector or in the rest of a run: the same bits.
    func checkPlaces<T: RealElement>(_: T.Type) {
      onEachInstructionSet { set in
        for function in mathematical {
          let ordinary = function.arguments().map { T($0) }
          var input = Array(ordinary.prefix(37)) + specialArguments.prefix(20).map { T($0) }
          input += ordinary.suffix(22)
          let whole = applied(function.op, input)
          for i in input.indices {
            let alone = applied(function.op, [input[i]])[0]
            #expect(alone.isSame(as: whole[i]), "\(function.op.rawValue) of \(input[i]) on \(set)")
          }
          for (count, shift) in runShapes {
            let run = Run(Array(input.prefix(count)), shift: shift)
            let length = run.count
            let out = Run<T>(count: length, shift: shift)
            tk_unary(function.op, T.type, out.pointer, run.pointer, length)
            expectSame(out, Array(whole.prefix(length)), "\(function.op.rawValue) on \(set)")
            tk_unary(function.op, T.type, run.pointer, run.pointer, length)
            expectSame(
              run, Array(whole.prefix(length)), "\(function.op.rawValue) in place on \(set)")
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
