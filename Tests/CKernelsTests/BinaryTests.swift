import CKernels
import Foundation
import Testing

/// Functions of two values, by plain Swift.
protocol BinaryReference: Element {
  static var exactBinary: [(tk_binary_op, (Self, Self) -> Self)] { get }
}

func floatingBinary<T: BinaryFloatingPoint>(
  remainder: @escaping (T, T) -> T
) -> [(tk_binary_op, (T, T) -> T)] {
  [
    (TK_ADD, { $0 + $1 }), (TK_SUBTRACT, { $0 - $1 }), (TK_MULTIPLY, { $0 * $1 }),
    (TK_DIVIDE, { $0 / $1 }), (TK_REMAINDER, remainder),
    (TK_MINIMUM, { $0.isNaN ? $0 : $1.isNaN ? $1 : $1 < $0 ? $1 : $0 }),
    (TK_MAXIMUM, { $0.isNaN ? $0 : $1.isNaN ? $1 : $1 > $0 ? $1 : $0 }),
    (TK_COPY_SIGN, { T(signOf: $1, magnitudeOf: $0) }),
    (
      TK_NEXT_AFTER,
      { a, b in
        if a.isNaN || b.isNaN { return .nan }
        return a == b ? b : a < b ? a.nextUp : a.nextDown
      }
    ),
  ]
}

func integerBinary<T: FixedWidthInteger>() -> [(tk_binary_op, (T, T) -> T)] {
  [
    (TK_ADD, { $0 &+ $1 }), (TK_SUBTRACT, { $0 &- $1 }), (TK_MULTIPLY, { $0 &* $1 }),
    (TK_DIVIDE, { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }),
    (TK_REMAINDER, { $1 == 0 ? 0 : $0.remainderReportingOverflow(dividingBy: $1).partialValue }),
    (TK_MINIMUM, { min($0, $1) }), (TK_MAXIMUM, { max($0, $1) }), (TK_POWER, integerPower),
    (TK_AND, { $0 & $1 }), (TK_OR, { $0 | $1 }), (TK_XOR, { $0 ^ $1 }),
    (TK_SHIFT_LEFT, { $0 << $1 }), (TK_SHIFT_RIGHT, { $0 >> $1 }),
  ]
}

/// By the definition where the exponent is small, by periods where it is not: modulo 2^bits the
/// powers of an even base become 0, and those of an odd one repeat after 2^(bits - 2).
func integerPower<T: FixedWidthInteger>(_ base: T, _ exponent: T) -> T {
  if exponent < 0 {
    if base == 1 { return 1 }
    if base == 0 &- 1 { return exponent % 2 == 0 ? 1 : 0 &- 1 }
    return 0
  }
  var result: T = 1
  for bit in stride(from: T.bitWidth - 1, through: 0, by: -1) {
    result = result &* result
    if exponent >> T(bit) & 1 == 1 { result = result &* base }
  }
  return result
}

extension Float: BinaryReference {
  static var exactBinary: [(tk_binary_op, (Float, Float) -> Float)] {
    floatingBinary { fmodf($0, $1) }
  }
}
extension Double: BinaryReference {
  static var exactBinary: [(tk_binary_op, (Double, Double) -> Double)] {
    floatingBinary { fmod($0, $1) }
  }
}
extension IntegerElement {
  static var exactBinary: [(tk_binary_op, (Self, Self) -> Self)] { integerBinary() }
}
extension Bool: BinaryReference {
  static var exactBinary: [(tk_binary_op, (Bool, Bool) -> Bool)] {
    [
      (TK_AND, { $0 && $1 }), (TK_OR, { $0 || $1 }), (TK_XOR, { $0 != $1 }),
      (TK_MINIMUM, { $0 && $1 }), (TK_MAXIMUM, { $0 || $1 }),
    ]
  }
}

/// Steps of two operands.
let stepPairs = [(1, 1), (1, 0), (0, 1), (0, 0)]

extension KernelTests {
  @Suite struct Binary {
    func check<T: BinaryReference>(_: T.Type) {
      onEachInstructionSet { set in
        for (op, reference) in T.exactBinary {
          for (count, shift) in runShapes {
            for (aStep, bStep) in stepPairs {
              let a = T.values(max(count, 1), seed: 2)
              let b = T.values(max(count, 1), seed: 3)
              let expected = (0..<count).map { reference(a[$0 * aStep], b[$0 * bStep]) }
              let context =
                "binary \(op.rawValue) of \(T.self) × \(count), \(aStep), \(bStep), \(set)"
              let (left, right) = (Run(a, shift: 1), Run(b, shift: shift))
              let out = Run<T>(count: count, shift: shift)
              tk_binary(
                op, T.type, out.pointer, left.pointer, aStep, right.pointer, bStep, count)
              expectSame(out, expected, context)
              guard count > 0 else { continue }
              tk_binary(
                op, T.type, left.pointer, left.pointer, aStep, right.pointer, bStep, count)
              expectSame(left, expected, context + " into the left")
              tk_binary(
                op, T.type, right.pointer, Run(a).pointer, aStep, right.pointer, bStep, count)
              expectSame(right, expected, context + " into the right")
            }
          }
        }
      }
    }

    @Test func exactFunctionsOfFloatingPointEqualPlainSwift() {
      check(Float.self)
      check(Double.self)
    }

    @Test func functionsOfIntegersEqualPlainSwift() {
      for type in integerTypes { check(type) }
      check(Bool.self)
    }

