// What NumPy and PyTorch call otherwise, so that the compiler says what to write instead.

extension Tensor where Scalar: NumericTensorScalar {
  /// Comparisons of elements are spelled `.>`.
  @available(*, unavailable, message: "compare element by element with '.>'")
  public static func > (a: Tensor, b: Tensor) -> Tensor<Bool> { a .> b }
  /// Comparisons of elements are spelled `.>`.
  @available(*, unavailable, message: "compare element by element with '.>'")
  public static func > (a: Tensor, b: Scalar) -> Tensor<Bool> { a .> b }
  /// Comparisons of elements are spelled `.>`.
  @available(*, unavailable, message: "compare element by element with '.>'")
  public static func > (a: Scalar, b: Tensor) -> Tensor<Bool> { a .> b }
  /// Comparisons of elements are spelled `.>=`.
  @available(*, unavailable, message: "compare element by element with '.>='")
  public static func >= (a: Tensor, b: Tensor) -> Tensor<Bool> { a .>= b }
  /// Comparisons of elements are spelled `.>=`.
  @available(*, unavailable, message: "compare element by element with '.>='")
  public static func >= (a: Tensor, b: Scalar) -> Tensor<Bool> { a .>= b }
  /// Comparisons of elements are spelled `.>=`.
  @available(*, unavailable, message: "compare element by element with '.>='")
  public static func >= (a: Scalar, b: Tensor) -> Tensor<Bool> { a .>= b }
  /// Comparisons of elements are spelled `.<`.
  @available(*, unavailable, message: "compare element by element with '.<'")
  public static func < (a: Tensor, b: Tensor) -> Tensor<Bool> { a .< b }
  /// Comparisons of elements are spelled `.<`.
  @available(*, unavailable, message: "compare element by element with '.<'")
  public static func < (a: Tensor, b: Scalar) -> Tensor<Bool> { a .< b }
  /// Comparisons of elements are spelled `.<`.
  @available(*, unavailable, message: "compare element by element with '.<'")
  public static func < (a: Scalar, b: Tensor) -> Tensor<Bool> { a .< b }
  /// Comparisons of elements are spelled `.<=`.
  @available(*, unavailable, message: "compare element by element with '.<='")
  public static func <= (a: Tensor, b: Tensor) -> Tensor<Bool> { a .<= b }
  /// Comparisons of elements are spelled `.<=`.
  @available(*, unavailable, message: "compare element by element with '.<='")
  public static func <= (a: Tensor, b: Scalar) -> Tensor<Bool> { a .<= b }
  /// Comparisons of elements are spelled `.<=`.
  @available(*, unavailable, message: "compare element by element with '.<='")
  public static func <= (a: Scalar, b: Tensor) -> Tensor<Bool> { a .<= b }
}

extension Tensor where Scalar == Bool {
  /// Masks are combined by `.&`.
  @available(*, unavailable, message: "combine masks with '.&'")
  public static func & (a: Tensor, b: Tensor) -> Tensor { a .& b }
  /// Masks are combined by `.&`.
  @available(*, unavailable, message: "combine masks with '.&'")
  public static func && (a: Tensor, b: Tensor) -> Tensor { a .& b }
  /// Masks are combined by `.|`.
  @available(*, unavailable, message: "combine masks with '.|'")
  public static func | (a: Tensor, b: Tensor) -> Tensor { a .| b }
  /// Masks are combined by `.|`.
  @available(*, unavailable, message: "combine masks with '.|'")
  public static func || (a: Tensor, b: Tensor) -> Tensor { a .| b }
  /// Masks are combined by `.^`.
  @available(*, unavailable, message: "combine masks with '.^'")
  public static func ^ (a: Tensor, b: Tensor) -> Tensor { a .^ b }
  /// Masks are negated by `.!`.
  @available(*, unavailable, message: "negate a mask with '.!'")
  public static prefix func ! (a: Tensor) -> Tensor { .!a }
  /// Masks are negated by `.!`.
  @available(*, unavailable, message: "negate a mask with '.!'")
  public static prefix func ~ (a: Tensor) -> Tensor { .!a }
}

extension Tensor {
  /// Axes in reverse order are `transposed()`.
  @available(*, unavailable, renamed: "transposed()")
  public var T: Tensor { transposed() }
  /// Axes in reverse order are `transposed()`.
  @available(*, unavailable, renamed: "transposed()")
  public func transpose() -> Tensor { transposed() }
  /// Two axes are exchanged by `transposed(_:_:)`.
  @available(*, unavailable, renamed: "transposed(_:_:)")
  public func transpose(_ first: Int, _ second: Int) -> Tensor { transposed(first, second) }
  /// The same elements in another shape are `reshaped`.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func reshape(_ shape: Shape) -> Tensor { reshaped(shape) }
  /// The same elements in another shape are `reshaped`.
  @available(*, unavailable, renamed: "reshaped(_:)")
  public func reshape(_ extents: Int...) -> Tensor { reshaped(Shape(extents)) }
  /// Another scalar type is asked for by `converted(to:)`.
  @available(*, unavailable, renamed: "converted(to:)")
  public func astype<Other: TensorScalar>(_ type: Other.Type) -> Tensor<Other> {
    converted(to: type)
  }
  /// Another scalar type is asked for by `converted(to:)`.
  @available(*, unavailable, renamed: "converted(to:)")
  public func to<Other: TensorScalar>(_ type: Other.Type) -> Tensor<Other> { converted(to: type) }
  /// The number of elements is `elementCount`.
  @available(*, unavailable, renamed: "elementCount")
  public var size: Int { elementCount }
  /// The number of axes is `shape.count`.
  @available(*, unavailable, renamed: "shape.count")
  public var ndim: Int { shape.count }
  /// A choice by a mask is the function `select`.
  @available(*, unavailable, message: "use 'select(mask, x, other)'")
  public func `where`(_ mask: Tensor<Bool>, _ other: Tensor) -> Tensor { select(mask, self, other) }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// Elements between bounds are `clamped(to:)`.
  @available(*, unavailable, message: "use 'clamped(to: low...high)'")
  public func clip(_ low: Scalar, _ high: Scalar) -> Tensor { clamped(to: low...high) }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// The square root of the variance is the `standardDeviation`.
  @available(*, unavailable, renamed: "standardDeviation()")
  public func std() -> Tensor { standardDeviation() }
  /// The square roots of variances are the `standardDeviation`.
  @available(*, unavailable, renamed: "standardDeviation(axes:keepingAxes:)")
  public func std(axis: Int, keepingAxes: Bool = false) -> Tensor {
    standardDeviation(axes: Axes(axis), keepingAxes: keepingAxes)
  }
}
