import CKernels
import Testing

extension KernelTests {
  @Suite struct Scans {
    private static let blockLength = Int(TK_SCAN_BLOCK)

    /// Lengths around chunks, blocks and groups of blocks.
    private static let counts = [
      0, 1, 2, 15, 16, 17, 100, 239, 240, 241, 480, 719, 1920, 1921, 2400, 3840, 5003,
    ]

    /// A scan of a run, block by block, as `tk_scan` tells.
    private func scanned<T: Element>(
      _ scan: tk_scan, _ input: [T], factors: [T]? = nil, exclusive: Bool = false,
      from start: UInt64? = nil, shift: Int = 0, inPlace: Bool = false
    ) -> [T] {
      let (run, count) = (Run(input, shift: 1), input.count)
      let other = factors.map { Run($0, shift: 3) }
      let out = inPlace ? run : Run<T>(count: count, shift: shift)
      let blocks = (count + Self.blockLength - 1) / Self.blockLength
      var states = [tk_scan_state](repeating: tk_scan_state(), count: blocks)
      var carry = tk_scan_state()
      tk_scan_begin(scan, T.type, &carry)
      if let start { carry.words.0 = start }
      tk_scan_totals(scan, T.type, &states, run.pointer, other?.pointer, count)
      var done = 0
      while true {
        done += states.withUnsafeMutableBufferPointer {
          tk_scan_carry(scan, T.type, &carry, $0.baseAddress.map { $0 + done }, blocks - done)
        }
        if done == blocks { break }
        let first = done * Self.blockLength
        let distance = first * MemoryLayout<T>.stride
        tk_scan_sequence(
          T.type, &carry, run.pointer + distance, other!.pointer + distance,
          min(Self.blockLength, count - first))
        done += 1
      }
      tk_scan_write(
        scan, T.type, exclusive, out.pointer, run.pointer, other?.pointer, states, count)
      #expect(out.guardsAreIntact && run.guardsAreIntact)
      return out.values
    }

    /// All values up to each, or before each, joined one after the other.
    private func inSequence<T>(
      _ input: [T], from start: T, exclusive: Bool, _ next: (T, T) -> T
    ) -> [T] {
      var value = start
      return input.map {
        let before = value
        value = next(value, $0)
        return exclusive ? before : value
      }
    }

    private func expectEqual<T: Element>(
      _ values: [T], _ expected: [T], _ context: @autoclosure () -> String
    ) {
      let wrong = values.indices.first { !values[$0].isSame(as: expected[$0]) }
      #expect(
        wrong == nil, "\(context()): \(wrong.map { "\($0): \(values[$0]) \(expected[$0])" } ?? "")")
    }

    private func checkIntegers<T: IntegerElement>(_: T.Type) {
      let cases: [(tk_scan, T, (T, T) -> T)] = [
        (TK_SCAN_SUM, 0, { $0 &+ $1 }), (TK_SCAN_PRODUCT, 1, { $0 &* $1 }),
        (TK_SCAN_MIN, .max, { min($0, $1) }), (TK_SCAN_MAX, .min, { max($0, $1) }),
      ]
      for count in Self.counts {
        // Odd ones, so that products do not end at 0.
        let input = T.values(count, seed: 35).map { $0 | 1 }
        for (scan, start, next) in cases {
          for exclusive in [false, true] {
            let expected = inSequence(input, from: start, exclusive: exclusive, next)
            let what = "scan \(scan.rawValue) of \(T.self) × \(count)"
            expectEqual(scanned(scan, input, exclusive: exclusive, shift: 3), expected, what)
            expectEqual(
              scanned(scan, input, exclusive: exclusive, inPlace: true), expected, what)
          }
        }
        let factors = T.values(count, seed: 36)
        var value: T = 5
        let expected = zip(factors, input).map {
          value = $0 &* value &+ $1
          return value
        }
        expectEqual(
          scanned(TK_SCAN_RECURRENCE, input, factors: factors, from: 5), expected,
          "recurrence of \(T.self) × \(count)")
      }
    }