    /// Any two values of the whole type; fewer where the C library shifts its way through the
    /// exponents.
    func checkSweep<T: BinaryReference & RealElement>(_: T.Type) {
      var generator = SplitMix(state: 5)
      let a = T.sweep(round: 2)
      let b = (0..<a.count).map { i in
        // A third of the same magnitude, where sums cancel.
        i % 3 == 0 ? a[i] * T(generator.unit() * 4 - 2) : a[generator.below(a.count)]
      }
      let (left, right) = (Run(a), Run(b))
      for (op, reference) in T.exactBinary {
        let step = op == TK_REMAINDER ? 16 : 1
        let places = Array(stride(from: 0, to: a.count, by: step))
        let expected = places.map { reference(a[$0], b[$0]) }
        let (left, right) =
          step == 1 ? (left, right) : (Run(places.map { a[$0] }), Run(places.map { b[$0] }))
        onEachInstructionSet { set in
          let out = Run<T>(count: places.count)
          tk_binary(op, T.type, out.pointer, left.pointer, 1, right.pointer, 1, places.count)
          expectSame(out, expected, "binary \(op.rawValue) of \(T.self) on \(set)")
        }
      }
    }

    @Test func exactFunctionsEqualPlainSwiftEverywhere() {
      checkSweep(Float.self)
      checkSweep(Double.self)
    }

    /// All pairs of values.
    func checkAllPairs<T: IntegerElement>(_: T.Type) {
      let all = (0...UInt8.max).map { T(truncatingIfNeeded: $0) }
      let a = all.flatMap { x in all.map { _ in x } }
      let b = all.flatMap { _ in all }
      let (left, right) = (Run(a), Run(b))
      for (op, reference) in T.exactBinary {
        let expected = zip(a, b).map(reference)
        onEachInstructionSet { set in
          let out = Run<T>(count: a.count)
          tk_binary(op, T.type, out.pointer, left.pointer, 1, right.pointer, 1, a.count)
          expectSame(out, expected, "binary \(op.rawValue) of \(T.self) on \(set)")
        }
      }
    }

    @Test func functionsOfBytesEqualPlainSwiftEverywhere() {
      checkAllPairs(Int8.self)
      checkAllPairs(UInt8.self)
    }

    @Test func integerDivisionIsTotal() {
      func check<T: IntegerElement & SignedInteger>(_: T.Type) {
        let (a, b) = (Run<T>([7, .min, -7, .min]), Run<T>([0, -1, 2, 1]))
        let out = Run<T>(count: 4)
        tk_binary(TK_DIVIDE, T.type, out.pointer, a.pointer, 1, b.pointer, 1, 4)
        expectSame(out, [0, .min, -3, .min], "\(T.self)")
        tk_binary(TK_REMAINDER, T.type, out.pointer, a.pointer, 1, b.pointer, 1, 4)
        expectSame(out, [0, 0, -1, 0], "\(T.self)")
      }
      onEachInstructionSet { _ in
        check(Int8.self)
        check(Int16.self)
        check(Int32.self)
        check(Int64.self)
      }
    }

    /// Of numbers of every length, and of multiples with what lies beside them, where a quotient
    /// that is rounded would be wrong.
    func checkDivision<T: IntegerElement>(_: T.Type) {
      var generator = SplitMix(state: 4)
      func anyNumber() -> T {
        T(truncatingIfNeeded: generator.next()) >> T(generator.below(T.bitWidth))
      }
      let count = 20000
      let b = (0..<count).map { _ in anyNumber() }
      let a = (0..<count).map { i in
        let x = anyNumber()
        return i % 2 == 0 ? x : x &* b[i] &+ T(truncatingIfNeeded: generator.below(3) - 1)
      }
      let operations = T.exactBinary.filter { $0.0 == TK_DIVIDE || $0.0 == TK_REMAINDER }
      #expect(operations.count == 2)
      onEachInstructionSet { set in
        for (op, reference) in operations {
          let out = Run<T>(count: count)
          tk_binary(op, T.type, out.pointer, Run(a).pointer, 1, Run(b).pointer, 1, count)
          let expected = zip(a, b).map(reference)
          expectSame(out, expected, "binary \(op.rawValue) of \(T.self) on \(set)")
        }
      }
    }

    @Test func divisionOfIntegersIsExact() {
      for type in integerTypes { checkDivision(type) }
    }

    func checkDefined<T: BinaryReference>(_: T.Type) {
      for raw in 0..<UInt32(TK_SHIFT_RIGHT.rawValue + 3) {
        let op = tk_binary_op(rawValue: raw)
        let isExact = T.exactBinary.contains { $0.0 == op }
        let isMathematical =
          [TK_POWER, TK_ATAN2, TK_HYPOT].contains(op)
          && (T.self == Float.self || T.self == Double.self)
        #expect(tk_has_binary(op, T.type) == (isExact || isMathematical), "\(raw) of \(T.self)")
        guard !tk_has_binary(op, T.type) else { continue }
        let (out, input) = (Run<T>(count: 40), Run(T.values(40)))
        tk_binary(op, T.type, out.pointer, input.pointer, 1, input.pointer, 1, 40)
        #expect(out.bytes.allSatisfy { $0 == 0xA5 }, "\(raw) of \(T.self) wrote something")
      }
    }

    @Test func undefinedFunctionsDoNothing() {
      checkDefined(Float.self)
      checkDefined(Double.self)
      for type in integerTypes { checkDefined(type) }
      checkDefined(Bool.self)
    }
  }
}
