/// The type of a tensor's elements, as a value.
///
/// Everything below the typed door `Tensor<Scalar>` works with this value, so that plans, kernels and
/// communication exist once instead of once a type. Raw values equal those of `tk_type` in `CKernels`.
public enum ScalarType: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case float32, float64
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool

  /// Bytes that one element takes in memory and in a message.
  public var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether it is `Float` or `Double`.
  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }
  /// Whether it is a type of integers; Booleans are none.
  public var isInteger: Bool { !isFloatingPoint && self != .bool }

  /// The type in which sums of this type are taken: integers and Booleans are summed as `Int64`, but `UInt64` as
  /// itself, since its numbers need not fit there.
  public var sumType: ScalarType { isFloatingPoint || self == .uint64 ? self : .int64 }

  /// The name that users write, such as `Float`.
  public var description: String {
    switch self {
    case .float32: "Float"
    case .float64: "Double"
    case .int8: "Int8"
    case .int16: "Int16"
    case .int32: "Int32"
    case .int64: "Int64"
    case .uint8: "UInt8"
    case .uint16: "UInt16"
    case .uint32: "UInt32"
    case .uint64: "UInt64"
    case .bool: "Bool"
    }
  }
}
