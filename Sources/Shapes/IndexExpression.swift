/// One place of an index: a position, a slice, a new axis, or an ellipsis.
public enum IndexExpression: Hashable, Sendable {
  /// One position, counted from the end when negative; the axis vanishes.
  case index(Int)
  /// From `start` up to but not including `end` in steps of `step`; bounds count from the end when
  /// negative and are clamped to the axis, as in NumPy; nil means as far as it goes.
  case slice(start: Int?, end: Int?, step: Int)
  /// A new axis of extent 1.
  case insertedAxis
  /// As many whole axes as are left.
  case remainingAxes

  /// The whole of an axis.
  public static var whole: IndexExpression { .slice(start: nil, end: nil, step: 1) }

  /// The positions of a range, whose bounds are not negative.
  public static func range(_ range: Range<Int>) -> IndexExpression {
    .slice(start: range.lowerBound, end: range.upperBound, step: 1)
  }
}
