/// What may stand between the brackets of `x[…]`, for one axis or several.
public protocol TensorIndex: Sendable {
  var indexExpression: IndexExpression { get }
}

/// One place of an index: a position, a slice, a new axis, or an ellipsis.
public enum IndexExpression: Hashable, Sendable, TensorIndex {
  /// One position, counted from the end when negative; the axis vanishes.
  case index(Int)
  /// From `start` up to but not including `end` in steps of `step`; bounds count from the end when negative
  /// and are clamped to the axis, as in NumPy; nil means as far as it goes.
  case slice(start: Int?, end: Int?, step: Int)
  /// A new axis of extent 1.
  case insertedAxis
  /// As many whole axes as are left.
  case remainingAxes

  public var indexExpression: IndexExpression { self }
}

extension TensorIndex where Self == IndexExpression {
  /// The whole of an axis.
  public static var all: IndexExpression { .slice(start: nil, end: nil, step: 1) }
  /// A new axis of extent 1.
  public static var newAxis: IndexExpression { .insertedAxis }
  /// As many whole axes as are left, NumPy's `...`.
  public static var ellipsis: IndexExpression { .remainingAxes }
  /// A slice whose bounds may be negative: `.slice(1, -1)` leaves out the first and the last.
  public static func slice(_ start: Int?, _ end: Int?) -> IndexExpression {
    .slice(start: start, end: end, step: 1)
  }
  /// Every `step`-th element; a negative step goes backwards.
  public static func stride(
    from start: Int? = nil, to end: Int? = nil, by step: Int
  ) -> IndexExpression {
    .slice(start: start, end: end, step: step)
  }
}

extension Int: TensorIndex {
  public var indexExpression: IndexExpression { .index(self) }
}

extension Range: TensorIndex where Bound == Int {
  public var indexExpression: IndexExpression {
    .slice(start: lowerBound, end: upperBound, step: 1)
  }
}

extension ClosedRange: TensorIndex where Bound == Int {
  public var indexExpression: IndexExpression {
    .slice(start: lowerBound, end: upperBound == -1 ? nil : upperBound + 1, step: 1)
  }
}

extension PartialRangeFrom: TensorIndex where Bound == Int {
  public var indexExpression: IndexExpression { .slice(start: lowerBound, end: nil, step: 1) }
}

extension PartialRangeUpTo: TensorIndex where Bound == Int {
  public var indexExpression: IndexExpression { .slice(start: nil, end: upperBound, step: 1) }
}

extension PartialRangeThrough: TensorIndex where Bound == Int {
  public var indexExpression: IndexExpression {
    .slice(start: nil, end: upperBound == -1 ? nil : upperBound + 1, step: 1)
  }
}
