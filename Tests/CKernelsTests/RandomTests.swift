import CKernels
import Foundation
import Testing

/// Philox 4x32-10 as published, with its whole counter.
func philox(_ counter: [UInt32], _ key: [UInt32]) -> [UInt32] {
  var (x, k) = (counter, key)
  for _ in 0..<10 {
    let p0 = UInt64(0xD251_1F53) * UInt64(x[0])
    let p1 = UInt64(0xCD9E_8D57) * UInt64(x[2])
    x = [
      UInt32(p1 >> 32) ^ x[1] ^ k[0], UInt32(truncatingIfNeeded: p1),
      UInt32(p0 >> 32) ^ x[3] ^ k[1], UInt32(truncatingIfNeeded: p0),
    ]
    k = [k[0] &+ 0x9E37_79B9, k[1] &+ 0xBB67_AE85]
  }
  return x
}

func philox(key: UInt64, counter: UInt64, use: UInt32 = 0, number: UInt32 = 0) -> [UInt32] {
  philox(
    [UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), use, number],
    [UInt32(truncatingIfNeeded: key), UInt32(key >> 32)])
}

func word64(key: UInt64, position: UInt64, attempt: UInt32 = 0) -> UInt64 {
  let words = philox(
    key: key, counter: position / 2, use: attempt == 0 ? 0 : TK_REDRAWN.rawValue, number: attempt)
  let pair = Int(position % 2) * 2
  return UInt64(words[pair]) | UInt64(words[pair + 1]) << 32
}

extension KernelTests {
  @Suite struct Random {
    let key: UInt64 = 0x0123_4567_89AB_CDEF
    let windows: [(first: UInt64, count: Int)] = [
      (0, 0), (0, 1), (3, 1), (1, 7), (5, 300), (1023, 513), (0xFFFF_FFFF, 40),
      (0x3_FFFF_FFF0, 100),
    ]
    /// Of spans below 2³² one word in 2³² at most is left over. This one was found by trying.
    let rarelyLeft: (position: UInt64, span: UInt64) = (4_275_246, 4_000_002_259)

