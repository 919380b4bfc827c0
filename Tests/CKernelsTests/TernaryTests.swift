import CKernels
import Foundation
import Testing

/// Functions of three values, by plain Swift.
protocol TernaryReference: Element {
  static var ternary: [(tk_ternary_op, (Self, Self, Self) -> Self)] { get }
}

extension Float: TernaryReference {
  static var ternary: [(tk_ternary_op, (Float, Float, Float) -> Float)] { floatingTernary() }
}
extension Double: TernaryReference {
  static var ternary: [(tk_ternary_op, (Double, Double, Double) -> Double)] { floatingTernary() }
}
extension IntegerElement {
  static var ternary: [(tk_ternary_op, (Self, Self, Self) -> Self)] {
    [(TK_FMA, { $0 &* $1 &+ $2 }), (TK_CLAMPED, { Swift.min(Swift.max($0, $1), $2) })]
  }
}

private func floatingTernary<T: BinaryFloatingPoint>() -> [(tk_ternary_op, (T, T, T) -> T)] {
  func larger(_ a: T, _ b: T) -> T { a.isNaN ? a : b.isNaN ? b : b > a ? b : a }
  func smaller(_ a: T, _ b: T) -> T { a.isNaN ? a : b.isNaN ? b : b < a ? b : a }
  func between(_ a: T, _ b: T, _ weight: T) -> T {
    let distance = b - a
    return weight.magnitude < 0.5 ? a + weight * distance : b - distance * (1 - weight)
  }
  return [
    (TK_FMA, { $2.addingProduct($0, $1) }), (TK_CLAMPED, { smaller(larger($0, $1), $2) }),
    (TK_LERP, between),
  ]
}

extension KernelTests {
  @Suite struct Ternary {
    func check<T: TernaryReference>(_: T.Type) {
      onEachInstructionSet { set in
        for (op, reference) in T.ternary {
          for (count, shift) in runShapes {
            for steps in 0..<8 {
              let step = [steps & 1, steps >> 1 & 1, steps >> 2]
              let values = (2..<5 as Range<UInt64>).map { T.values(max(count, 1), seed: $0) }
              let expected = (0..<count).map {
                reference(values[0][$0 * step[0]], values[1][$0 * step[1]], values[2][$0 * step[2]])
              }
              let context = "ternary \(op.rawValue) of \(T.self) × \(count), \(step), \(set)"
              let out = Run<T>(count: count, shift: shift)
              /// The result in a run of its own, or in an operand's.
              func compute(into target: Int?) -> Run<T> {
                let operands = values.map { Run($0, shift: 1) }
                let result = target.map { operands[$0] } ?? out
                tk_ternary(
                  op, T.type, result.pointer, operands[0].pointer, step[0], operands[1].pointer,
                  step[1], operands[2].pointer, step[2], count)
                withExtendedLifetime(operands) {}
                return result
              }
              expectSame(compute(into: nil), expected, context)
              guard count > 0 else { continue }
              for target in 0..<3 {
                expectSame(compute(into: target), expected, context + " into \(target)")
              }
            }
          }
        }
      }
    }

    @Test func functionsOfFloatingPointEqualPlainSwift() {
      check(Float.self)
      check(Double.self)
    }

    @Test func functionsOfIntegersEqualPlainSwift() {
      for type in integerTypes { check(type) }
    }

    /// Products whose last digits decide the sum, over- and underflow on the way: rounded once, on
    /// every instruction set.
    func checkFused<T: TernaryReference & BinaryFloatingPoint>(_: T.Type) {
      let (tiny, huge) = (T.leastNonzeroMagnitude, T.greatestFiniteMagnitude)
      let near = [T(1).nextUp, T(1).nextDown, 3, tiny, T.leastNormalMagnitude, huge, huge / 2, 0]
      let all = near + near.map { -$0 } + [T.infinity, -T.infinity, T.nan]
      var a: [T] = []
      var b: [T] = []
      var c: [T] = []
      for x in all {
        for y in all {
          for z in all + [-(x * y), (-(x * y)).nextUp] {
            a.append(x)
            b.append(y)
            c.append(z)
          }
        }
      }
      onEachInstructionSet { set in
        let out = Run<T>(count: a.count)
        tk_ternary(
          TK_FMA, T.type, out.pointer, Run(a).pointer, 1, Run(b).pointer, 1, Run(c).pointer, 1,
          a.count)
        let expected = a.indices.map { c[$0].addingProduct(a[$0], b[$0]) }
        expectSame(out, expected, "fma of \(T.self) on \(set)")
        let apart = a.indices.map { a[$0] * b[$0] + c[$0] }
        #expect(zip(apart, expected).contains { $0 != $1 && !$0.isNaN }, "a control")
      }
    }

    @Test func fmaRoundsOnce() {
      checkFused(Float.self)
      checkFused(Double.self)
    }

    func checkEnds<T: TernaryReference & BinaryFloatingPoint>(_: T.Type) {
      let a = T.values(1000, seed: 5).map { $0.isFinite ? $0 / 4 : 1 }
      let b = T.values(1000, seed: 6).map { $0.isFinite ? $0 / 4 : 2 }
      onEachInstructionSet { set in
        for (weight, end) in [(T(0), a), (1, b)] {
          let (out, weights) = (Run<T>(count: 1000), Run([weight]))
          tk_ternary(
            TK_LERP, T.type, out.pointer, Run(a).pointer, 1, Run(b).pointer, 1, weights.pointer, 0,
            1000)
          #expect(zip(out.values, end).allSatisfy { $0 == $1 }, "lerp of \(T.self) on \(set)")
        }
      }
    }

    @Test func lerpIsExactAtItsEnds() {
      checkEnds(Float.self)
      checkEnds(Double.self)
    }

    func checkDefined<T: Element>(_: T.Type, _ defined: [tk_ternary_op]) {
      for raw in 0..<UInt32(TK_LERP.rawValue + 3) {
        let op = tk_ternary_op(rawValue: raw)
        #expect(tk_has_ternary(op, T.type) == defined.contains(op), "\(raw) of \(T.self)")
        guard !tk_has_ternary(op, T.type) else { continue }
        let (out, input) = (Run<T>(count: 40), Run(T.values(40)))
        tk_ternary(
          op, T.type, out.pointer, input.pointer, 1, input.pointer, 1, input.pointer, 1, 40)
        #expect(out.bytes.allSatisfy { $0 == 0xA5 }, "\(raw) of \(T.self) wrote something")
      }
    }

    @Test func undefinedFunctionsDoNothing() {
      checkDefined(Float.self, [TK_FMA, TK_CLAMPED, TK_LERP])
      checkDefined(Double.self, [TK_FMA, TK_CLAMPED, TK_LERP])
      for type in integerTypes { checkDefined(type, [TK_FMA, TK_CLAMPED]) }
      checkDefined(Bool.self, [])
    }
  }
}
