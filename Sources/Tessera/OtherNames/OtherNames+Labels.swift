// What NumPy and PyTorch give otherwise: labels and extents.

extension Tensor {
  /// Where a tensor lies is asked for by `redistributed(to:)`.
  @available(*, unavailable, renamed: "redistributed(to:)")
  public func to(_ placement: Placement) -> Tensor { redistributed(to: placement) }

  /// Shapes have brackets.
  @available(*, unavailable, message: "a shape has brackets: use 'zeros([2, 3])'")
  public static func zeros(_ extents: Int...) -> Tensor { unreachable() }
  /// Shapes have brackets.
  @available(*, unavailable, message: "a shape has brackets: use 'ones([2, 3])'")
  public static func ones(_ extents: Int...) -> Tensor { unreachable() }

  /// Axes are named by `axes:`.
  @available(*, unavailable, message: "use 'axes:' and 'keepingAxes:'")
  public func sum(dim: Axes, keepdim: Bool = false) -> Tensor<Scalar.Sum> { unreachable() }
  /// Axes are named by `axes:`.
  @available(*, unavailable, message: "use 'axes:' and 'keepingAxes:'")
  public func sum(axis: Axes, keepdims: Bool) -> Tensor<Scalar.Sum> { unreachable() }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// Shapes have brackets, and random numbers a key.
  @available(*, unavailable, message: "a shape has brackets: use 'rand([2, 3], key: Key(7))'")
  public static func rand(_ extents: Int...) -> Tensor { unreachable() }
  /// Random numbers have a key.
  @available(*, unavailable, message: "random numbers have a key: use 'rand([2, 3], key: Key(7))'")
  public static func rand(_ shape: Shape) -> Tensor { unreachable() }
  /// Shapes have brackets, and random numbers a key.
  @available(*, unavailable, message: "a shape has brackets: use 'randn([2, 3], key: Key(7))'")
  public static func randn(_ extents: Int...) -> Tensor { unreachable() }
  /// Random numbers have a key.
  @available(*, unavailable, message: "random numbers have a key: use 'randn([2, 3], key: Key(7))'")
  public static func randn(_ shape: Shape) -> Tensor { unreachable() }
  /// Bounds of `arange` have labels.
  @available(*, unavailable, message: "use 'arange(from: 1, to: 2, by: 0.1)'")
  public static func arange(_ start: Scalar, _ end: Scalar, _ step: Scalar = 1) -> Tensor {
    unreachable()
  }
  /// Bounds of `linspace` have labels.
  @available(*, unavailable, message: "use 'linspace(from: 0, to: 1, count: 5)'")
  public static func linspace(_ start: Scalar, _ end: Scalar, _ count: Int) -> Tensor {
    unreachable()
  }

