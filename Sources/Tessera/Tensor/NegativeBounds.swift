import Shapes

infix operator ..<- : RangeFormationPrecedence
infix operator ...- : RangeFormationPrecedence
prefix operator ..<-
prefix operator ...-

// Swift's ranges refuse an end before their start, and so trap on `1..<(-1)` before a tensor sees
// it. Written without spaces and parentheses these operators take their place.
extension Int {
  /// The positions from `start` up to but not including the one that is `distance` before the end:
  /// `x[1..<-1]` is `x[.slice(1, -1)]`, NumPy's `x[1:-1]`, and `x[a..<-b]` is NumPy's `x[a:-b]`.
  ///
  /// Where that lies before `start` it is nothing. As in NumPy, `..<-0` ends at position 0.
  public static func ..<- (start: Int, distance: Int) -> IndexExpression {
    .slice(start: start, end: 0 &- distance, step: 1)
  }

  /// The positions from `start` up to the one that is `distance` before the end, which is included:
  /// `x[1...-1]` is `x[1...]`, and `x[1...-2]` leaves out the first and the last.
  public static func ...- (start: Int, distance: Int) -> IndexExpression {
    .slice(start: start, end: endAfter(distance), step: 1)
  }

  /// The positions before the one that is `distance` before the end: `x[..<-1]` is `x[.slice(nil,
  /// -1)]`.
  public static prefix func ..<- (distance: Int) -> IndexExpression {
    .slice(start: nil, end: 0 &- distance, step: 1)
  }

  /// The positions up to the one that is `distance` before the end, which is included: `x[...-2]`
  /// leaves out the last.
  public static prefix func ...- (distance: Int) -> IndexExpression {
    .slice(start: nil, end: endAfter(distance), step: 1)
  }

  /// The end of a slice whose last position lies so far before the end of the axis; nil for that
  /// end.
  private static func endAfter(_ distance: Int) -> Int? {
    let last = distance == .min ? .max : -distance
    return last == -1 || last == .max ? nil : last + 1
  }
}