    @Test func integersWrap() {
      onEachInstructionSet { _ in for type in integerTypes { checkIntegers(type) } }
    }

    private func checkExtremes<T: RealElement>(_: T.Type) {
      func unsigned(_ values: [T]) -> [T] { values.map { $0 == 0 ? 0 : $0 } }
      for count in Self.counts {
        let special = T.values(count, seed: 35)
        for input in [special, special.map { $0.isNaN ? 1 : $0 }, special.map { -abs($0) }] {
          for exclusive in [false, true] {
            let least = inSequence(input, from: .infinity, exclusive: exclusive) {
              $0.isNaN || $1.isNaN ? .nan : min($0, $1)
            }
            let largest = inSequence(input, from: -.infinity, exclusive: exclusive) {
              $0.isNaN || $1.isNaN ? .nan : max($0, $1)
            }
            expectEqual(
              unsigned(scanned(TK_SCAN_MIN, input, exclusive: exclusive)), unsigned(least),
              "minima of \(T.self) × \(count)")
            expectEqual(
              unsigned(scanned(TK_SCAN_MAX, input, exclusive: exclusive, inPlace: true)),
              unsigned(largest), "maxima of \(T.self) × \(count)")
          }
        }
      }
    }

    @Test func extremesKeepNaN() {
      onEachInstructionSet { _ in
        checkExtremes(Float.self)
        checkExtremes(Double.self)
      }
    }

    // Sums

    private func hardValues<T: RealElement>(_ count: Int, seed: UInt64) -> [T] {
      var generator = SplitMix(state: seed)
      // Of many magnitudes and both signs, so that sums cancel.
      return (0..<count).map { _ in
        let size = Double(sign: .plus, exponent: generator.below(40) - 20, significand: 1)
        return T((generator.below(2) == 0 ? 1.0 : -1.0) * (1 + generator.unit()) * size)
      }
    }

    /// - Parameter share: of Σ|x|, besides the last rounding.
    private func checkSums<T: RealElement>(_ share: T.Reference, _ inputs: [[T]]) {
      for (input, exclusive) in inputs.flatMap({ [($0, false), ($0, true)] }) {
        var (exact, magnitude, worst) = (T.Reference(0), T.Reference(0), T.Reference(0))
        // What rounding takes away from the oracle too: its sums are long, and it is not much wider
        // than Double.
        var (own, rest) = (T.Reference(0), T.Reference(0))
        for (x, sum) in zip(input, scanned(TK_SCAN_SUM, input, exclusive: exclusive)) {
          let before = exact
          let next = own + T.Reference(x)
          let added = next - own
          rest += (own - (next - added)) + (T.Reference(x) - added)
          own = next
          exact = own + rest
          magnitude += T.Reference(abs(x))
          let shown = exclusive ? before : exact
          let bound = T.Reference(T.ulpOfOne) * (abs(shown) + share * magnitude)
          worst = max(worst, abs(T.Reference(sum) - shown) / bound)
        }
        #expect(worst <= 1, "\(T.self) × \(input.count): \(worst)")
      }
    }

    @Test func sumsAreNearlyRounded() {
      func inputs<T: RealElement>(_: T.Type) -> [[T]] {
        let count = 300_000
        return [
          [T](repeating: T(0.1), count: count), (0..<count).map { 1 / T($0 + 1) },
          (0..<count).map { $0 % 2 == 0 ? 1e6 : T($0) * -0.37 }, hardValues(count, seed: 9),
        ]
      }
      onEachInstructionSet { _ in
        checkSums(1e-6, inputs(Float.self))
        checkSums(8, inputs(Double.self))
      }
      // The bound tells a sum that is carried in its own type.
      var (sum, exact) = (Float(0), 0.0)
      for _ in 0..<300_000 {
        sum += 0.1
        exact += Double(Float(0.1))
      }
      #expect(abs(Double(sum) - exact) > 1000 * Double(Float.ulpOfOne) * exact)
    }

