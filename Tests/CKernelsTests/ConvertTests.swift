import CKernels
import Testing

/// Conversions by plain Swift, through the value's widest form.
enum Wide {
  case floating(Double)
  case integer(Int64)
  case natural(UInt64)
}

protocol Convertible: Element {
  var wide: Wide { get }
  static func converted(_ wide: Wide) -> Self
}

extension Convertible where Self: FixedWidthInteger {
  var wide: Wide { Self.isSigned ? .integer(Int64(self)) : .natural(UInt64(self)) }
  static func converted(_ wide: Wide) -> Self {
    switch wide {
    case .integer(let value): return Self(clamping: value)
    case .natural(let value): return Self(clamping: value)
    case .floating(let value):
      if value.isNaN { return 0 }
      return Self(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }
  }
}

extension Convertible where Self: BinaryFloatingPoint {
  var wide: Wide { .floating(Double(self)) }
  static func converted(_ wide: Wide) -> Self {
    switch wide {
    case .integer(let value): Self(value)
    case .natural(let value): Self(value)
    case .floating(let value): Self(value)
    }
  }
}

extension Float: Convertible {}
extension Double: Convertible {}
extension Bool: Convertible {
  var wide: Wide { .integer(self ? 1 : 0) }
  static func converted(_ wide: Wide) -> Bool {
    switch wide {
    case .integer(let value): value != 0
    case .natural(let value): value != 0
    case .floating(let value): value != 0
    }
  }
}

/// All types.
let allTypes: [any Convertible.Type] =
  [Float.self, Double.self, Bool.self] + integerTypes.map { $0 }

extension KernelTests {
  @Suite struct Convert {
    func check<To: Convertible, From: Convertible>(_: To.Type, _: From.Type) {
      onEachInstructionSet { set in
        for (count, shift) in runShapes + [(5000, 1)] {
          let input = From.values(count, seed: 9)
          let expected = input.map { To.converted($0.wide) }
          let context = "\(From.self) × \(count) to \(To.self) on \(set)"
          let out = Run<To>(count: count, shift: shift)
          tk_convert(To.type, out.pointer, From.type, Run(input, shift: 1).pointer, count)
          expectSame(out, expected, context)
          let shared = Run<To>(count: max(count, count * MemoryLayout<From>.stride))
          input.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress {
              shared.pointer.copyMemory(from: base, byteCount: bytes.count)
            }
          }
          tk_convert(To.type, shared.pointer, From.type, shared.pointer, count)
          let values = shared.values
          let difference = (0..<count).first { !values[$0].isSame(as: expected[$0]) }
          #expect(difference == nil, "\(context), in place")
        }
      }
    }

    func checkFrom<From: Convertible>(_: From.Type) {
      for type in allTypes { check(type, From.self) }
    }

    func checkAll<To: Convertible, From: Convertible>(_: To.Type, _ input: [From]) {
      let argument = Run(input)
      onEachInstructionSet { set in
        let out = Run<To>(count: input.count)
        tk_convert(To.type, out.pointer, From.type, argument.pointer, input.count)
        expectSame(out, input.map { To.converted($0.wide) }, "\(From.self) to \(To.self) on \(set)")
      }
    }

    func checkSweep<From: Convertible>(_ input: [From]) {
      for type in allTypes { checkAll(type, input) }
    }

    func checkWords<From: IntegerElement>(_: From.Type, _ words: [Int64]) {
      checkSweep(words.map { From(truncatingIfNeeded: $0) })
    }

    /// Over the whole types: saturation, rounding, NaN. Integers of every length, and
    /// floating-point values around the integers' limits.
    @Test func allPairsEqualPlainSwiftEverywhere() {
      func around<T: RealElement>(_: T.Type) -> [T] {
        let limits: [T] = [
          0, 127, 128, 255, 256, 0x1p15, 0x1p16, 0x1p31, 0x1p32, 0x1p53, 0x1p63, 0x1p64,
        ]
        let steps: [(T) -> T] = [
          { $0 }, { $0.nextUp }, { $0.nextDown }, { $0 - 0.5 }, { $0 + 0.5 },
        ]
        return limits.flatMap { x in steps.flatMap { [$0(x), $0(-x)] } }
      }
      checkSweep(Float.sweep(round: 3) + around(Float.self))
      checkSweep(Double.sweep(round: 3) + around(Double.self))
      var generator = SplitMix(state: 10)
      let words = (0..<20000).map { i in Int64(bitPattern: generator.next()) >> Int64(i % 64) }
      for type in integerTypes { checkWords(type, words) }
    }

    @Test func allPairsEqualPlainSwift() {
      for type in allTypes { checkFrom(type) }
    }
  }
}
