import CKernels
import Shapes

/// Functions of one value whose result has the same type.
public enum UnaryFunction: UInt32, CaseIterable, Hashable, Sendable {
  case negate, abs, sign, square, reciprocal
  case exp, expm1, log, log1p, log2, log10, sqrt, rsqrt, cubeRoot
  case floor, ceil, round, trunc
  case sin, cos, tan, asin, acos, atan
  case sinh, cosh, tanh, asinh, acosh, atanh
  case sigmoid, erf, relu, gelu, softplus
  case not

  private static let names = allCases.map { "\($0)" }
  /// What users call it.
  public var name: String { Self.names[Int(rawValue)] }

  var kernel: tk_unary_op { tk_unary_op(rawValue: rawValue) }

  public func isDefined(for type: ScalarType) -> Bool { tk_has_unary(kernel, type.kernel) }
}

/// Functions of one value that give a Boolean.
public enum Classification: UInt32, CaseIterable, Hashable, Sendable {
  case isNaN, isFinite, isInfinite

  private static let names = allCases.map { "\($0)" }
  /// What users call it.
  public var name: String { Self.names[Int(rawValue)] }

  var kernel: tk_classify_op { tk_classify_op(rawValue: rawValue) }
}

/// Functions of two values of one type.
public enum BinaryFunction: UInt32, CaseIterable, Hashable, Sendable {
  case add, subtract, multiply, divide, remainder, minimum, maximum
  case power, atan2, hypot, copySign, nextAfter, and, or, xor, shiftLeft, shiftRight

  private static let names = allCases.map { "\($0)" }
  /// What users call it.
  public var name: String { Self.names[Int(rawValue)] }

  var kernel: tk_binary_op { tk_binary_op(rawValue: rawValue) }

  public func isDefined(for type: ScalarType) -> Bool { tk_has_binary(kernel, type.kernel) }
}

/// Functions of three values of one type.
public enum TernaryFunction: UInt32, CaseIterable, Hashable, Sendable {
  case fma, clamped, lerp

  private static let names = allCases.map { "\($0)" }
  /// What users call it.
  public var name: String { Self.names[Int(rawValue)] }

  var kernel: tk_ternary_op { tk_ternary_op(rawValue: rawValue) }

  public func isDefined(for type: ScalarType) -> Bool { tk_has_ternary(kernel, type.kernel) }
}

public enum Comparison: UInt32, CaseIterable, Hashable, Sendable {
  case equal, notEqual, less, lessEqual, greater, greaterEqual

  private static let names = allCases.map { "\($0)" }
  /// What users call it.
  public var name: String { Self.names[Int(rawValue)] }

  var kernel: tk_compare_op { tk_compare_op(rawValue: rawValue) }
}

extension ScalarType {
  var kernel: tk_type { tk_type(rawValue: UInt32(rawValue)) }
}

extension Reduction {
  var kernel: tk_reduction { tk_reduction(rawValue: UInt32(rawValue)) }

  /// The function that joins two terms.
  func function(for type: ScalarType) -> BinaryFunction {
    switch (self, type) {
    case (.max, .bool): .or
    case (.min, .bool): .and
    case (.sum, _): .add
    case (.product, _): .multiply
    case (.min, _): .minimum
    case (.max, _): .maximum
    }
  }

  /// The value that changes nothing, such as 0 for a sum.
  public func identity(for type: ScalarType) -> ScalarValue {
    var bits: UInt64 = 0
    tk_identity(kernel, type.kernel, &bits)
    return ScalarValue(type: type, bits: bits)
  }
}
