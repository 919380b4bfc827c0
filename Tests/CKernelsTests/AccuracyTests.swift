import CKernels
import Foundation
import Testing

extension KernelTests {
  /// Arguments at which NumPy's tables of accuracy ask for one ulp of Double, and random ones of
  /// the same functions.
  @Suite struct Accuracy {
    private func results(_ op: tk_unary_op, _ arguments: [Double]) -> [Double] {
      let out = Run<Double>(count: arguments.count)
      tk_unary(op, TK_FLOAT64, out.pointer, Run(arguments).pointer, arguments.count)
      return out.values
    }

    @Test func rowsOfNumPyAreWithinOneUlp() {
      let rows: [(tk_unary_op, Double, Double)] = [
        (TK_ASIN, -0.5303209859553357, -0.5589791323637834),
        (TK_ASINH, 0.12186193052766003, 0.1215623134932248),
        (TK_COS, 0.14870948677356788, 0.9889631064073835),
        (TK_SINH, 0.8470151074449602, 0.9519905220979976),
      ]
      onEachInstructionSet { set in
        for (op, argument, expected) in rows {
          let result = results(op, [argument])[0]
          #expect(
            abs(result - expected) <= expected.ulp,
            "\(op.rawValue) of \(argument) on \(set): \(result)")
        }
      }
    }

    @Test func errorsAreBelowTwoUlp() {
      let functions: [(tk_unary_op, (Widest) -> Widest, Double, Double)] = [
        (TK_SIN, { sin($0) }, 1.5, 30_000), (TK_COS, { cos($0) }, 1.5, 30_000),
        (TK_ASIN, { asin($0) }, 1.4, 1), (TK_SINH, { sinh($0) }, 1.75, 700),
        (TK_ASINH, { asinh($0) }, 1.75, 1e6),
      ]
      for (op, reference, bound, largest) in functions {
        var generator = SplitMix(state: 16)
        // Half of them evenly spread below 1, half over all magnitudes up to the largest.
        let arguments = (0..<60_000).map { i in
          let x = (generator.unit() * 2 - 1) * (i % 2 == 0 ? 1 : exp2(generator.unit() * 20 - 10))
          return max(-largest, min(largest, x * (i % 4 == 1 ? largest / 1024 : 1)))
        }
        onEachInstructionSet { set in
          for (x, result) in zip(arguments, results(op, arguments)) {
            let exact = reference(Widest(x))
            let error = abs(Widest(result) - exact) / Widest(Double(exact).ulp)
            if error > Widest(bound) {
              Issue.record("\(op.rawValue) of \(x) on \(set): off by \(error) ulp")
              return
            }
          }
        }
      }
    }
  }
}
