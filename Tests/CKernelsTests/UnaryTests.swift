import CKernels
import Testing

/// Exactly rounded functions of one value, by plain Swift.
protocol UnaryReference: Element {
  static var exactUnary: [(tk_unary_op, (Self) -> Self)] { get }
}

func floatingUnary<T: BinaryFloatingPoint>() -> [(tk_unary_op, (T) -> T)] {
  [
    (TK_NEGATE, { -$0 }), (TK_ABS, { abs($0) }),
    (TK_SIGN, { $0.isNaN ? $0 : $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }),
    (TK_SQUARE, { $0 * $0 }), (TK_RECIPROCAL, { 1 / $0 }), (TK_SQRT, { $0.squareRoot() }),
    (TK_RSQRT, { 1 / $0.squareRoot() }), (TK_FLOOR, { $0.rounded(.down) }),
    (TK_CEIL, { $0.rounded(.up) }), (TK_ROUND, { $0.rounded(.toNearestOrEven) }),
    (TK_TRUNC, { $0.rounded(.towardZero) }), (TK_RELU, { $0.isNaN ? $0 : $0 > 0 ? $0 : 0 }),
  ]
}

func integerUnary<T: FixedWidthInteger>() -> [(tk_unary_op, (T) -> T)] {
  [
    (TK_NEGATE, { 0 &- $0 }), (TK_ABS, { $0 < 0 ? 0 &- $0 : $0 }), (TK_SIGN, { $0.signum() }),
    (TK_SQUARE, { $0 &* $0 }), (TK_FLOOR, { $0 }), (TK_CEIL, { $0 }), (TK_ROUND, { $0 }),
    (TK_TRUNC, { $0 }), (TK_RELU, { max($0, 0) }), (TK_NOT, { ~$0 }),
  ]
}

extension Float: UnaryReference {
  static var exactUnary: [(tk_unary_op, (Float) -> Float)] { floatingUnary() }
}
extension Double: UnaryReference {
  static var exactUnary: [(tk_unary_op, (Double) -> Double)] { floatingUnary() }
}
extension IntegerElement {
  static var exactUnary: [(tk_unary_op, (Self) -> Self)] { integerUnary() }
}
extension Bool: UnaryReference {
  static var exactUnary: [(tk_unary_op, (Bool) -> Bool)] { [(TK_NOT, { !$0 })] }
}

/// Functions whose results need not be exactly rounded; `MathematicalTests` bounds their errors.
let mathematicalUnary: [tk_unary_op] = [
  TK_EXP, TK_EXPM1, TK_LOG, TK_LOG1P, TK_LOG2, TK_LOG10, TK_SIN, TK_COS, TK_TAN, TK_ASIN, TK_ACOS,
  TK_ATAN, TK_SINH, TK_COSH, TK_TANH, TK_ASINH, TK_ACOSH, TK_ATANH, TK_SIGMOID, TK_ERF, TK_GELU,
  TK_SOFTPLUS, TK_CBRT,
]

extension KernelTests {
  @Suite struct Unary {
    func check<T: UnaryReference>(_: T.Type) {
      onEachInstructionSet { set in
        for (op, reference) in T.exactUnary {
          for (count, shift) in runShapes {
            let input = T.values(count)
            let expected = input.map(reference)
            let context = "unary \(op.rawValue) of \(T.self) × \(count) on \(set)"
            let (out, argument) = (Run<T>(count: count, shift: shift), Run(input, shift: 1))
            tk_unary(op, T.type, out.pointer, argument.pointer, count)
            expectSame(out, expected, context)
            tk_unary(op, T.type, argument.pointer, argument.pointer, count)
            expectSame(argument, expected, context + " in place")
          }
        }
      }
    }

    @Test func exactFunctionsEqualPlainSwift() {
      check(Float.self)
      check(Double.self)
      for type in integerTypes { check(type) }
      check(Bool.self)
    }

