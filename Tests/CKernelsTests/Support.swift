import CKernels
import Synchronization
import Testing

/// All suites of this target: serialized, because the instruction set is a choice of the process.
@Suite(.serialized) enum KernelTests {}

/// A scalar type as the kernels see it.
protocol Element: BitwiseCopyable, Equatable, Sendable {
  static var type: tk_type { get }
  /// Values in use, the special ones first.
  static var samples: [Self] { get }
  /// Equal as bits, where all NaNs are one.
  func isSame(as other: Self) -> Bool
}

extension Element {
  /// `count` values drawn from the samples by a fixed generator.
  static func values(_ count: Int, seed: UInt64 = 1) -> [Self] {
    var generator = SplitMix(state: seed)
    return (0..<count).map { _ in samples[Int(generator.next() % UInt64(samples.count))] }
  }
}

extension Float: Element {
  static var type: tk_type { TK_FLOAT32 }
  static var samples: [Float] { floatingSamples() }
  func isSame(as other: Float) -> Bool {
    bitPattern == other.bitPattern || (isNaN && other.isNaN)
  }
}

extension Double: Element {
  static var type: tk_type { TK_FLOAT64 }
  static var samples: [Double] { floatingSamples() }
  func isSame(as other: Double) -> Bool {
    bitPattern == other.bitPattern || (isNaN && other.isNaN)
  }
}

func floatingSamples<T: BinaryFloatingPoint>() -> [T] {
  let special: [T] = [
    .nan, .infinity, -.infinity, 0, -0.0, 1, -1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
    .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .ulpOfOne,
    2_147_483_648, -2_147_483_648, 9_223_372_036_854_775_808, 255.5, 256, -0.5, 0.5, 1.5, 2.5,
  ]
  return special + (0..<40).map { T($0 * $0) * 0.37 - 50 }
}

extension FixedWidthInteger {
  static func integerSamples() -> [Self] {
    var values: [Self] = [.min, .max, 0, 1, 2, 3, 7, .max - 1, .min + 1, .max / 2]
    if isSigned { values += [0 &- 1, 0 &- 2, 0 &- 7, .min / 2] }
    return values + (0..<30).map { Self(truncatingIfNeeded: $0 &* 2_654_435_761 &+ 12345) }
  }
}

/// A type of integers, with all that suites ask of one.
protocol IntegerElement:
  FixedWidthInteger, UnaryReference, BinaryReference, TernaryReference, Convertible
{}

extension IntegerElement {
  static var samples: [Self] { integerSamples() }
  func isSame(as other: Self) -> Bool { self == other }
}

extension Int8: IntegerElement { static var type: tk_type { TK_INT8 } }
extension Int16: IntegerElement { static var type: tk_type { TK_INT16 } }
extension Int32: IntegerElement { static var type: tk_type { TK_INT32 } }
extension Int64: IntegerElement { static var type: tk_type { TK_INT64 } }
extension UInt8: IntegerElement { static var type: tk_type { TK_UINT8 } }
extension UInt16: IntegerElement { static var type: tk_type { TK_UINT16 } }
extension UInt32: IntegerElement { static var type: tk_type { TK_UINT32 } }
extension UInt64: IntegerElement { static var type: tk_type { TK_UINT64 } }

/// All of them.
let integerTypes: [any IntegerElement.Type] = [
  Int8.self, Int16.self, Int32.self, Int64.self, UInt8.self, UInt16.self, UInt32.self, UInt64.self,
]

extension Bool: Element {
  static var type: tk_type { TK_BOOL }
  static var samples: [Bool] { [false, true, true] }
  func isSame(as other: Bool) -> Bool { self == other }
}

/// A small generator of the tests' own, so that they do not rely on what they test.
struct SplitMix {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

/// A run that starts `shift` elements after a cache line, between guards that no kernel may touch.
final class Run<T: BitwiseCopyable> {
  let count: Int
  private let base: UnsafeMutableRawPointer
  private let offset: Int
  private let byteCount: Int
  static var guardBytes: Int { 128 }

