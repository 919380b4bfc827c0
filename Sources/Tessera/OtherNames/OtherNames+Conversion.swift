// What NumPy and PyTorch call otherwise: what a tensor is, conversions, gradients, writing in
// place.

extension Tensor {
  /// Use `shape[0]` for the rows, `elementCount` for the elements.
  @available(*, unavailable, message: "use 'shape[0]', or 'elementCount'")
  public var count: OtherName<Scalar> { unreachable() }
  /// Use `elementCount`.
  @available(*, unavailable, message: "use 'elementCount'")
  public var numel: OtherName<Scalar> { unreachable() }
  /// Use `elementCount`.
  @available(*, unavailable, message: "use 'elementCount'")
  public var nelement: OtherName<Scalar> { unreachable() }
  /// Use `shape.count`.
  @available(*, unavailable, message: "use 'shape.count'")
  public var dim: OtherName<Scalar> { unreachable() }
  /// Use `shape.count`.
  @available(*, unavailable, message: "use 'shape.count'")
  public var rank: OtherName<Scalar> { unreachable() }
  /// The type of the elements is `Scalar`, as in `Tensor<Float>`.
  @available(*, unavailable, message: "the type of the elements is 'Scalar', as in 'Tensor<Float>'")
  public var dtype: OtherName<Scalar> { unreachable() }
  /// Use `MemoryLayout<Float>.size`.
  @available(*, unavailable, message: "use 'MemoryLayout<Float>.size'")
  public var itemsize: OtherName<Scalar> { unreachable() }
  /// Use `elementCount * MemoryLayout<Float>.size`.
  @available(*, unavailable, message: "use 'elementCount * MemoryLayout<Float>.size'")
  public var nbytes: OtherName<Scalar> { unreachable() }
  /// Missing: layouts are Tessera's own affair.
  @available(*, unavailable, message: "missing: layouts are Tessera's own affair")
  public var strides: OtherName<Scalar> { unreachable() }
  /// Missing: layouts are Tessera's own affair; `contiguous()` copies where it must.
  @available(*, unavailable, message: "missing: 'contiguous()' copies where it must")
  public var is_contiguous: OtherName<Scalar> { unreachable() }
  /// Missing: a tensor is in the memory of its ranks; `sharding` tells where.
  @available(*, unavailable, message: "missing: 'sharding' tells which rank holds what")
  public var device: OtherName<Scalar> { unreachable() }
  /// Missing: every tensor is in the memory of its ranks.
  @available(*, unavailable, message: "missing: every tensor is in the memory of its ranks")
  public var cpu: OtherName<Scalar> { unreachable() }
  /// Missing: there are no kernels for graphics processors.
  @available(*, unavailable, message: "missing: there are no kernels for graphics processors")
  public var cuda: OtherName<Scalar> { unreachable() }
  /// Use `scalars`, or `withUnsafeBuffer` for the memory itself.
  @available(*, unavailable, message: "use 'scalars', or 'withUnsafeBuffer' for the memory itself")
  public var numpy: OtherName<Scalar> { unreachable() }
  /// Use `scalars`.
  @available(*, unavailable, message: "use 'scalars'")
  public var tolist: OtherName<Scalar> { unreachable() }
  /// Tensors are values: use `let copy = x`.
  @available(*, unavailable, message: "tensors are values: use 'let copy = x'")
  public var copy: OtherName<Scalar> { unreachable() }
  /// Tensors are values: use `let copy = x`.
  @available(*, unavailable, message: "tensors are values: use 'let copy = x'")
  public var clone: OtherName<Scalar> { unreachable() }
  /// Use `converted(to: Float.self)`.
  @available(*, unavailable, message: "use 'converted(to: Float.self)'")
  public var float: OtherName<Scalar> { unreachable() }
  /// Use `converted(to: Double.self)`.
  @available(*, unavailable, message: "use 'converted(to: Double.self)'")
  public var double: OtherName<Scalar> { unreachable() }
  /// Missing: there is no Float16 yet; use `converted(to: Float.self)`.
  @available(*, unavailable, message: "missing: use 'converted(to: Float.self)'")
  public var half: OtherName<Scalar> { unreachable() }
  /// Use `converted(to: Int32.self)`.
  @available(*, unavailable, message: "use 'converted(to: Int32.self)'")
  public var int: OtherName<Scalar> { unreachable() }
  /// Use `converted(to: Int64.self)`.
  @available(*, unavailable, message: "use 'converted(to: Int64.self)'")
  public var long: OtherName<Scalar> { unreachable() }
  /// Use `converted(to: Int16.self)`.
  @available(*, unavailable, message: "use 'converted(to: Int16.self)'")
  public var short: OtherName<Scalar> { unreachable() }
  /// Use `converted(to: UInt8.self)`.
  @available(*, unavailable, message: "use 'converted(to: UInt8.self)'")
  public var byte: OtherName<Scalar> { unreachable() }
  /// Use `converted(to: Bool.self)`.
  @available(*, unavailable, message: "use 'converted(to: Bool.self)'")
  public var bool: OtherName<Scalar> { unreachable() }
  /// Use `withoutGradient()`.
  @available(*, unavailable, message: "use 'withoutGradient()'")
  public var detach: OtherName<Scalar> { unreachable() }
  /// Use `gradient(of:)`, or `GradientTape` for a model.
  @available(*, unavailable, message: "use 'gradient(of:)', or 'GradientTape' for a model")
  public var backward: OtherName<Scalar> { unreachable() }
  /// Use `GradientTape` and its `gradients(of:at:)`.
  @available(*, unavailable, message: "use 'GradientTape' and its 'gradients(of:at:)'")
  public var grad: OtherName<Scalar> { unreachable() }
  /// Use `GradientTape` and its `watch`.
  @available(*, unavailable, message: "use 'GradientTape' and its 'watch'")
  public var requires_grad: OtherName<Scalar> { unreachable() }
  /// Use `GradientTape` and its `watch`.
  @available(*, unavailable, message: "use 'GradientTape' and its 'watch'")
  public var requires_grad_: OtherName<Scalar> { unreachable() }
  /// Use `x[...] = 7`.
  @available(*, unavailable, message: "use 'x[...] = 7'")
  public var fill: OtherName<Scalar> { unreachable() }
  /// Use `x[...] = 7`.
  @available(*, unavailable, message: "use 'x[...] = 7'")
  public var fill_: OtherName<Scalar> { unreachable() }
  /// Use `x[...] = 0`.
  @available(*, unavailable, message: "use 'x[...] = 0'")
  public var zero_: OtherName<Scalar> { unreachable() }
  /// Use `x[...] = y`.
  @available(*, unavailable, message: "use 'x[...] = y'")
  public var copy_: OtherName<Scalar> { unreachable() }
  /// Use `x += y`.
  @available(*, unavailable, message: "use 'x += y'")
  public var add_: OtherName<Scalar> { unreachable() }
  /// Use `x -= y`.
  @available(*, unavailable, message: "use 'x -= y'")
  public var sub_: OtherName<Scalar> { unreachable() }
  /// Use `x *= y`.
  @available(*, unavailable, message: "use 'x *= y'")
  public var mul_: OtherName<Scalar> { unreachable() }
  /// Use `x /= y`.
  @available(*, unavailable, message: "use 'x /= y'")
  public var div_: OtherName<Scalar> { unreachable() }
}
