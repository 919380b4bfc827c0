/// The type of a tensor's elements, as a value.
///
/// Everything below the typed door `Tensor<Scalar>` works with this value, so that plans, kernels
/// and communication exist once instead of once a type. Raw values equal those of `tk_type` in
/// `CKernels`.
public enum ScalarType: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case float32, float64
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool

  /// All that is known of the type.
  @inline(__always)
  public var traits: ScalarTraits {
    // Inlined, so that asking for one of them becomes a switch over constants.
    switch self {
    case .float32: .floatingPoint("Float", Float.self, code: "f4", as: self)
    case .float64: .floatingPoint("Double", Double.self, code: "f8", as: self)
    case .int8: .integer("Int8", .signedInteger, bytes: 1, code: "i1", as: self)
    case .int16: .integer("Int16", .signedInteger, bytes: 2, code: "i2", as: self)
    case .int32: .integer("Int32", .signedInteger, bytes: 4, code: "i4", as: self)
    case .int64: .integer("Int64", .signedInteger, bytes: 8, code: "i8", as: self)
    case .uint8: .integer("UInt8", .unsignedInteger, bytes: 1, code: "u1", as: self)
    case .uint16: .integer("UInt16", .unsignedInteger, bytes: 2, code: "u2", as: self)
    case .uint32: .integer("UInt32", .unsignedInteger, bytes: 4, code: "u4", as: self)
    case .uint64:
      // Its numbers need not fit into Int64.
      .integer("UInt64", .unsignedInteger, bytes: 8, code: "u8", as: self, sumType: .uint64)
    case .bool: .integer("Bool", .boolean, bytes: 1, code: "b1", as: self)
    }
  }

  /// Bytes that one element takes in memory and in a message.
  public var byteCount: Int { traits.byteCount }

  /// The type in which functions of elements of this type are computed.
  public var computeType: ScalarType { traits.computeType }

  /// The type in which sums and products of this type are collected before they are rounded to it.
  public var accumulatorType: ScalarType { traits.accumulatorType }

  /// The type that sums of elements of this type are of: `Int64` of integers and Booleans, but
  /// `UInt64` of its own, since its numbers need not fit there.
  public var sumType: ScalarType { traits.sumType }

  /// The name that users write, such as `Float`.
  public var description: String { traits.name }
}

// What others ask.
extension ScalarType {
  /// Whether it is a type of floating-point numbers, whose sums round and whose products over- and
  /// underflow.
  public var isFloatingPoint: Bool { traits.kind == .floatingPoint }

  /// Whether it is a type of integers; Booleans are none.
  public var isInteger: Bool {
    traits.kind == .signedInteger || traits.kind == .unsignedInteger
  }

  /// Whether functions of it have derivatives, so that tapes follow it.
  public var hasDerivative: Bool { isFloatingPoint }

  /// Whether its numbers are printed with a point.
  public var isPrintedWithPoint: Bool { isFloatingPoint }

  /// Whether the library of linear algebra has its products.
  public var hasLibraryProducts: Bool { isFloatingPoint }

  /// Whether chains of functions of it stay in registers (`tk_chain`).
  public var hasChains: Bool { isFloatingPoint }
}
