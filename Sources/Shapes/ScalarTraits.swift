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
  /// The type in which functions of elements are computed: types of few bytes may be for storing
  /// alone.
  public let computeType: ScalarType
  /// The type in which sums and products of this type, and what they are made of, are collected
  /// before they are rounded to it, once.
  public let accumulatorType: ScalarType
  /// The type that sums of elements are of.
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
      computeType: own, accumulatorType: own, sumType: own,
      limits: Limits(
        greatestFinite: Double(Number.greatestFiniteMagnitude),
        leastNormal: Double(Number.leastNormalMagnitude),
        leastNonzero: Double(Number.leastNonzeroMagnitude)))
  }

  @inline(__always)
  static func integer(
    _ name: StaticString, _ kind: Kind, bytes: Int, code: StaticString, as own: ScalarType,
    sumType: ScalarType = .int64
  ) -> ScalarTraits {
    ScalarTraits(
      staticName: name, kind: kind, byteCount: bytes, staticFileCode: code,
      // Sums wrap, in this type as in any wider one.
      computeType: own, accumulatorType: own, sumType: sumType, limits: nil)
  }
}

extension ScalarTraits {
  /// The name that users write, such as `Float`.
  public var name: String { staticName.description }

  /// NumPy's letter for the kind, and the bytes, as files have it.
  public var fileCode: String { staticFileCode.description }
}
