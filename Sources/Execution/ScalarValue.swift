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

  /// An integer that the type of integers has.
  public init<Integer: FixedWidthInteger>(integer value: Integer, as type: ScalarType) {
    // Through the type without sign of the same width, so that zeros come before it.
    let word = Integer.Magnitude(truncatingIfNeeded: value)
    self.init(type: type, bits: UInt64(truncatingIfNeeded: word))
  }

  /// The number as this type; saturating, as conversions of tensors do.
  public init(_ number: Double, as type: ScalarType) {
    switch type {
    case .float32: self.init(Float(number))
    case .float64: self.init(number)
    case .int8: self.init(integer: Self.saturated(number) as Int8, as: type)
    case .int16: self.init(integer: Self.saturated(number) as Int16, as: type)
    case .int32: self.init(integer: Self.saturated(number) as Int32, as: type)
    case .int64: self.init(integer: Self.saturated(number) as Int64, as: type)
    case .uint8: self.init(integer: Self.saturated(number) as UInt8, as: type)
    case .uint16: self.init(integer: Self.saturated(number) as UInt16, as: type)
    case .uint32: self.init(integer: Self.saturated(number) as UInt32, as: type)
    case .uint64: self.init(integer: Self.saturated(number) as UInt64, as: type)
    case .bool: self.init(number != 0)
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
    switch type {
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: Double(bitPattern: bits)
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int64: Double(Int64(truncatingIfNeeded: bits))
    case .uint8, .uint16, .uint32, .uint64: Double(bits)
    case .bool: bits == 0 ? 0 : 1
    }
  }
}

extension ScalarValue {
  /// The number as Swift writes it.
  public var description: String {
    switch type {
    case .float32: "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))"
    case .float64: "\(Double(bitPattern: bits))"
    case .int8, .int16, .int32, .int64: "\(signExtended)"
    case .uint8, .uint16, .uint32, .uint64: "\(bits)"
    case .bool: "\(bits != 0)"
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