  /// A run of bytes 0xA5.
  init(count: Int, shift: Int = 0) {
    self.count = count
    offset = Self.guardBytes + shift * MemoryLayout<T>.stride
    byteCount = offset + count * MemoryLayout<T>.stride + Self.guardBytes
    base = .allocate(byteCount: byteCount, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0xA5, count: byteCount)
  }

  convenience init(_ values: [T], shift: Int = 0) {
    self.init(count: values.count, shift: shift)
    for (i, value) in values.enumerated() {
      base.storeBytes(of: value, toByteOffset: offset + i * MemoryLayout<T>.stride, as: T.self)
    }
  }

  deinit { RetiredMemory.add(base) }

  var pointer: UnsafeMutableRawPointer { base + offset }

  var values: [T] {
    (0..<count).map { base.load(fromByteOffset: offset + $0 * MemoryLayout<T>.stride, as: T.self) }
  }

  /// Booleans are read as bytes, which must be 0 or 1.
  var bytes: [UInt8] {
    (0..<count * MemoryLayout<T>.stride).map {
      base.load(fromByteOffset: offset + $0, as: UInt8.self)
    }
  }

  var guardsAreIntact: Bool {
    let end = offset + count * MemoryLayout<T>.stride
    return (0..<byteCount).allSatisfy {
      ($0 >= offset && $0 < end) || base.load(fromByteOffset: $0, as: UInt8.self) == 0xA5
    }
  }
}

/// Lengths around the widths of vectors and of their unrolled loops, with a shift of the pointers.
let runShapes: [(count: Int, shift: Int)] = [
  (0, 0), (1, 0), (2, 1), (3, 0), (4, 1), (5, 3), (7, 0), (8, 0), (9, 1), (15, 3), (16, 0), (17, 1),
  (31, 0), (32, 3), (33, 0), (63, 1), (64, 0), (65, 3), (100, 1), (127, 0), (129, 1), (260, 3),
]

func availableInstructionSets() -> [String] {
  var names = [UnsafePointer<CChar>?](repeating: nil, count: 8)
  let count = tk_instruction_sets(&names, 8)
  return names[..<count].map { String(cString: $0!) }
}

/// Runs the body once an instruction set, and goes back to the widest.
func onEachInstructionSet(_ body: (String) throws -> Void) rethrows {
  defer { _ = tk_use_instruction_set(nil) }
  for name in availableInstructionSets() {
    #expect(tk_use_instruction_set(name))
    try body(name)
  }
}

/// Expects equal bits (all NaNs are one), naming the first difference.
func expectSame<T: Element>(
  _ run: Run<T>, _ expected: [T], _ context: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(run.guardsAreIntact, "\(context()): wrote outside", sourceLocation: sourceLocation)
  if T.self == Bool.self, let byte = run.bytes.first(where: { $0 > 1 }) {
    // No Bool can be made of it: what is not written is found here.
    let message = "\(context()): a byte is \(byte), expected 0 or 1"
    Issue.record(Comment(rawValue: message), sourceLocation: sourceLocation)
    return
  }
  let values = run.values
  let difference = values.indices.first { !values[$0].isSame(as: expected[$0]) }
  if let difference {
    let message =
      "\(context()): element \(difference) of \(values.count) is \(values[difference]), "
      + "expected \(expected[difference])"
    Issue.record(Comment(rawValue: message), sourceLocation: sourceLocation)
  }
}

/// Memory of runs that have ended, freed when some thousand more have ended after them.
private enum RetiredMemory {
  private static let addresses = Mutex<[UInt]>([])

  static func add(_ base: UnsafeMutableRawPointer) {
    let address = UInt(bitPattern: base)
    let oldest = addresses.withLock { addresses -> [UInt] in
      addresses.append(address)
      guard addresses.count > 8192 else { return [] }
      defer { addresses.removeFirst(4096) }
      return Array(addresses.prefix(4096))
    }
    for address in oldest { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
  }
}
