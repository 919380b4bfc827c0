import Shapes

/// One value of some scalar type, for constants of expressions and fills.
public struct ScalarValue: Hashable, Sendable, CustomStringConvertible {
  public let type: ScalarType
  /// The bytes of the value, least significant first; what the type does not have is 0.
  public let bits: UInt64

  public init(_ value: Float) { self.init(type: .float32, bits: UInt64(value.bitPattern)) }
  public init(_ value: Double) { self.init(type: .float64, bits: value.bitPattern) }
  public init(_ value: Int64) { self.init(integer: value, as: .int64) }
  public init(_ value: UInt8) { self.init(integer: value, as: .uint8) }
  public init(_ value: Bool) { self.init(type: .bool, bits: value ? 1 : 0) }

  /// An integer that the type of integers has; of one with more digits the last ones.
  public init<Integer: FixedWidthInteger>(integer value: Integer, as type: ScalarType) {
    self.init(type: type, bits: UInt64(truncatingIfNeeded: value) & type.allBits)
  }

  /// The number as this type; saturating, as conversions of tensors do.
  public init(_ number: Double, as type: ScalarType) {
    switch type.traits.kind {
    case .floatingPoint where type == .float32: self.init(Float(number))
    case .floatingPoint: self.init(number)
    case .signedInteger:
      let greatest = Int64(type.allBits >> 1)
      let value: Int64 = Self.saturated(number)
      self.init(integer: min(max(value, -greatest - 1), greatest), as: type)
    case .unsignedInteger:
      self.init(integer: min(Self.saturated(number), type.allBits), as: type)
    case .boolean: self.init(number != 0)
    }
  }

  init(type: ScalarType, bits: UInt64) {
    self.type = type
    self.bits = bits
  }

  private static func saturated<Integer: FixedWidthInteger>(_ number: Double) -> Integer {
    if number.isNaN { return 0 }
    return Integer(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
  }

  /// The value as a Double; rounded where an integer of 64 bits has more digits.
  public var number: Double {
    switch type.traits.kind {
    case .floatingPoint where type == .float32:
      Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .floatingPoint: Double(bitPattern: bits)
    case .signedInteger: Double(signExtended)
    case .unsignedInteger, .boolean: Double(bits)
    }
  }
}

extension ScalarType {
  /// As many bits as an element has, all set.
  fileprivate var allBits: UInt64 { .max >> UInt64(64 - 8 * byteCount) }
}

extension ScalarValue {
  /// The number as Swift writes it.
  public var description: String {
    switch type.traits.kind {
    case .floatingPoint where type == .float32:
      "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))"
    case .floatingPoint: "\(Double(bitPattern: bits))"
    case .signedInteger: "\(signExtended)"
    case .unsignedInteger: "\(bits)"
    case .boolean: "\(bits != 0)"
    }
  }

  /// The bits of an integer with a sign, in 64 bits.
  private var signExtended: Int64 {
    let missing = 64 - 8 * type.byteCount
    return Int64(bitPattern: bits << UInt64(missing)) >> Int64(missing)
  }
}

extension StableHash {
  package mutating func combine(_ value: ScalarValue) {
    combine(Int(value.type.rawValue))
    combine(word: value.bits)
  }
}

extension UnsafeMutableRawPointer {
  /// Writes a value in its type's bytes, wherever they lie.
  func store(_ value: ScalarValue) {
    withUnsafeBytes(of: value.bits.littleEndian) {
      copyMemory(from: $0.baseAddress!, byteCount: value.type.byteCount)
    }
  }
}
