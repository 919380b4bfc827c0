// What NumPy and PyTorch call otherwise: linear algebra, and creation.

extension Tensor {
  /// Use `matmul(x, y)`.
  @available(*, unavailable, message: "use 'matmul(x, y)'")
  public var mm: OtherName<Scalar> { unreachable() }
  /// Use `matmul(x, y)`.
  @available(*, unavailable, message: "use 'matmul(x, y)'")
  public var bmm: OtherName<Scalar> { unreachable() }
  /// Use `matmul(x, y)`.
  @available(*, unavailable, message: "use 'matmul(x, y)'")
  public var mv: OtherName<Scalar> { unreachable() }
  /// Use `dot(x, y)`.
  @available(*, unavailable, message: "use 'dot(x, y)'")
  public var inner: OtherName<Scalar> { unreachable() }
  /// Use `(x * y).sum(axes: -1)`.
  @available(*, unavailable, message: "use '(x * y).sum(axes: -1)'")
  public var vecdot: OtherName<Scalar> { unreachable() }
  /// Use `x + matmul(a, b)`.
  @available(*, unavailable, message: "use 'x + matmul(a, b)'")
  public var addmm: OtherName<Scalar> { unreachable() }
  /// Missing: use `matmul` with `permuted` and `reshaped`.
  @available(*, unavailable, message: "missing: use 'matmul' with 'permuted' and 'reshaped'")
  public var einsum: OtherName<Scalar> { unreachable() }
  /// Missing: use `matmul` with `permuted` and `reshaped`.
  @available(*, unavailable, message: "missing: use 'matmul' with 'permuted' and 'reshaped'")
  public var tensordot: OtherName<Scalar> { unreachable() }
  /// Missing: use `outer` with `permuted` and `reshaped`.
  @available(*, unavailable, message: "missing: use 'outer' with 'permuted' and 'reshaped'")
  public var kron: OtherName<Scalar> { unreachable() }
  /// Missing.
  @available(*, unavailable, message: "missing")
  public var cross: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var linalg: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var inverse: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var det: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var cholesky: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var qr: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var svd: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var eig: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var eigh: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var solve: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var lstsq: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var pinverse: OtherName<Scalar> { unreachable() }
  /// Missing: there are products of matrices, no factorizations.
  @available(*, unavailable, message: "missing: there are products of matrices, no factorizations")
  public var matrix_power: OtherName<Scalar> { unreachable() }
  /// Missing: there are no Fourier transforms.
  @available(*, unavailable, message: "missing: there are no Fourier transforms")
  public var fft: OtherName<Scalar> { unreachable() }
  /// Missing: there are no Fourier transforms.
  @available(*, unavailable, message: "missing: there are no Fourier transforms")
  public var ifft: OtherName<Scalar> { unreachable() }
  /// Missing: there are no Fourier transforms.
  @available(*, unavailable, message: "missing: there are no Fourier transforms")
  public var rfft: OtherName<Scalar> { unreachable() }
  /// Missing: there are no Fourier transforms.
  @available(*, unavailable, message: "missing: there are no Fourier transforms")
  public var irfft: OtherName<Scalar> { unreachable() }
  /// Missing: there are no convolutions.
  @available(*, unavailable, message: "missing: there are no convolutions")
  public var conv1d: OtherName<Scalar> { unreachable() }
  /// Missing: there are no convolutions.
  @available(*, unavailable, message: "missing: there are no convolutions")
  public var conv2d: OtherName<Scalar> { unreachable() }
  /// Missing: there are no convolutions.
  @available(*, unavailable, message: "missing: there are no convolutions")
  public var convolve: OtherName<Scalar> { unreachable() }
}

extension Tensor {
  /// Use `zeros([2, 3])`.
  @available(*, unavailable, message: "use 'zeros([2, 3])'")
  public static var empty: OtherName<Scalar> { unreachable() }
  /// Use `zeros(like: x)`.
  @available(*, unavailable, message: "use 'zeros(like: x)'")
  public static var zeros_like: OtherName<Scalar> { unreachable() }
  /// Use `ones(like: x)`.
  @available(*, unavailable, message: "use 'ones(like: x)'")
  public static var ones_like: OtherName<Scalar> { unreachable() }
  /// Use `full(7, like: x)`.
  @available(*, unavailable, message: "use 'full(7, like: x)'")
  public static var full_like: OtherName<Scalar> { unreachable() }
  /// Use `zeros(like: x)`.
  @available(*, unavailable, message: "use 'zeros(like: x)'")
  public static var empty_like: OtherName<Scalar> { unreachable() }
  /// Use `eye(3)`.
  @available(*, unavailable, message: "use 'eye(3)'")
  public static var identity: OtherName<Scalar> { unreachable() }
  /// Use `randn([2, 3], key: Key(7))`.
  @available(*, unavailable, message: "use 'randn([2, 3], key: Key(7))'")
  public static var normal: OtherName<Scalar> { unreachable() }
  /// Use `rand([2, 3], key: Key(7))`.
  @available(*, unavailable, message: "use 'rand([2, 3], key: Key(7))'")
  public static var uniform: OtherName<Scalar> { unreachable() }
  /// Use `permutation(5, key: Key(7))`.
  @available(*, unavailable, message: "use 'permutation(5, key: Key(7))'")
  public static var randperm: OtherName<Scalar> { unreachable() }
  /// Use `10 ** Tensor<Float>.linspace(from: 0, to: 2, count: 5)`.
  @available(*, unavailable, message: "use '10 ** .linspace(from: 0, to: 2, count: 5)'")
  public static var logspace: OtherName<Scalar> { unreachable() }
  /// Use `Tensor(scalars, shape:)`, or `Tensor(sharing:shape:)` without copying.
  @available(*, unavailable, message: "use 'Tensor(scalars, shape:)', 'Tensor(sharing:shape:)'")
  public static var from_numpy: OtherName<Scalar> { unreachable() }
  /// Use `Tensor(scalars, shape:)`, or `Tensor(sharing:shape:)` without copying.
  @available(*, unavailable, message: "use 'Tensor(scalars, shape:)', 'Tensor(sharing:shape:)'")
  public static var fromNumpy: OtherName<Scalar> { unreachable() }
  /// Use `try Tensor<Float>(npy: path)` of TesseraIO.
  @available(*, unavailable, message: "use 'try Tensor<Float>(npy: path)' of TesseraIO")
  public static var load: OtherName<Scalar> { unreachable() }
}
