import Execution

/// An operation as a value, whose errors are thrown: the door for callers that must survive a mistake, such as
/// interactive tools and bindings to other languages. Operators and methods of tensors lead to the same
/// planning step and end the job instead.
///
/// `try Operation.matmul.apply(to: [x, w])`
public struct Operation: Sendable {
  let primitive: any Primitive

  private init(_ primitive: any Primitive) { self.primitive = primitive }

  /// What the operation would do on every rank, or why it cannot. Local; nothing moves.
  public func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try primitive.plan(operands)
  }

  /// Carries the operation out. An error of metadata is thrown on every rank before anything moves.
  ///
  /// Collective if the plan communicates.
  public func apply<S: TensorScalar, R: TensorScalar>(
    to operands: [Tensor<S>], as type: R.Type = S.self
  ) throws(TensorError) -> Tensor<R> {
    guard !operands.isEmpty else {
      throw TensorError(primitive.name, given: "no operands", expected: "at least one")
    }
    let plan = try primitive.plan(operands.map(\.body.description))
    guard plan.result.scalarType == R.scalarType else {
      throw TensorError(
        primitive.name, given: "a result asked to be \(R.scalarType)",
        expected: "\(plan.result.scalarType)")
    }
    return Tensor<R>(try primitive.apply(operands.map(\.body)))
  }

  /// A function of each element.
  public static func unary(_ function: UnaryFunction) -> Operation { .init(Unary(function)) }
  /// A function of two elements each, with broadcasting.
  public static func binary(_ function: BinaryFunction) -> Operation { .init(Binary(function)) }
  /// A comparison of two elements each, with broadcasting; gives Booleans.
  public static func compare(_ comparison: Comparison) -> Operation { .init(Compare(comparison)) }
  /// The matrix product of the last two axes of two operands; other axes broadcast.
  public static var matmul: Operation { .init(MatrixProduct()) }
  /// The same elements in another shape; one -1 is inferred.
  public static func reshape(_ shape: Shape) -> Operation { .init(Reshape(shape)) }
  /// Axes in the given order, each named once, counted from the front.
  public static func permute(_ axes: [Int]) -> Operation { .init(Permute(axes)) }
  /// Repetition along axes of extent 1 and new leading ones.
  public static func broadcast(to shape: Shape) -> Operation { .init(Expand(to: shape)) }
  /// Operands one after another along an axis, counted from the front.
  public static func concatenate(axis: Int) -> Operation { .init(Concatenate(axis: axis)) }
  /// The part that an index picks, with positive steps.
  public static func index(_ indices: IndexExpression...) -> Operation { .init(Slice(indices)) }
  /// A reduction over some axes, counted from the front.
  public static func reduce(
    _ reduction: Reduction, axes: [Int], keepingAxes: Bool = false
  ) -> Operation {
    .init(Reduce(reduction, axes: axes.sorted(), keepingAxes: keepingAxes))
  }
  /// The same tensor under another placement.
  public static func redistribute(to placement: Placement) -> Operation {
    .init(Redistribute(to: placement))
  }
}
