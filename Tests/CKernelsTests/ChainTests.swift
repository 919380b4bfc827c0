import CKernels
import Testing

extension KernelTests {
  /// A chain gives the bits of its functions applied one after another.
  @Suite struct Chain {
    static let unary: [tk_unary_op] = [
      TK_NEGATE, TK_ABS, TK_SIGN, TK_SQUARE, TK_RECIPROCAL, TK_SQRT, TK_RSQRT, TK_RELU, TK_EXP,
      TK_SIGMOID, TK_TANH, TK_LOG, TK_ERF,
    ]
    static let binary: [tk_binary_op] = [
      TK_ADD, TK_SUBTRACT, TK_MULTIPLY, TK_DIVIDE, TK_MINIMUM, TK_MAXIMUM, TK_POWER,
    ]
    /// Shorter than a tile of any instruction set, whole tiles, and some more.
    static let counts = [0, 1, 7, 64, 100, 128, 1000, 1024]

    func link(
      _ kind: tk_link_kind, _ place: UnsafeMutableRawPointer? = nil, op: UInt32 = 0,
      source: tk_source = TK_RUN, slot: UInt32 = 0
    ) -> tk_link {
      tk_link(kind: kind, source: source, op: op, slot: slot, place: place)
    }

    func checkUnary<T: Element>(_: T.Type) {
      onEachInstructionSet { set in
        for op in Self.unary {
          for count in Self.counts {
            let input = Run(T.values(count), shift: 3)
            let plain = Run<T>(count: count)
            tk_unary(op, T.type, plain.pointer, input.pointer, count)
            let out = Run<T>(count: count, shift: 1)
            let links = [
              link(TK_LOAD, input.pointer), link(TK_APPLY, op: op.rawValue),
              link(TK_STORE, out.pointer),
            ]
            #expect(tk_chain(T.type, links, links.count, count))
            expectSame(out, plain.values, "\(op) of \(count) \(T.self) on \(set)")
          }
        }
      }
    }

    /// Rows with gaps between them, which stay as they are: as one row after another, into a place
    /// of their own and over an operand.
    func checkRows<T: Element>(_: T.Type) {
      onEachInstructionSet { set in
        for count in [1, 3, 8, 16, 17, 31, 32, 50, 100] {
          for op in [TK_ADD, TK_SUBTRACT, TK_MAXIMUM] {
            for isInPlace in [false, true] {
              let (rows, distance) = (5, count + 3)
              let a = Run(T.values(rows * distance), shift: 1)
              let (b, c) = (Run(T.values(count, seed: 2)), Run(T.values(2 * rows, seed: 3)))
              let out = isInPlace ? a : Run(T.values(rows * distance, seed: 4), shift: 2)
              func place(_ run: Run<T>, _ element: Int) -> UnsafeMutableRawPointer {
                run.pointer + element * MemoryLayout<T>.stride
              }
              func links(_ row: Int, into target: UnsafeMutableRawPointer) -> [tk_link] {
                [
                  link(TK_LOAD, place(c, 2 * row), source: TK_VALUE),
                  link(TK_JOIN, b.pointer, op: TK_MULTIPLY.rawValue), link(TK_KEEP, slot: 1),
                  link(TK_JOIN_REVERSED, place(a, distance * row), op: op.rawValue),
                  link(TK_JOIN, op: TK_ADD.rawValue, source: TK_SLOT, slot: 1),
                  link(TK_APPLY, op: TK_TANH.rawValue), link(TK_STORE, target),
                ]
              }
              var expected = out.values
              for row in 0..<rows {
                let single = Run<T>(count: count)
                let links = links(row, into: single.pointer)
                #expect(tk_chain(T.type, links, links.count, count))
                expected.replaceSubrange(
                  row * distance..<row * distance + count, with: single.values)
              }
              let links = links(0, into: out.pointer)
              let gap = Int64(distance)
              let distances = [2, 0, 9, gap, 9, 9, gap]
              let isDone = tk_chain_rows(T.type, links, distances, links.count, rows, count)
              #expect(isDone)
              expectSame(
                out, expected, "\(op) of rows of \(count) \(T.self) on \(set), \(isInPlace)")
            }
          }
        }
      }
    }

    @Test func rows() {
      checkRows(Float.self)
      checkRows(Double.self)
      let links = [link(TK_LOAD), link(TK_STORE)]
      let distances: [Int64] = [0, 0]
      #expect(tk_chain_rows(TK_FLOAT32, links, distances, links.count, 0, 8), "no rows")
      #expect(!tk_chain_rows(TK_INT32, links, distances, links.count, 1, 8))
    }

