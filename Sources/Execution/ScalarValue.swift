import Shapes

/// One value of some scalar type, for constants of expressions and fills.
public struct ScalarValue: Hashable, Sendable {
  public let type: ScalarType
  /// The bytes of the value, least significant first.
  public let bits: UInt64

  public init(_ value: Float) { self.init(type: .float32, bits: UInt64(value.bitPattern)) }
  public init(_ value: Double) { self.init(type: .float64, bits: value.bitPattern) }
  public init(_ value: Int32) {
    self.init(type: .int32, bits: UInt64(UInt32(bitPattern: value)))
  }
  public init(_ value: Int64) { self.init(type: .int64, bits: UInt64(bitPattern: value)) }
  public init(_ value: UInt8) { self.init(type: .uint8, bits: UInt64(value)) }
  public init(_ value: Bool) { self.init(type: .bool, bits: value ? 1 : 0) }

  /// The number as this type; saturating, as conversions of tensors do.
  public init(_ number: Double, as type: ScalarType) {
    switch type {
    case .float32: self.init(Float(number))
    case .float64: self.init(number)
    case .int32: self.init(Int32(clamping: Self.integer(number)))
    case .int64: self.init(Self.integer(number))
    case .uint8: self.init(UInt8(clamping: Self.integer(number)))
    case .bool: self.init(number != 0)
    }
  }

  private init(type: ScalarType, bits: UInt64) {
    self.type = type
    self.bits = bits
  }

  private static func integer(_ number: Double) -> Int64 {
    if number.isNaN { return 0 }
    return Int64(exactly: number.rounded(.towardZero)) ?? (number < 0 ? .min : .max)
  }

  /// The value as a Double; rounded where an Int64 has more digits.
  public var number: Double {
    switch type {
    case .float32: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .float64: Double(bitPattern: bits)
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .int64: Double(Int64(bitPattern: bits))
    case .uint8: Double(UInt8(truncatingIfNeeded: bits))
    case .bool: bits == 0 ? 0 : 1
    }
  }
}
