/// The type of a tensor's elements, as a value.
///
/// Everything below the typed door `Tensor<Scalar>` works with this value, so that plans, kernels and
/// communication exist once instead of once a type. Raw values equal those of `tk_type` in `CKernels`.
public enum ScalarType: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case float32 = 0
  case float64 = 1
  case int32 = 2
  case int64 = 3
  case uint8 = 4
  case bool = 5

  /// Bytes that one element takes in memory and in a message.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .uint8, .bool: 1
    }
  }

  /// Whether it is `Float` or `Double`.
  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }
  /// Whether it is a type of integers; Booleans are none.
  public var isInteger: Bool { self == .int32 || self == .int64 || self == .uint8 }

  /// The type in which sums of this type are taken: integers and Booleans are summed as `Int64`.
  public var sumType: ScalarType { isFloatingPoint ? self : .int64 }

  /// The name that users write, such as `Float`.
  public var description: String {
    switch self {
    case .float32: "Float"
    case .float64: "Double"
    case .int32: "Int32"
    case .int64: "Int64"
    case .uint8: "UInt8"
    case .bool: "Bool"
    }
  }
}