    /// Each function with its operand in front and behind, a run, a repeated value or a kept one.
    func checkBinary<T: Element>(_: T.Type) {
      onEachInstructionSet { set in
        for op in Self.binary {
          for count in Self.counts where count > 0 {
            for source in [TK_RUN, TK_VALUE, TK_SLOT] {
              for kind in [TK_JOIN, TK_JOIN_REVERSED] {
                let a = Run(T.values(count), shift: 1)
                let b = Run(T.values(count, seed: 2), shift: 3)
                let step = source == TK_VALUE ? 0 : 1
                let plain = Run<T>(count: count)
                if kind == TK_JOIN {
                  tk_binary(op, T.type, plain.pointer, a.pointer, 1, b.pointer, step, count)
                } else {
                  tk_binary(op, T.type, plain.pointer, b.pointer, step, a.pointer, 1, count)
                }
                let out = Run<T>(count: count)
                let links = [
                  link(TK_LOAD, b.pointer), link(TK_KEEP, slot: 31), link(TK_LOAD, a.pointer),
                  link(kind, b.pointer, op: op.rawValue, source: source, slot: 31),
                  link(TK_STREAM, out.pointer),
                ]
                #expect(tk_chain(T.type, links, links.count, count))
                tk_finish_streaming()
                expectSame(
                  out, plain.values,
                  "\(op), \(kind) from \(source), of \(count) \(T.self) on \(set)")
              }
            }
          }
        }
      }
    }

    /// Each function with its second and third operand a run, a repeated value or a kept one.
    func checkTernary<T: Element>(_: T.Type) {
      onEachInstructionSet { set in
        for op in [TK_FMA, TK_CLAMPED, TK_LERP] {
          for count in Self.counts where count > 0 {
            for second in [TK_RUN, TK_VALUE, TK_SLOT] {
              for third in [TK_RUN, TK_VALUE, TK_SLOT] {
                let (a, b) = (Run(T.values(count), shift: 1), Run(T.values(count, seed: 2)))
                let c = Run(T.values(count, seed: 3), shift: 3)
                let plain = Run<T>(count: count)
                tk_ternary(
                  op, T.type, plain.pointer, a.pointer, 1, b.pointer, second == TK_VALUE ? 0 : 1,
                  c.pointer, third == TK_VALUE ? 0 : 1, count)
                let out = Run<T>(count: count)
                let links = [
                  link(TK_LOAD, b.pointer), link(TK_KEEP, slot: 31), link(TK_LOAD, c.pointer),
                  link(TK_KEEP, slot: 30), link(TK_LOAD, a.pointer),
                  link(TK_SECOND, b.pointer, source: second, slot: 31),
                  link(TK_JOIN_BOTH, c.pointer, op: op.rawValue, source: third, slot: 30),
                  link(TK_STREAM, out.pointer),
                ]
                #expect(tk_chain(T.type, links, links.count, count))
                tk_finish_streaming()
                expectSame(
                  out, plain.values,
                  "\(op) of \(second) and \(third), of \(count) \(T.self) on \(set)")
              }
            }
          }
        }
      }
    }

    @Test func ternary() {
      checkTernary(Float.self)
      checkTernary(Double.self)
    }

    @Test func unary() {
      checkUnary(Float.self)
      checkUnary(Double.self)
    }

    @Test func binary() {
      checkBinary(Float.self)
      checkBinary(Double.self)
    }

    /// Two results of one chain, of which the second goes where an operand was.
    @Test func severalResultsInPlace() {
      onEachInstructionSet { set in
        for count in Self.counts {
          let a = Run(Float.values(count))
          let b = Run(Float.values(count, seed: 2))
          let (sum, product) = (Run<Float>(count: count), Run<Float>(count: count))
          tk_binary(TK_ADD, TK_FLOAT32, sum.pointer, a.pointer, 1, b.pointer, 1, count)
          tk_binary(TK_MULTIPLY, TK_FLOAT32, product.pointer, sum.pointer, 1, a.pointer, 1, count)
          let out = Run<Float>(count: count)
          let links = [
            link(TK_LOAD, a.pointer), link(TK_JOIN, b.pointer, op: TK_ADD.rawValue),
            link(TK_KEEP, slot: 0), link(TK_JOIN, a.pointer, op: TK_MULTIPLY.rawValue),
            link(TK_STORE, out.pointer), link(TK_LOAD, source: TK_SLOT), link(TK_STORE, a.pointer),
          ]
          #expect(tk_chain(TK_FLOAT32, links, links.count, count))
          expectSame(out, product.values, "the product of \(count) on \(set)")
          expectSame(a, sum.values, "the sum of \(count) on \(set)")
        }
      }
    }

    @Test func refusesWhatItHasNoRoomFor() {
      let out = Run<Float>(count: 64)
      let untouched = out.bytes
      let good = [link(TK_LOAD, out.pointer), link(TK_APPLY, op: TK_EXP.rawValue)]
      let long =
        good + Array(repeating: link(TK_STORE, out.pointer), count: Int(TK_CHAIN_LINKS) - 1)
      #expect(!tk_chain(TK_FLOAT32, long, long.count, 64))
      let slots = good + [link(TK_KEEP, slot: UInt32(TK_CHAIN_SLOTS))]
      #expect(!tk_chain(TK_FLOAT32, slots, slots.count, 64))
      #expect(!tk_chain(TK_INT32, good, good.count, 64))
      let alone = good + [link(TK_JOIN_BOTH, out.pointer, op: TK_LERP.rawValue)]
      #expect(!tk_chain(TK_FLOAT32, alone, alone.count, 64))
      #expect(out.bytes == untouched)
    }
  }
}
