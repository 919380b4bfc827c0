import Execution

/// A type that tensors can hold.
public protocol TensorScalar: Hashable, Sendable {
  /// The type in which sums of this type are given: itself for floating point, `Int64` for others.
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

/// A floating-point type: what gradients and transcendental functions exist for.
public protocol FloatingPointTensorScalar: NumericTensorScalar, BinaryFloatingPoint
where Sum == Self {}

extension Float: FloatingPointTensorScalar {
  public typealias Sum = Float
  public static var scalarType: ScalarType { .float32 }
  public var scalarValue: ScalarValue { ScalarValue(self) }
  public init(scalarValue: ScalarValue) {
    self.init(bitPattern: UInt32(truncatingIfNeeded: scalarValue.bits))
  }
}

extension Double: FloatingPointTensorScalar {
  public typealias Sum = Double
  public static var scalarType: ScalarType { .float64 }
  public var scalarValue: ScalarValue { ScalarValue(self) }
  public init(scalarValue: ScalarValue) { self.init(bitPattern: scalarValue.bits) }
}

extension Int32: IntegerTensorScalar {
  public typealias Sum = Int64
  public static var scalarType: ScalarType { .int32 }
  public var scalarValue: ScalarValue { ScalarValue(self) }
  public init(scalarValue: ScalarValue) { self.init(truncatingIfNeeded: scalarValue.bits) }
}

extension Int64: IntegerTensorScalar {
  public typealias Sum = Int64
  public static var scalarType: ScalarType { .int64 }
  public var scalarValue: ScalarValue { ScalarValue(self) }
  public init(scalarValue: ScalarValue) { self.init(bitPattern: scalarValue.bits) }
}

// What a literal of integers becomes without a type: Tensor([1, 2]) is a Tensor<Int>.
extension Int: IntegerTensorScalar {
  public typealias Sum = Int64
  public static var scalarType: ScalarType { .int64 }
  public var scalarValue: ScalarValue { ScalarValue(Int64(self)) }
  public init(scalarValue: ScalarValue) { self.init(truncatingIfNeeded: scalarValue.bits) }
}

extension UInt8: IntegerTensorScalar {
  public typealias Sum = Int64
  public static var scalarType: ScalarType { .uint8 }
  public var scalarValue: ScalarValue { ScalarValue(self) }
  public init(scalarValue: ScalarValue) { self.init(truncatingIfNeeded: scalarValue.bits) }
}

extension Bool: TensorScalar {
  public typealias Sum = Int64
  public static var scalarType: ScalarType { .bool }
  public var scalarValue: ScalarValue { ScalarValue(self) }
  public init(scalarValue: ScalarValue) { self = scalarValue.bits & 0xff != 0 }
}
