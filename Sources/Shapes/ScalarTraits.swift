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

  /// The name that users write, such as `Float`.
  public let name: String
  /// Which numbers it has.
  public let kind: Kind
  /// Bytes that one element takes in memory and in a message.
  public let byteCount: Int
  /// NumPy's letter for the kind, and the bytes, as files have it.
  public let fileCode: String
  /// The type in which sums are taken.
  public let sumType: ScalarType
  /// The extremes; nil for types without a point.
  public let limits: Limits?

  @inline(__always)
  static func floatingPoint<Number: BinaryFloatingPoint>(
    _ name: String, _ type: Number.Type, code: String, as own: ScalarType
  ) -> ScalarTraits {
    ScalarTraits(
      name: name, kind: .floatingPoint, byteCount: MemoryLayout<Number>.size, fileCode: code,
      sumType: own,
      limits: Limits(
        greatestFinite: Double(Number.greatestFiniteMagnitude),
        leastNormal: Double(Number.leastNormalMagnitude),
        leastNonzero: Double(Number.leastNonzeroMagnitude)))
  }

  @inline(__always)
  static func integer(
    _ name: String, _ kind: Kind, bytes: Int, code: String, sumType: ScalarType
  ) -> ScalarTraits {
    ScalarTraits(
      name: name, kind: kind, byteCount: bytes, fileCode: code, sumType: sumType, limits: nil)
  }
}
