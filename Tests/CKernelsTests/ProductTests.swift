import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct Products {
    func check<T: FixedWidthInteger & Element>(
      _: T.Type, _ rows: Int, _ columns: Int, _ depth: Int, isATransposed: Bool, isBTransposed: Bool
    ) {
      let a = T.values(max(1, rows * depth), seed: 51)
      let b = T.values(max(1, depth * columns), seed: 52)
      let cStride = columns + 3
      let start = T.values(max(1, rows * cStride), seed: 53)
      let (aRow, aColumn) = isATransposed ? (1, rows) : (depth, 1)
      let (bRow, bColumn) = isBTransposed ? (1, depth) : (columns, 1)
      var expected = start
      for i in 0..<rows {
        for j in 0..<columns {
          for k in 0..<depth {
            let product = a[i * aRow + k * aColumn] &* b[k * bRow + j * bColumn]
            expected[i * cStride + j] = expected[i * cStride + j] &+ product
          }
        }
      }
      onEachInstructionSet { set in
        let c = Run(start, shift: 1)
        tk_integer_product(
          T.type, Int64(rows), Int64(columns), Int64(depth), Run(a, shift: 1).pointer, Int64(aRow),
          Int64(aColumn), Run(b, shift: 1).pointer, Int64(bRow), Int64(bColumn), c.pointer,
          Int64(cStride))
        expectSame(c, expected, "\(rows) × \(columns) × \(depth) of \(T.self) on \(set)")
      }
    }

    func checkAll<T: IntegerElement>(_: T.Type) {
      for (rows, columns, depth) in [
        (0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (5, 7, 9), (17, 33, 20), (3, 1100, 4),
      ] {
        for isATransposed in [false, true] {
          for isBTransposed in [false, true] {
            check(
              T.self, rows, columns, depth, isATransposed: isATransposed,
              isBTransposed: isBTransposed)
          }
        }
      }
    }

    @Test func productsOfIntegersEqualPlainSwift() {
      for type in integerTypes { checkAll(type) }
    }
  }

  @Suite struct LogSumExp {
    func check<T: RealElement>(_: T.Type, bound: Double) {
      var generator = SplitMix(state: 61)
      onEachInstructionSet { set in
        for columns in [1, 2, 10, 15, 16, 17, 64, 100, 1024, 1025, 5000] {
          for scale in [1.0, 30, 300] {
            let rows = 3
            let input = (0..<rows * columns).map { _ in T((generator.unit() - 0.5) * scale) }
            let out = Run<T>(count: rows, shift: 1)
            tk_row_log_sum_exp(T.type, out.pointer, Run(input, shift: 1).pointer, rows, columns)
            for row in 0..<rows {
              let values = input[row * columns..<(row + 1) * columns].map { Double($0) }
              let largest = values.max()!
              let expected = largest + log(values.reduce(0) { $0 + exp($1 - largest) })
              let error =
                abs(Double(out.values[row]) - expected) / Double(max(T(1), abs(T(expected))).ulp)
              #expect(error <= bound, "\(T.self), \(columns) columns on \(set): \(error) ulp")
            }
            #expect(out.guardsAreIntact)
          }
        }
      }
    }

    @Test func rowsEqualTheDefinition() {
      check(Float.self, bound: 4)
      check(Double.self, bound: 8)
    }

    func checkSpecial<T: RealElement>(_: T.Type) {
      let rows: [[T]] = [
        [-.infinity, -.infinity, -.infinity], [.infinity, 0, 1], [1, .nan, 2],
        [-.infinity, 3, -.infinity],
        [1000, 1000, -1000], [.infinity, .nan, .infinity], [-.greatestFiniteMagnitude, 0, -1e4],
      ]
      onEachInstructionSet { set in
        let out = Run<T>(count: rows.count)
        tk_row_log_sum_exp(T.type, out.pointer, Run(rows.flatMap { $0 }).pointer, rows.count, 3)
        expectSame(out, [-.infinity, .infinity, .nan, 3, T(1000 + log(2.0)), .nan, 0], "on \(set)")
        let empty = Run<T>(count: 2)
        tk_row_log_sum_exp(T.type, empty.pointer, out.pointer, 2, 0)
        expectSame(empty, [-.infinity, -.infinity], "empty rows on \(set)")
      }
    }

    @Test func specialRows() {
      checkSpecial(Float.self)
      checkSpecial(Double.self)
    }
  }

  @Suite struct InstructionSets {
    @Test func listBeginsWithTheOneInUse() {
      let names = availableInstructionSets()
      #expect(!names.isEmpty)
      #expect(Set(names).count == names.count)
      #expect(tk_use_instruction_set(nil))
      #expect(String(cString: tk_instruction_set()) == names[0])
    }

    @Test func eachCanBeUsed() {
      onEachInstructionSet { name in
        #expect(String(cString: tk_instruction_set()) == name)
      }
    }

    @Test func askingForTheListChangesNothing() {
      onEachInstructionSet { name in
        _ = availableInstructionSets()
        #expect(String(cString: tk_instruction_set()) == name)
      }
    }

    @Test func unknownOnesAreRefused() {
      let before = String(cString: tk_instruction_set())
      #expect(!tk_use_instruction_set("MMX"))
      #expect(String(cString: tk_instruction_set()) == before)
    }

    @Test func listIsCutAtTheLimit() {
      var names: [UnsafePointer<CChar>?] = [nil]
      #expect(tk_instruction_sets(&names, 0) == 0)
      #expect(names[0] == nil)
      #expect(tk_instruction_sets(&names, 1) == 1)
    }
  }
}
