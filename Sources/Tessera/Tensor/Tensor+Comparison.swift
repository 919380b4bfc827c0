import Execution

infix operator .== : ComparisonPrecedence
infix operator .!= : ComparisonPrecedence
infix operator .< : ComparisonPrecedence
infix operator .<= : ComparisonPrecedence
infix operator .> : ComparisonPrecedence
infix operator .>= : ComparisonPrecedence
infix operator .& : LogicalConjunctionPrecedence
infix operator .| : LogicalDisjunctionPrecedence
infix operator .^ : LogicalDisjunctionPrecedence
prefix operator .!

extension Tensor {
  static func compare(_ comparison: Comparison, _ a: Tensor, _ b: Tensor) -> Tensor<Bool> {
    .applying(Compare(comparison), a.body, b.body)
  }

  static func compare(_ comparison: Comparison, _ a: Tensor, _ b: Scalar) -> Tensor<Bool> {
    .applying(ScalarCompare(comparison, b.scalarValue), a.body)
  }

  /// Whether elements are equal, with broadcasting; NaN differs from everything.
  public static func .== (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.equal, a, b) }
  /// Whether each element equals a number.
  public static func .== (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.equal, a, b) }
  /// Whether a number equals each element.
  public static func .== (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.equal, b, a) }
  /// Whether elements differ, with broadcasting; NaN differs from everything.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.notEqual, a, b) }
  /// Whether each element differs from a number.
  public static func .!= (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.notEqual, a, b) }
  /// Whether a number differs from each element.
  public static func .!= (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.notEqual, b, a) }

  /// The elements as another scalar type: saturating, NaN becomes 0 in an integer.
  public func converted<Other: TensorScalar>(to type: Other.Type) -> Tensor<Other> {
    .applying(Convert(to: Other.scalarType), body)
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// Whether elements of the first are less than those of the second, with broadcasting; never with
  /// a NaN.
  public static func .< (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.less, a, b) }
  /// Whether each element is less than a number.
  public static func .< (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.less, a, b) }
  /// Whether a number is less than each element.
  public static func .< (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.greater, b, a) }
  /// Whether elements of the first are at most those of the second, with broadcasting; never with a
  /// NaN.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.lessEqual, a, b) }
  /// Whether each element is at most a number.
  public static func .<= (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.lessEqual, a, b) }
  /// Whether a number is at most each element.
  public static func .<= (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.greaterEqual, b, a) }
  /// Whether elements of the first are more than those of the second, with broadcasting; never with
  /// a NaN.
  public static func .> (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.greater, a, b) }
  /// Whether each element is more than a number.
  public static func .> (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.greater, a, b) }
  /// Whether a number is more than each element.
  public static func .> (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.less, b, a) }
  /// Whether elements of the first are at least those of the second, with broadcasting; never with
  /// a NaN.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.greaterEqual, a, b) }
  /// Whether each element is at least a number.
  public static func .>= (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.greaterEqual, a, b) }
  /// Whether a number is at least each element.
  public static func .>= (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.lessEqual, b, a) }
}

extension Tensor where Scalar == Bool {
  /// Whether both elements hold, with broadcasting.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { binary(.and, a, b) }
  /// Whether one of two elements holds, or both; with broadcasting.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { binary(.or, a, b) }
  /// Whether just one of two elements holds, with broadcasting.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { binary(.xor, a, b) }
  /// Whether each element does not hold.
  public static prefix func .! (a: Tensor) -> Tensor { applying(Unary(.not), a.body) }

  /// Whether every element holds; true of nothing. One word is all-reduced if the tensor is
  /// sharded.
  public func all() -> Tensor { all(axes: Axes(shape.indices)) }

  /// Whether any element holds; false of nothing. One word is all-reduced if the tensor is sharded.
  public func any() -> Tensor { any(axes: Axes(shape.indices)) }

  /// Whether all elements over some axes hold. Communicates as `sum(axes:)` does.
  public func all(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    // None that does not hold. A sum is defined over nothing, where a minimum is not.
    let count: Tensor<Int64> = (.!self).reduced(.sum, axes, keepingAxes, nil, "all")
    return count .== 0
  }

  /// Whether any element over some axes holds. Communicates as `sum(axes:)` does.
  public func any(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    let count: Tensor<Int64> = reduced(.sum, axes, keepingAxes, nil, "any")
    return count .> 0
  }
}

/// `a` where the mask holds, `b` elsewhere, with broadcasting (NumPy's `where`).
public func select<S: TensorScalar>(
  _ mask: Tensor<Bool>, _ a: Tensor<S>, _ b: Tensor<S>
) -> Tensor<S> {
  .applying(Select(), mask.body, a.body, b.body)
}
/// `a` where the mask holds, a number elsewhere.
public func select<S: TensorScalar>(_ mask: Tensor<Bool>, _ a: Tensor<S>, _ b: S) -> Tensor<S> {
  select(mask, a, Tensor(b))
}
/// A number where the mask holds, `b` elsewhere.
public func select<S: TensorScalar>(_ mask: Tensor<Bool>, _ a: S, _ b: Tensor<S>) -> Tensor<S> {
  select(mask, Tensor(a), b)
}