    /// The known answers that come with Random123.
    @Test func referenceGivesTheKnownAnswers() {
      let all = UInt32.max
      #expect(
        philox([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
      #expect(
        philox([all, all, all, all], [all, all])
          == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
      #expect(
        philox(
          [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
          == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
    }

    @Test func blocksEqualTheReference() {
      onEachInstructionSet { set in
        for (key, counter) in [
          (0, 0), (.max, .max), (key, 1), (key, 0xFFFF_FFFF), (7, 0x1_0000_0000),
          (1 << 40, 3 << 33),
        ] as [(UInt64, UInt64)] {
          var words = [UInt32](repeating: 0, count: 4)
          for (use, number) in [(TK_DRAWN, 0), (TK_FOLDED, 0), (TK_PERMUTED, 11)]
            as [(tk_random_use, UInt32)]
          {
            tk_philox(key, use, number, counter, &words)
            #expect(
              words == philox(key: key, counter: counter, use: use.rawValue, number: number),
              "\(key), \(counter) on \(set)")
          }
        }
      }
    }

    @Test func uniformNumbersAreTheWords() {
      onEachInstructionSet { set in
        for (first, count) in windows {
          let floats = Run<Float>(count: count, shift: 1)
          tk_random_uniform(TK_FLOAT32, floats.pointer, key, first, count, false)
          let expectedFloats = (0..<UInt64(count)).map { i -> Float in
            let words = philox(key: key, counter: (first + i) / 4)
            return Float(words[Int((first + i) % 4)] >> 8) * 0x1p-24
          }
          expectSame(floats, expectedFloats, "uniform from \(first) on \(set)")
          let doubles = Run<Double>(count: count, shift: 1)
          tk_random_uniform(TK_FLOAT64, doubles.pointer, key, first, count, false)
          let expectedDoubles = (0..<UInt64(count)).map {
            Double(word64(key: key, position: first + $0) >> 11) * 0x1p-53
          }
          expectSame(doubles, expectedDoubles, "uniform from \(first) on \(set)")
        }
      }
    }

    func normalReference(_ u: Double, _ turn: Double, isSecond: Bool) -> Double {
      (-2 * log(u)).squareRoot() * (isSecond ? sin(2 * .pi * turn) : cos(2 * .pi * turn))
    }

    @Test func normalNumbersAreBoxMullersOfTheWords() {
      onEachInstructionSet { set in
        for (first, count) in windows {
          let floats = Run<Float>(count: count, shift: 1)
          tk_random_normal(TK_FLOAT32, floats.pointer, key, first, count, false)
          for (i, value) in floats.values.enumerated() {
            let position = first + UInt64(i)
            let words = philox(key: key, counter: position / 4)
            let pair = Int(position % 4) / 2 * 2
            let expected = normalReference(
              (Double(words[pair]) + 0.5) * 0x1p-32, Double(words[pair + 1] >> 8) * 0x1p-24,
              isSecond: position % 2 == 1)
            #expect(abs(Double(value) - expected) < 4e-6, "\(position) on \(set)")
          }
          let doubles = Run<Double>(count: count, shift: 1)
          tk_random_normal(TK_FLOAT64, doubles.pointer, key, first, count, false)
          for (i, value) in doubles.values.enumerated() {
            let position = first + UInt64(i)
            let block = position / 2 * 2
            let expected = normalReference(
              (Double(word64(key: key, position: block) >> 11) + 0.5) * 0x1p-53,
              Double(word64(key: key, position: block + 1) >> 11) * 0x1p-53,
              isSecond: position % 2 == 1)
            #expect(abs(value - expected) < 1e-14, "\(position) on \(set)")
          }
          #expect(floats.guardsAreIntact && doubles.guardsAreIntact)
        }
      }
    }

    @Test func normalNumbersHaveTheirMoments() {
      let count = 400_000
      let run = Run<Float>(count: count)
      tk_random_normal(TK_FLOAT32, run.pointer, 1, 0, count, false)
      let values = run.values.map { Double($0) }
      let n = Double(count)
      #expect(values.allSatisfy { $0.isFinite })
      #expect(abs(values.reduce(0, +) / n) < 5 / n.squareRoot())
      #expect(abs(values.reduce(0) { $0 + $1 * $1 } / n - 1) < 5 * (2 / n).squareRoot())
      #expect(abs(values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / n - 3) < 5 * (96 / n).squareRoot())
    }

    @Test func numbersAreTheSameOnEveryInstructionSet() {
      func bits(_ type: tk_type, _ make: (UnsafeMutableRawPointer) -> Void) -> [UInt8] {
        let run = Run<UInt8>(count: 8 * 4000)
        make(run.pointer)
        return run.bytes
      }
      for type in [TK_FLOAT32, TK_FLOAT64] {
        var seen: [[UInt8]] = []
        onEachInstructionSet { _ in
          seen.append(bits(type) { tk_random_normal(type, $0, key, 5, 4000, false) })
        }
        #expect(seen.allSatisfy { $0 == seen[0] }, "normal of \(type.rawValue)")
      }
    }

    func checkStreams<T: RealElement>(
      _: T.Type, _ make: (UnsafeMutableRawPointer, UInt64, Int, Bool) -> Void
    ) {
      onEachInstructionSet { set in
        for (first, count) in windows + [(7, 5000), (4096, 4096)] {
          for shift in 0..<5 {
            let (plain, streamed) = (Run<T>(count: count), Run<T>(count: count, shift: shift))
            make(plain.pointer, first, count, false)
            make(streamed.pointer, first, count, true)
            expectSame(
              streamed, plain.values, "\(T.self) from \(first), shifted by \(shift), on \(set)")
          }
        }
      }
    }

    @Test func numbersAreTheSamePastTheCaches() {
      checkStreams(Float.self) { tk_random_uniform(TK_FLOAT32, $0, key, $1, $2, $3) }
      checkStreams(Double.self) { tk_random_uniform(TK_FLOAT64, $0, key, $1, $2, $3) }
      checkStreams(Float.self) { tk_random_normal(TK_FLOAT32, $0, key, $1, $2, $3) }
      checkStreams(Double.self) { tk_random_normal(TK_FLOAT64, $0, key, $1, $2, $3) }
    }

    func checkIntegers<T: Convertible>(_: T.Type) {
      for (low, span) in [
        (0, 10), (-5, 3), (100, 1), (0, 1 << 32), (-7, (1 << 32) + 5), (.min, .max), (0, 200),
        (3, 0), (-300, 600), (100, 1 << 63), (.min, 3 << 62), (0, (1 << 63) + 1),
        (0, rarelyLeft.span),
      ] as [(Int64, UInt64)] {
        for (first, count) in windows + [(rarelyLeft.position - 6, 12)] {
          let expected = (0..<UInt64(count)).map { i -> T in
            // A span of 0 stands for 2^64.
            var distance = word64(key: key, position: first + i)
            if span > 0 {
              var attempt: UInt32 = 0
              var product = distance.multipliedFullWidth(by: span)
              // Words that are left over when all are dealt out evenly.
              while product.low < (UInt64.max % span + 1) % span {
                attempt += 1
                product = word64(key: key, position: first + i, attempt: attempt)
                  .multipliedFullWidth(by: span)
              }
              distance = product.high
            }
            let number = low &+ Int64(bitPattern: distance)
            return T.converted(
              T.type == TK_UINT64 ? .natural(UInt64(bitPattern: number)) : .integer(number))
          }
          onEachInstructionSet { set in
            let out = Run<T>(count: count, shift: 1)
            tk_random_integers(T.type, out.pointer, key, first, count, low, span)
            expectSame(out, expected, "integers from \(low), \(span) of \(T.self) on \(set)")
          }
        }
      }
    }

    @Test func integersAreScaledWords() {
      for type in allTypes { checkIntegers(type) }
      let span = rarelyLeft.span
      let product = word64(key: key, position: rarelyLeft.position) &* span
      #expect(product < (UInt64.max % span + 1) % span)
    }

    @Test func otherTypesAreLeftAlone() {
      for type in integerTypes.map({ $0.type }) + [TK_BOOL] {
        let out = Run<UInt8>(count: 64)
        tk_random_uniform(type, out.pointer, 1, 0, 8, false)
        tk_random_normal(type, out.pointer, 1, 0, 8, false)
        #expect(out.bytes.allSatisfy { $0 == 0xA5 })
      }
    }
  }
}
