// What NumPy and PyTorch call otherwise: shapes, parts and places.

extension Operation {
  /// The former name of `expand(to:)`.
  @available(*, deprecated, renamed: "expand(to:)")
  public static func broadcast(to shape: Shape) -> Operation { .expand(to: shape) }
}

extension Tensor {
  /// The former name of `expanded(to:)`.
  @available(*, deprecated, renamed: "expanded(to:)")
  public func broadcast(to shape: Shape) -> Tensor { expanded(to: shape) }
  /// Use `flattened()`.
  @available(*, unavailable, message: "use 'flattened()'")
  public var flatten: OtherName<Scalar> { unreachable() }
  /// Use `flattened()`.
  @available(*, unavailable, message: "use 'flattened()'")
  public var ravel: OtherName<Scalar> { unreachable() }
  /// Use `reshaped(4, -1)`.
  @available(*, unavailable, message: "use 'reshaped(4, -1)'")
  public var view: OtherName<Scalar> { unreachable() }
  /// Use `reshaped(4, -1)`, or `padded` for more elements.
  @available(*, unavailable, message: "use 'reshaped(4, -1)', or 'padded' for more elements")
  public var resize: OtherName<Scalar> { unreachable() }
  /// Use `permuted(1, 0)`.
  @available(*, unavailable, message: "use 'permuted(1, 0)'")
  public var permute: OtherName<Scalar> { unreachable() }
  /// Use `permuted(1, 0)`.
  @available(*, unavailable, message: "use 'permuted(1, 0)'")
  public var permute_dims: OtherName<Scalar> { unreachable() }
  /// Use `transposed(0, 1)`.
  @available(*, unavailable, message: "use 'transposed(0, 1)'")
  public var swapaxes: OtherName<Scalar> { unreachable() }
  /// Use `transposed(0, 1)`.
  @available(*, unavailable, message: "use 'transposed(0, 1)'")
  public var swapdims: OtherName<Scalar> { unreachable() }
  /// Use `permuted(1, 0)`.
  @available(*, unavailable, message: "use 'permuted(1, 0)'")
  public var moveaxis: OtherName<Scalar> { unreachable() }
  /// Use `permuted(1, 0)`.
  @available(*, unavailable, message: "use 'permuted(1, 0)'")
  public var movedim: OtherName<Scalar> { unreachable() }
  /// Use `transposed(-2, -1)`.
  @available(*, unavailable, message: "use 'transposed(-2, -1)'")
  public var mT: OtherName<Scalar> { unreachable() }
  /// Use `transposed()`.
  @available(*, unavailable, message: "use 'transposed()'")
  public var t: OtherName<Scalar> { unreachable() }
  /// Use `expandingAxis(at: 0)`.
  @available(*, unavailable, message: "use 'expandingAxis(at: 0)'")
  public var unsqueeze: OtherName<Scalar> { unreachable() }
  /// Use `expandingAxis(at: 0)`.
  @available(*, unavailable, message: "use 'expandingAxis(at: 0)'")
  public var expand_dims: OtherName<Scalar> { unreachable() }
  /// Use `expandingAxis(at: 0)`.
  @available(*, unavailable, message: "use 'expandingAxis(at: 0)'")
  public var expandDims: OtherName<Scalar> { unreachable() }
  /// Use `squeezed()`.
  @available(*, unavailable, message: "use 'squeezed()'")
  public var squeeze: OtherName<Scalar> { unreachable() }
  /// Use `expanded(to: [3, 4])`.
  @available(*, unavailable, message: "use 'expanded(to: [3, 4])'")
  public var expand: OtherName<Scalar> { unreachable() }
  /// Use `expanded(to: other.shape)`.
  @available(*, unavailable, message: "use 'expanded(to: other.shape)'")
  public var expand_as: OtherName<Scalar> { unreachable() }
  /// Use `expanded(to: [3, 4])`.
  @available(*, unavailable, message: "use 'expanded(to: [3, 4])'")
  public var broadcast_to: OtherName<Scalar> { unreachable() }
  /// Use `repeated(2, axis: 0)`, or `tiled(2, 2)` as PyTorch's.
  @available(*, unavailable, message: "use 'repeated(2, axis: 0)', or 'tiled(2, 2)' as PyTorch's")
  public var `repeat`: OtherName<Scalar> { unreachable() }
  /// Use `tiled(2, 2)`.
  @available(*, unavailable, message: "use 'tiled(2, 2)'")
  public var tile: OtherName<Scalar> { unreachable() }
  /// Use `rolled(by: 1, axis: 0)`.
  @available(*, unavailable, message: "use 'rolled(by: 1, axis: 0)'")
  public var roll: OtherName<Scalar> { unreachable() }
  /// Use `flipped(axes: 0)`.
  @available(*, unavailable, message: "use 'flipped(axes: 0)'")
  public var flip: OtherName<Scalar> { unreachable() }
  /// Use `flipped(axes: 1)`.
  @available(*, unavailable, message: "use 'flipped(axes: 1)'")
  public var fliplr: OtherName<Scalar> { unreachable() }
  /// Use `flipped(axes: 0)`.
  @available(*, unavailable, message: "use 'flipped(axes: 0)'")
  public var flipud: OtherName<Scalar> { unreachable() }
  /// Use `transposed().flipped(axes: 0)`.
  @available(*, unavailable, message: "use 'transposed().flipped(axes: 0)'")
  public var rot90: OtherName<Scalar> { unreachable() }
  /// Use `padded([(1, 1)], with: 0)`, or `by: .edge`.
  @available(*, unavailable, message: "use 'padded([(1, 1)], with: 0)', or 'by: .edge'")
  public var pad: OtherName<Scalar> { unreachable() }
  /// Use `split(3, axis: 0)`.
  @available(*, unavailable, message: "use 'split(3, axis: 0)'")
  public var chunk: OtherName<Scalar> { unreachable() }
  /// Use `split(extents: [1, 2], axis: 0)`.
  @available(*, unavailable, message: "use 'split(extents: [1, 2], axis: 0)'")
  public var tensor_split: OtherName<Scalar> { unreachable() }
  /// Use `split(3, axis: 1)`.
  @available(*, unavailable, message: "use 'split(3, axis: 1)'")
  public var hsplit: OtherName<Scalar> { unreachable() }
  /// Use `split(3, axis: 0)`.
  @available(*, unavailable, message: "use 'split(3, axis: 0)'")
  public var vsplit: OtherName<Scalar> { unreachable() }
  /// Use `unstacked(axis: 0)`.
  @available(*, unavailable, message: "use 'unstacked(axis: 0)'")
  public var unbind: OtherName<Scalar> { unreachable() }
  /// Use `unstacked(axis: 0)`.
  @available(*, unavailable, message: "use 'unstacked(axis: 0)'")
  public var unstack: OtherName<Scalar> { unreachable() }
  /// Use `diagonal()`.
  @available(*, unavailable, message: "use 'diagonal()'")
  public var diag: OtherName<Scalar> { unreachable() }
  /// Use `triangular(.lower)`.
  @available(*, unavailable, message: "use 'triangular(.lower)'")
  public var tril: OtherName<Scalar> { unreachable() }
  /// Use `triangular(.upper)`.
  @available(*, unavailable, message: "use 'triangular(.upper)'")
  public var triu: OtherName<Scalar> { unreachable() }
  /// Use `diagonal().sum()`.
  @available(*, unavailable, message: "use 'diagonal().sum()'")
  public var trace: OtherName<Scalar> { unreachable() }
  /// Missing: there are no sliding windows; join slices with `stack`.
  @available(*, unavailable, message: "missing: join slices with 'stack'")
  public var unfold: OtherName<Scalar> { unreachable() }
  /// Use `x[1..<3]`.
  @available(*, unavailable, message: "use 'x[1..<3]'")
  public var narrow: OtherName<Scalar> { unreachable() }
  /// Use `taking(indices, axis: 0)`.
  @available(*, unavailable, message: "use 'taking(indices, axis: 0)'")
  public var index_select: OtherName<Scalar> { unreachable() }
  /// Use `taking(indices, axis: 0)`.
  @available(*, unavailable, message: "use 'taking(indices, axis: 0)'")
  public var take: OtherName<Scalar> { unreachable() }
  /// Use `gathered(at: indices, axis: 0)`.
  @available(*, unavailable, message: "use 'gathered(at: indices, axis: 0)'")
  public var gather: OtherName<Scalar> { unreachable() }
  /// Use `gathered(at: indices, axis: 0)`.
  @available(*, unavailable, message: "use 'gathered(at: indices, axis: 0)'")
  public var take_along_axis: OtherName<Scalar> { unreachable() }
  /// Use `scattering(values, at: indices, axis: 0)`.
  @available(*, unavailable, message: "use 'scattering(values, at: indices, axis: 0)'")
  public var scatter: OtherName<Scalar> { unreachable() }
  /// Use `scatteringSum(values, at: indices, axis: 0)`.
  @available(*, unavailable, message: "use 'scatteringSum(values, at: indices, axis: 0)'")
  public var scatter_add: OtherName<Scalar> { unreachable() }
  /// Use `scatteringSum(values, at: indices, axis: 0)`.
  @available(*, unavailable, message: "use 'scatteringSum(values, at: indices, axis: 0)'")
  public var index_add: OtherName<Scalar> { unreachable() }
  /// Use `x[mask]`.
  @available(*, unavailable, message: "use 'x[mask]'")
  public var masked_select: OtherName<Scalar> { unreachable() }
  /// Use `select(mask, value, x)`.
  @available(*, unavailable, message: "use 'select(mask, value, x)'")
  public var masked_fill: OtherName<Scalar> { unreachable() }
  /// Use `nonZero()`.
  @available(*, unavailable, message: "use 'nonZero()'")
  public var argwhere: OtherName<Scalar> { unreachable() }
  /// Use `nonZero()`.
  @available(*, unavailable, message: "use 'nonZero()'")
  public var nonzero: OtherName<Scalar> { unreachable() }
}