    /// Over the whole type, with every half between small integers.
    func checkSweep<T: UnaryReference & RealElement>(_: T.Type) {
      let halves = (-2000...2000).map { T($0) + 0.5 }
      let input = T.sweep(round: 1) + halves + halves.map { $0.nextUp } + halves.map { $0.nextDown }
      let argument = Run(input)
      onEachInstructionSet { set in
        for (op, reference) in T.exactUnary {
          let out = Run<T>(count: input.count)
          tk_unary(op, T.type, out.pointer, argument.pointer, input.count)
          expectSame(out, input.map(reference), "unary \(op.rawValue) of \(T.self) on \(set)")
        }
        for (op, reference) in classifications(of: T.self) {
          let out = Run<Bool>(count: input.count)
          tk_classify(op, T.type, bytes(out), argument.pointer, input.count)
          expectSame(out, input.map(reference), "classify \(op.rawValue) of \(T.self) on \(set)")
        }
      }
    }

    @Test func exactFunctionsEqualPlainSwiftEverywhere() {
      checkSweep(Float.self)
      checkSweep(Double.self)
    }

    func checkDefined<T: UnaryReference>(_: T.Type) {
      for raw in 0..<UInt32(TK_NOT.rawValue + 3) {
        let op = tk_unary_op(rawValue: raw)
        let isExact = T.exactUnary.contains { $0.0 == op }
        let isMathematical =
          mathematicalUnary.contains(op) && (T.self == Float.self || T.self == Double.self)
        #expect(tk_has_unary(op, T.type) == (isExact || isMathematical), "\(raw) of \(T.self)")
        guard !tk_has_unary(op, T.type) else { continue }
        let (out, input) = (Run<T>(count: 40), Run(T.values(40)))
        tk_unary(op, T.type, out.pointer, input.pointer, 40)
        #expect(out.bytes.allSatisfy { $0 == 0xA5 }, "\(raw) of \(T.self) wrote something")
      }
    }

    @Test func undefinedFunctionsDoNothing() {
      checkDefined(Float.self)
      checkDefined(Double.self)
      for type in integerTypes { checkDefined(type) }
      checkDefined(Bool.self)
    }

    func classifications<T: BinaryFloatingPoint>(of: T.Type) -> [(tk_classify_op, (T) -> Bool)] {
      [
        (TK_IS_NAN, { $0.isNaN }), (TK_IS_FINITE, { $0.isFinite }),
        (TK_IS_INFINITE, { $0.isInfinite }),
      ]
    }

    func checkClassify<T: BinaryFloatingPoint & Element>(_: T.Type) {
      onEachInstructionSet { set in
        for (op, reference) in classifications(of: T.self) {
          for (count, shift) in runShapes {
            let input = T.values(count)
            let out = Run<Bool>(count: count, shift: shift)
            tk_classify(op, T.type, bytes(out), Run(input, shift: 1).pointer, count)
            expectSame(out, input.map(reference), "classify \(op.rawValue) of \(T.self) on \(set)")
          }
        }
      }
    }

    @Test func classifiesFloatingPoint() {
      checkClassify(Float.self)
      checkClassify(Double.self)
    }

    @Test func integersAreFinite() {
      for type in integerTypes.map({ $0.type }) + [TK_BOOL] {
        for (op, expected) in [(TK_IS_NAN, false), (TK_IS_FINITE, true), (TK_IS_INFINITE, false)] {
          let (out, input) = (Run<Bool>(count: 5), Run<Int64>([1, 0, 1, 0, 1]))
          tk_classify(op, type, bytes(out), input.pointer, 5)
          expectSame(out, [Bool](repeating: expected, count: 5), "classify \(op.rawValue)")
        }
      }
    }
  }
}

func bytes(_ run: Run<Bool>) -> UnsafeMutablePointer<UInt8> {
  run.pointer.assumingMemoryBound(to: UInt8.self)
}