    @Test func sumsOfInfinities() {
      func check<T: RealElement>(_: T.Type) {
        let sums: [T] = scanned(TK_SCAN_SUM, [1, .infinity, 2, -.infinity, 3])
        #expect(sums[0] == 1 && sums[1] == .infinity && sums[2] == .infinity && sums[3].isNaN)
        #expect(sums[4].isNaN)
        let spoiled = scanned(TK_SCAN_SUM, [T.nan, 1])
        #expect(spoiled[0].isNaN && spoiled[1].isNaN)
        let largest = T.greatestFiniteMagnitude
        #expect(scanned(TK_SCAN_SUM, [largest, largest])[1] == .infinity)
        // From one block to the next.
        var long = [T](repeating: 1, count: 1000)
        long[3] = .infinity
        #expect(scanned(TK_SCAN_SUM, long)[999] == .infinity)
      }
      check(Float.self)
      check(Double.self)
    }

    // Products

    private func checkProducts<T: RealElement>(_ inputs: [[T]], most: Double) {
      for input in inputs {
        for exclusive in [false, true] {
          let found = scanned(TK_SCAN_PRODUCT, input, exclusive: exclusive)
          // With the exponent apart, as no type is wide enough for these.
          var (significand, exponent) = (T.Reference(1), 0)
          var worst = T.Reference(0)
          for (i, x) in input.enumerated() {
            let before = (significand, exponent)
            significand *= T.Reference(x)
            if significand != 0 && significand.isFinite {
              exponent += Int(significand.exponent)
              significand = T.Reference(
                sign: significand.sign, exponent: 0, significand: significand.significand)
            }
            let shown = exclusive ? before : (significand, exponent)
            let exact =
              shown.0 == 0 || !shown.0.isFinite
              ? shown.0
              : T.Reference(
                sign: shown.0.sign,
                exponent: T.Reference.Exponent(max(-4000, min(4000, shown.1))),
                significand: shown.0.magnitude)
            let rounded = T(exact)
            if rounded.isNaN || rounded.isInfinite || rounded == 0 {
              #expect(
                found[i].isNaN == rounded.isNaN && (rounded.isNaN || found[i] == rounded),
                "\(T.self) × \(input.count) at \(i): \(found[i]), \(rounded)")
            } else {
              let unit = max(
                abs(exact) * T.Reference(T.ulpOfOne), T.Reference(T.leastNonzeroMagnitude))
              worst = max(worst, abs(T.Reference(found[i]) - exact) / unit)
            }
          }
          #expect(
            worst <= T.Reference(most * Double(input.count) + 0.75),
            "\(T.self) × \(input.count): \(worst)")
        }
      }
    }

    private func products<T: RealElement>(_: T.Type, large: T) -> [[T]] {
      var generator = SplitMix(state: 5)
      let near = (0..<5003).map { _ in T(0.9 + 0.2 * generator.unit()) }
      let signs = near.enumerated().map { $0 % 3 == 0 ? -$1 : $1 }
      // Far out and back again, in the middle of blocks and over many.
      let waves = (0..<5003).map { $0 % 700 < 350 ? T(2.5) : T(0.4) }
      let jumps = (0..<5003).map { [large, 1 / large, 0.5, 2][$0 % 4] }
      let blocks = (0..<2000).map { $0 / 240 % 2 == 0 ? large : 1 / large }
      var holes = signs
      holes[1000] = 0
      var infinite = signs
      infinite[1000] = -.infinity
      infinite[4000] = 0
      let tiny = (0..<300).map { $0 % 2 == 0 ? T.leastNonzeroMagnitude : large }
      return [near, signs, waves, jumps, blocks, holes, infinite, tiny, [T.nan, 1, 2], [-0.0, 5]]
    }

    @Test func productsLeaveTheRangeAndComeBack() {
      onEachInstructionSet { _ in
        checkProducts(products(Float.self, large: 1e30), most: 1e-6)
        checkProducts(products(Double.self, large: 1e200), most: 0.5)
      }
    }

    // Recurrences

    private func checkRecurrence<T: RealElement>(
      _ a: [T], _ b: [T], from start: T, _ what: String, most: Double
    ) {
      for exclusive in [false, true] {
        let found = scanned(
          TK_SCAN_RECURRENCE, b, factors: a, exclusive: exclusive, from: Double(start).bitPattern)
        var h = T.Reference(start)
        // What rounding may add up to: all terms with their factors.
        var sizes = abs(h)
        for i in b.indices {
          let (before, sizeBefore) = (h, sizes)
          h = T.Reference(a[i]) * h + T.Reference(b[i])
          sizes = abs(T.Reference(a[i])) * sizes + abs(T.Reference(b[i]))
          let (exact, size) = exclusive ? (before, sizeBefore) : (h, sizes)
          let value = T.Reference(found[i])
          if !T(exact).isFinite {
            #expect(
              T(exact).isNaN ? value.isNaN : found[i] == T(exact), "\(what) at \(i): \(found[i])")
            continue
          }
          let bound =
            T.Reference(T.ulpOfOne) * (abs(exact) + T.Reference(most * Double(i + 1)) * size)
            + T.Reference(T.leastNonzeroMagnitude)
          #expect(abs(value - exact) <= bound, "\(what) at \(i): \(found[i]), \(exact)")
          if !(abs(value - exact) <= bound) { return }
        }
      }
    }

    private func checkRecurrences<T: RealElement>(_: T.Type, most: Double) {
      var generator = SplitMix(state: 11)
      for count in Self.counts {
        let noise = (0..<count).map { _ in T(generator.unit() - 0.5) }
        let coefficients = (0..<count).map { _ in T(generator.unit() * 2 - 1) }
        func all(_ value: T) -> [T] { [T](repeating: value, count: count) }
        checkRecurrence(coefficients, noise, from: 3, "random × \(count)", most: most)
        checkRecurrence(all(0.9), noise, from: 3, "smoothing × \(count)", most: most)
        checkRecurrence(all(-1), noise, from: 0, "alternating × \(count)", most: most)
        // A value that stays where it is, though blocks of its own would leave the numbers.
        checkRecurrence(all(8), all(0), from: 0, "unstable rest × \(count)", most: most)
        checkRecurrence(all(2), all(-1), from: 1, "unstable point × \(count)", most: most)
        // Decay over many blocks, from a large value, and with factors that underflow.
        checkRecurrence(all(0.99), all(0), from: 1000, "decay × \(count)", most: most)
        let spikes = (0..<count).map { $0 % 240 == 0 ? T(1e-30) : 1 }
        checkRecurrence(spikes, all(0), from: 1e25, "steps × \(count)", most: most)
        let resets = (0..<count).map { $0 % 100 == 7 ? T(0) : 1 }
        checkRecurrence(resets, all(1), from: 5, "resets × \(count)", most: most)
        if count > 300 {
          var holes = noise
          holes[250] = .nan
          checkRecurrence(all(0.5), holes, from: 0, "NaN × \(count)", most: most)
          holes[250] = .infinity
          checkRecurrence(all(0.5), holes, from: 0, "infinity × \(count)", most: most)
          var stops = all(0.5)
          stops[270] = 0
          checkRecurrence(stops, holes, from: 0, "0 · infinity × \(count)", most: most)
        }
      }
    }

    @Test func recurrencesAreThoseInSequence() {
      onEachInstructionSet { _ in
        checkRecurrences(Float.self, most: 1e-6)
        checkRecurrences(Double.self, most: 2)
      }
    }
  }
}
