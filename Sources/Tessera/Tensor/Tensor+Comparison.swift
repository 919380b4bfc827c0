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

  public static func .== (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.equal, a, b) }
  public static func .== (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.equal, a, b) }
  public static func .== (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.equal, b, a) }
  public static func .!= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.notEqual, a, b) }
  public static func .!= (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.notEqual, a, b) }
  public static func .!= (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.notEqual, b, a) }

  /// The elements as another scalar type: saturating, NaN becomes 0 in an integer.
  public func converted<Other: TensorScalar>(to type: Other.Type) -> Tensor<Other> {
    .applying(Convert(to: Other.scalarType), body)
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  public static func .< (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.less, a, b) }
  public static func .< (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.less, a, b) }
  public static func .< (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.greater, b, a) }
  public static func .<= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.lessEqual, a, b) }
  public static func .<= (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.lessEqual, a, b) }
  public static func .<= (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.greaterEqual, b, a) }
  public static func .> (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.greater, a, b) }
  public static func .> (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.greater, a, b) }
  public static func .> (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.less, b, a) }
  public static func .>= (a: Tensor, b: Tensor) -> Tensor<Bool> { compare(.greaterEqual, a, b) }
  public static func .>= (a: Tensor, b: Scalar) -> Tensor<Bool> { compare(.greaterEqual, a, b) }
  public static func .>= (a: Scalar, b: Tensor) -> Tensor<Bool> { compare(.lessEqual, b, a) }
}

extension Tensor where Scalar == Bool {
  public static func .& (a: Tensor, b: Tensor) -> Tensor { binary(.and, a, b) }
  public static func .| (a: Tensor, b: Tensor) -> Tensor { binary(.or, a, b) }
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { binary(.xor, a, b) }
  public static prefix func .! (a: Tensor) -> Tensor { applying(Unary(.not), a.body) }

  /// Whether every element holds; true of nothing. One word is all-reduced if the tensor is sharded.
  public func all() -> Tensor { all(axes: Axes(shape.indices)) }

  /// Whether any element holds; false of nothing. One word is all-reduced if the tensor is sharded.
  public func any() -> Tensor { any(axes: Axes(shape.indices)) }

  public func all(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    .!((.!self).any(axes: axes, keepingAxes: keepingAxes))
  }

  public func any(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    // A sum is defined over nothing, where a maximum is not.
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
public func select<S: TensorScalar>(_ mask: Tensor<Bool>, _ a: Tensor<S>, _ b: S) -> Tensor<S> {
  select(mask, a, Tensor(b))
}
public func select<S: TensorScalar>(_ mask: Tensor<Bool>, _ a: S, _ b: Tensor<S>) -> Tensor<S> {
  select(mask, Tensor(a), b)
}
