/// What is known of a scalar type: one row for each. Nothing else tells types apart but kernels.
public struct ScalarTraits: Sendable {
  /// Which numbers a type has.
  public enum Kind: Hashable, Sendable {
    case floatingPoint
    case signedInteger
    case unsignedInteger
    case boolean
  }

  /// The extremes of a type of floating-point numbers.
  public struct Limits: Sendable {
    /// The largest finite number.
    public let greatestFinite: Double
    /// The least positive number that is not subnormal.
    public let leastNormal: Double
    /// The least positive number.
    public let leastNonzero: Double
  }

  // Strings that are part of the program, which nobody counts references to.
  let staticName: StaticString
  /// Which numbers it has.
  public let kind: Kind
  /// Bytes that one element takes in memory and in a message.
  public let byteCount: Int
  let staticFileCode: StaticString
  /// The type in which sums are taken.
  public let sumType: ScalarType
  /// The extremes; nil for types without a point.
  public let limits: Limits?

  @inline(__always)
  static func floatingPoint<Number: BinaryFloatingPoint>(
    _ name: StaticString, _ type: Number.Type, code: StaticString, as own: ScalarType
  ) -> ScalarTraits {
    ScalarTraits(
      staticName: name, kind: .floatingPoint, byteCount: MemoryLayout<Number>.size,
      staticFileCode: code,
      sumType: own,
      limits: Limits(
        greatestFinite: Double(Number.greatestFiniteMagnitude),
        leastNormal: Double(Number.leastNormalMagnitude),
        leastNonzero: Double(Number.leastNonzeroMagnitude)))
  }

  @inline(__always)
  static func integer(
    _ name: StaticString, _ kind: Kind, bytes: Int, code: StaticString, sumType: ScalarType
  ) -> ScalarTraits {
    ScalarTraits(
      staticName: name, kind: kind, byteCount: bytes, staticFileCode: code, sumType: sumType,
      limits: nil)
  }
}

extension ScalarTraits {
  /// The name that users write, such as `Float`.
  public var name: String { staticName.description }

  /// NumPy's letter for the kind, and the bytes, as files have it.
  public var fileCode: String { staticFileCode.description }
}
