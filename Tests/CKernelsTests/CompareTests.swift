import CKernels
import Testing

/// An order of bytes 0 and 1, for the reference of comparisons.
extension Bool {
  static func < (a: Bool, b: Bool) -> Bool { !a && b }
}

extension KernelTests {
  @Suite struct Compare {
    func check<T: Element>(_: T.Type, less: @escaping (T, T) -> Bool) {
      let references: [(tk_compare_op, (T, T) -> Bool)] = [
        (TK_EQUAL, { $0 == $1 }), (TK_NOT_EQUAL, { $0 != $1 }), (TK_LESS, less),
        (TK_LESS_EQUAL, { less($0, $1) || $0 == $1 }), (TK_GREATER, { less($1, $0) }),
        (TK_GREATER_EQUAL, { less($1, $0) || $0 == $1 }),
      ]
      onEachInstructionSet { set in
        for (op, reference) in references {
          for (count, shift) in runShapes {
            for (aStep, bStep) in stepPairs {
              let a = T.values(max(count, 1), seed: 5)
              let b = T.values(max(count, 1), seed: 6)
              let expected = (0..<count).map { reference(a[$0 * aStep], b[$0 * bStep]) }
              let out = Run<Bool>(count: count, shift: shift)
              let (left, right) = (Run(a, shift: 1), Run(b, shift: shift))
              withExtendedLifetime((left, right)) {
                tk_compare(
                  op, T.type, bytes(out), left.pointer, aStep, right.pointer, bStep, count)
              }
              expectSame(out, expected, "compare \(op.rawValue) of \(T.self) × \(count) on \(set)")
            }
          }
        }
      }
    }

    @Test func comparisonsEqualPlainSwift() {
      check(Float.self, less: <)
      check(Double.self, less: <)
      func checkIntegers<T: IntegerElement>(_: T.Type) { check(T.self, less: <) }
      for type in integerTypes { checkIntegers(type) }
      check(Bool.self, less: <)
    }

    func checkSelect<T: Element>(_: T.Type) {
      onEachInstructionSet { set in
        for (count, shift) in runShapes {
          for (aStep, bStep) in stepPairs {
            for maskStep in [1, 0] {
              let mask = Bool.values(max(count, 1), seed: UInt64(count))
              let a = T.values(max(count, 1), seed: 7)
              let b = T.values(max(count, 1), seed: 8)
              let expected = (0..<count).map {
                mask[$0 * maskStep] ? a[$0 * aStep] : b[$0 * bStep]
              }
              let context = "select of \(T.self) × \(count) on \(set)"
              let out = Run<T>(count: count, shift: shift)
              let (left, right) = (Run(a, shift: 1), Run(b, shift: shift))
              let choice = Run(mask)
              tk_select(
                T.type, out.pointer, bytes(choice), maskStep, left.pointer, aStep, right.pointer,
                bStep, count)
              expectSame(out, expected, context)
              guard count > 0 else { continue }
              tk_select(
                T.type, left.pointer, bytes(choice), maskStep, left.pointer, aStep, right.pointer,
                bStep, count)
              expectSame(left, expected, context + " in place")
            }
          }
        }
      }
    }

    @Test func selectsByMask() {
      for type in allTypes { checkSelect(type) }
    }
  }
}
