import Execution

/// What may stand between the brackets of `x[…]`, for one axis or several: integers, ranges of
/// integers, also with an end that is counted from the end of the axis (`1..<-1`), what
/// `IndexExpression` makes (`.all`, `.newAxis`, `.ellipsis`, `.slice(1, -1)`, `.stride(by: 2)`),
/// tensors of integers and masks.
public protocol TensorIndex: Sendable {
  /// What it says of its place between the brackets.
  var indexTerm: IndexTerm { get }
}

/// What an index says of its place between the brackets.
public enum IndexTerm: Sendable {
  /// Known without looking at elements.
  case expression(IndexExpression)
  /// The positions to take along an axis, in any shape.
  case positions(Tensor<Int64>)
  /// Whether to take, for each position of as many axes as the mask has.
  case mask(Tensor<Bool>)
}

extension IndexExpression: TensorIndex {
  /// The expression itself.
  public var indexTerm: IndexTerm { .expression(self) }
}

extension TensorIndex where Self == IndexExpression {
  /// The whole of an axis.
  public static var all: IndexExpression { .whole }
  /// A new axis of extent 1.
  public static var newAxis: IndexExpression { .insertedAxis }
  /// As many whole axes as are left, NumPy's `...`.
  public static var ellipsis: IndexExpression { .remainingAxes }
  /// A slice whose bounds may be negative: `.slice(1, -1)`, for short `1..<-1`, leaves out the
  /// first and the last.
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
  /// One position, counted from the end if negative; its axis goes.
  public var indexTerm: IndexTerm { .expression(.index(self)) }
}

extension Range: TensorIndex where Bound == Int {
  /// The positions of the range.
  public var indexTerm: IndexTerm { .slice(lowerBound, upTo: upperBound) }
}

extension ClosedRange: TensorIndex where Bound == Int {
  /// The positions of the range, its last one included.
  public var indexTerm: IndexTerm { .slice(lowerBound, through: upperBound) }
}

extension PartialRangeFrom: TensorIndex where Bound == Int {
  /// The positions from a bound on, which counts from the end if negative.
  public var indexTerm: IndexTerm { .slice(lowerBound, upTo: nil) }
}

extension PartialRangeUpTo: TensorIndex where Bound == Int {
  /// The positions before a bound, which counts from the end if negative.
  public var indexTerm: IndexTerm { .slice(nil, upTo: upperBound) }
}

extension PartialRangeThrough: TensorIndex where Bound == Int {
  /// The positions up to a last one, which counts from the end if negative.
  public var indexTerm: IndexTerm { .slice(nil, through: upperBound) }
}

extension IndexTerm {
  fileprivate static func slice(_ start: Int?, upTo end: Int?) -> IndexTerm {
    .expression(.slice(start: start, end: end, step: 1))
  }

  fileprivate static func slice(_ start: Int?, through last: Int) -> IndexTerm {
    // Nothing follows the last position, nor the largest number.
    slice(start, upTo: last == -1 || last == .max ? nil : last + 1)
  }
}

/// A scalar type whose tensors can be indices: integers are positions, Booleans a mask.
public protocol IndexScalar: TensorScalar {
  /// What a tensor of this type says as an index.
  static func indexTerm(of tensor: Tensor<Self>) -> IndexTerm
}

extension Tensor: TensorIndex where Scalar: IndexScalar {
  /// Positions for integers, a mask for Booleans.
  public var indexTerm: IndexTerm { Scalar.indexTerm(of: self) }
}

extension IndexScalar where Self: IntegerTensorScalar {
  /// The numbers as positions.
  public static func indexTerm(of tensor: Tensor<Self>) -> IndexTerm {
    .positions(tensor.positions)
  }
}

extension Int8: IndexScalar {}
extension Int16: IndexScalar {}
extension Int32: IndexScalar {}
extension Int64: IndexScalar {}
extension Int: IndexScalar {}
extension UInt8: IndexScalar {}
extension UInt16: IndexScalar {}
extension UInt32: IndexScalar {}
extension UInt64: IndexScalar {}
extension Bool: IndexScalar {
  /// The tensor as a mask.
  public static func indexTerm(of tensor: Tensor<Bool>) -> IndexTerm { .mask(tensor) }
}

extension Tensor where Scalar: IntegerTensorScalar {
  /// The same numbers as Int64, without copying where they are.
  var positions: Tensor<Int64> {
    Scalar.scalarType == .int64 ? Tensor<Int64>(body) : converted(to: Int64.self)
  }
}
