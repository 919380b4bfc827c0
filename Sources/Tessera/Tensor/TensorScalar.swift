import Execution

/// A type that tensors can hold.
public protocol TensorScalar: Hashable, Sendable {
  /// The type in which sums of this type are given: itself for floating point and `UInt64`, `Int64`
  /// for others.
  associatedtype Sum: TensorScalar

  static var scalarType: ScalarType { get }
  /// The value as bytes of `scalarType`.
  var scalarValue: ScalarValue { get }
  init(scalarValue: ScalarValue)
}

/// A type with arithmetic.
public protocol NumericTensorScalar: TensorScalar, Numeric, Comparable {}

/// An integer type: arithmetic wraps, division by zero gives 0.
public protocol IntegerTensorScalar: NumericTensorScalar, FixedWidthInteger {}

extension IntegerTensorScalar {
  /// The value as bits, with its type.
  public var scalarValue: ScalarValue { ScalarValue(integer: self, as: Self.scalarType) }
  /// The value that bits of this type stand for.
  public init(scalarValue: ScalarValue) { self.init(truncatingIfNeeded: scalarValue.bits) }
}

/// A floating-point type: what gradients and transcendental functions exist for.
public protocol FloatingPointTensorScalar: NumericTensorScalar, BinaryFloatingPoint
where Sum == Self {}

extension Float: FloatingPointTensorScalar {
  /// Sums stay in this type.
  public typealias Sum = Float
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .float32 }
  /// The value as bits, with its type.
  public var scalarValue: ScalarValue { ScalarValue(self) }
  /// The value that bits of this type stand for.
  public init(scalarValue: ScalarValue) {
    self.init(bitPattern: UInt32(truncatingIfNeeded: scalarValue.bits))
  }
}

extension Double: FloatingPointTensorScalar {
  /// Sums stay in this type.
  public typealias Sum = Double
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .float64 }
  /// The value as bits, with its type.
  public var scalarValue: ScalarValue { ScalarValue(self) }
  /// The value that bits of this type stand for.
  public init(scalarValue: ScalarValue) { self.init(bitPattern: scalarValue.bits) }
}

extension Int8: IntegerTensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .int8 }
}

extension Int16: IntegerTensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .int16 }
}

extension Int32: IntegerTensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .int32 }
}

extension Int64: IntegerTensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .int64 }
}

// What a literal of integers becomes without a type: Tensor([1, 2]) is a Tensor<Int>.
extension Int: IntegerTensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .int64 }
}

extension UInt8: IntegerTensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .uint8 }
}

extension UInt16: IntegerTensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .uint16 }
}

extension UInt32: IntegerTensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .uint32 }
}

extension UInt64: IntegerTensorScalar {
  /// Sums stay in this type: its numbers need not fit into `Int64`.
  public typealias Sum = UInt64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .uint64 }
}

extension Bool: TensorScalar {
  /// Sums are of `Int64`.
  public typealias Sum = Int64
  /// How tensors of this type hold their elements.
  public static var scalarType: ScalarType { .bool }
  /// The value as bits, with its type.
  public var scalarValue: ScalarValue { ScalarValue(self) }
  /// The value that bits of this type stand for.
  public init(scalarValue: ScalarValue) { self = scalarValue.bits & 0xff != 0 }
}
