import CKernels
import Testing

extension KernelTests {
  /// Functions whose results go past the caches give the bits of those that do not, or nothing.
  @Suite struct Stream {
    static let mathematicalFunctions: [tk_unary_op] = [
      TK_EXP, TK_EXPM1, TK_LOG, TK_LOG1P, TK_LOG2, TK_LOG10, TK_SIGMOID, TK_ERF, TK_GELU,
      TK_SOFTPLUS, TK_SIN, TK_COS, TK_TAN, TK_ASIN, TK_ACOS, TK_ATAN, TK_SINH, TK_COSH, TK_TANH,
      TK_ASINH, TK_ACOSH, TK_ATANH, TK_CBRT,
    ]
    static let arithmetic: [tk_binary_op] = [TK_ADD, TK_SUBTRACT, TK_MULTIPLY, TK_DIVIDE]

    /// Lengths with the shift of the result; only those of whole cache lines can be streamed.
    func shapes<T>(of _: T.Type) -> [(count: Int, shift: Int, isWhole: Bool)] {
      let line = 64 / MemoryLayout<T>.stride
      return [
        (line, 0, true), (4 * line, 0, true), (1024, 0, true), (1024, 1, false),
        (line - 1, 0, false), (1000 - 1000 % line + 1, 0, false),
      ]
    }

    func checkUnary<T: Element>(_: T.Type) {
      onEachInstructionSet { set in
        for op in Self.mathematicalFunctions + [TK_NEGATE, TK_SQUARE, TK_RELU] {
          for (count, shift, isWhole) in shapes(of: T.self) {
            let input = Run(T.values(count), shift: 3)
            let plain = Run<T>(count: count)
            tk_unary(op, T.type, plain.pointer, input.pointer, count)
            let out = Run<T>(count: count, shift: shift)
            let untouched = out.bytes
            let isDone = tk_stream_unary(op, T.type, out.pointer, input.pointer, count)
            tk_finish_streaming()
            let context = "\(op) of \(count) \(T.self), \(shift) after a line, on \(set)"
            #expect(
              isDone == (isWhole && Self.mathematicalFunctions.contains(op)), "\(context)")
            if isDone {
              expectSame(out, plain.values, context)
            } else {
              #expect(out.bytes == untouched && out.guardsAreIntact, "\(context)")
            }
          }
        }
      }
    }

    func checkBinary<T: Element>(_: T.Type) {
      onEachInstructionSet { set in
        for op in Self.arithmetic + [TK_MINIMUM, TK_POWER] {
          for (count, shift, isWhole) in shapes(of: T.self) {
            for (aStep, bStep) in [(1, 1), (1, 0), (0, 1), (0, 0)] {
              let a = Run(T.values(count), shift: 1)
              let b = Run(T.values(count, seed: 2), shift: 3)
              let plain = Run<T>(count: count)
              tk_binary(op, T.type, plain.pointer, a.pointer, aStep, b.pointer, bStep, count)
              let out = Run<T>(count: count, shift: shift)
              let untouched = out.bytes
              let isDone = tk_stream_binary(
                op, T.type, out.pointer, a.pointer, aStep, b.pointer, bStep, count)
              tk_finish_streaming()
              let context =
                "\(op) of \(count) \(T.self), steps \(aStep) and \(bStep), "
                + "\(shift) after a line, on \(set)"
              #expect(
                isDone == (isWhole && aStep + bStep > 0 && Self.arithmetic.contains(op)),
                "\(context)")
              if isDone {
                expectSame(out, plain.values, context)
              } else {
                #expect(out.bytes == untouched && out.guardsAreIntact, "\(context)")
              }
            }
          }
        }
      }
    }

    @Test func unary() {
      checkUnary(Float.self)
      checkUnary(Double.self)
    }

    @Test func binary() {
      checkBinary(Float.self)
      checkBinary(Double.self)
    }

    @Test func leavesOtherTypesAlone() {
      let out = Run<Int32>(count: 16)
      let untouched = out.bytes
      let a = Run([Int32](repeating: 3, count: 16))
      #expect(!tk_stream_binary(TK_ADD, TK_INT32, out.pointer, a.pointer, 1, a.pointer, 1, 16))
      #expect(!tk_stream_unary(TK_SQUARE, TK_INT32, out.pointer, a.pointer, 16))
      #expect(out.bytes == untouched)
    }
  }
}