  /// An axis is named by `axis:`.
  @available(*, unavailable, message: "an axis is named: use 'max(axis: 0)'")
  public func max(_ axis: Int) -> Tensor { unreachable() }
  /// An axis is named by `axis:`.
  @available(*, unavailable, message: "an axis is named: use 'min(axis: 0)'")
  public func min(_ axis: Int) -> Tensor { unreachable() }
  /// Axes are named by `axes:`.
  @available(*, unavailable, message: "use 'axes:' and 'keepingAxes:'")
  public func max(dim: Axes, keepdim: Bool = false) -> Tensor { unreachable() }
  /// Axes are named by `axes:`.
  @available(*, unavailable, message: "use 'axes:' and 'keepingAxes:'")
  public func max(axis: Axes, keepdims: Bool) -> Tensor { unreachable() }
  /// Axes are named by `axes:`.
  @available(*, unavailable, message: "use 'axes:' and 'keepingAxes:'")
  public func min(dim: Axes, keepdim: Bool = false) -> Tensor { unreachable() }
  /// Axes are named by `axes:`.
  @available(*, unavailable, message: "use 'axes:' and 'keepingAxes:'")
  public func min(axis: Axes, keepdims: Bool) -> Tensor { unreachable() }
  /// An axis is named by `axis:`.
  @available(*, unavailable, message: "use 'argmax(axis: 0)'")
  public func argmax(dim: Int, keepdim: Bool = false) -> Tensor<Int64> { unreachable() }
  /// An axis is named by `axis:`.
  @available(*, unavailable, message: "use 'argmin(axis: 0)'")
  public func argmin(dim: Int, keepdim: Bool = false) -> Tensor<Int64> { unreachable() }
  /// A position is looked for along one axis, or in the whole tensor.
  @available(*, unavailable, message: "along one axis: use 'argmax(axis: 0)'")
  public func argmax(axes: Axes, keepingAxes: Bool = false) -> Tensor<Int64> { unreachable() }
  /// A position is looked for along one axis, or in the whole tensor.
  @available(*, unavailable, message: "along one axis: use 'argmin(axis: 0)'")
  public func argmin(axes: Axes, keepingAxes: Bool = false) -> Tensor<Int64> { unreachable() }
  /// Elements are put in order along one axis.
  @available(*, unavailable, message: "along one axis: use 'sorted(axis: 0)'")
  public func sorted(axes: Axes, descending: Bool = false) -> Tensor { unreachable() }
  /// Elements are put in order along one axis.
  @available(*, unavailable, message: "along one axis: use 'argsort(axis: 0)'")
  public func argsort(axes: Axes, descending: Bool = false) -> Tensor<Int64> { unreachable() }
}

extension Tensor {
  /// Running sums go along one axis.
  @available(*, unavailable, message: "along one axis: use 'cumulativeSum(axis: 0)'")
  public func cumulativeSum(axes: Axes) -> Tensor<Scalar.Sum> { unreachable() }
  /// Running sums go along one axis.
  @available(*, unavailable, message: "along one axis: use 'cumulativeSum(axis: 0)'")
  public func cumulativeSum() -> Tensor<Scalar.Sum> { unreachable() }
  /// Running products go along one axis.
  @available(*, unavailable, message: "along one axis: use 'cumulativeProduct(axis: 0)'")
  public func cumulativeProduct(axes: Axes) -> Tensor<Scalar.Sum> { unreachable() }
  /// Running minima go along one axis.
  @available(*, unavailable, message: "along one axis: use 'cumulativeMinimum(axis: 0)'")
  public func cumulativeMinimum(axes: Axes) -> Tensor { unreachable() }
  /// Running maxima go along one axis.
  @available(*, unavailable, message: "along one axis: use 'cumulativeMaximum(axis: 0)'")
  public func cumulativeMaximum(axes: Axes) -> Tensor { unreachable() }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// Axes are named by `axes:`.
  @available(*, unavailable, message: "use 'axes:' and 'keepingAxes:'")
  public func mean(dim: Axes, keepdim: Bool = false) -> Tensor { unreachable() }
  /// Axes are named by `axes:`.
  @available(*, unavailable, message: "use 'axes:' and 'keepingAxes:'")
  public func mean(axis: Axes, keepdims: Bool) -> Tensor { unreachable() }
  /// Softmax goes along one axis.
  @available(*, unavailable, message: "along one axis: use 'softmax(axis: -1)'")
  public func softmax(axes: Axes) -> Tensor { unreachable() }
  /// An axis is named by `axis:`.
  @available(*, unavailable, message: "use 'softmax(axis: -1)'")
  public func softmax(dim: Int) -> Tensor { unreachable() }
  /// Softmax goes along one axis.
  @available(*, unavailable, message: "along one axis: use 'logSoftmax(axis: -1)'")
  public func logSoftmax(axes: Axes) -> Tensor { unreachable() }
  /// An axis is named by `axis:`.
  @available(*, unavailable, message: "use 'logSoftmax(axis: -1)'")
  public func logSoftmax(dim: Int) -> Tensor { unreachable() }
}
