import Execution

/// An operation as a value, whose errors are thrown: the door for callers that must survive a mistake, such as
/// interactive tools and bindings to other languages. Operators and methods of tensors lead to the same
/// planning step and end the job instead.
///
/// `try Operation.matmul.apply(to: [x, w])`
public struct Operation: Sendable {
  private let name: String
  /// How many operands there must be; nil for any number from one on.
  private let count: Int?
  /// The primitive for operands, which may depend on the axes that they have.
  private let primitive:
    @Sendable (_ operands: [TensorDescription]) throws(TensorError) -> any Primitive

  private init(_ primitive: some Primitive, operands count: Int?) {
    self.init(primitive.name, operands: count) { _ in primitive }
  }

  private init(
    _ name: String, operands count: Int?,
    _ primitive:
      @escaping @Sendable (_ operands: [TensorDescription]) throws(TensorError) -> any Primitive
  ) {
    self.name = name
    self.count = count
    self.primitive = primitive
  }

  private func primitive(
    for operands: [TensorDescription]
  ) throws(TensorError) -> any Primitive {
    guard !operands.isEmpty, count == nil || operands.count == count else {
      throw TensorError(
        name, given: "\(operands.count) operands",
        expected: count.map { "\($0)" } ?? "at least one")
    }
    return try primitive(operands)
  }

  /// What the operation would do on every rank, or why it cannot. Local; nothing moves.
  public func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try primitive(for: operands).plan(operands)
  }

  /// Carries the operation out. An error of metadata is thrown on every rank before anything moves.
  ///
  /// Collective if the plan communicates.
  public func apply<S: TensorScalar>(to operands: [Tensor<S>]) throws(TensorError) -> Tensor<S> {
    try apply(to: operands, as: S.self)
  }

  /// The same for an operation whose result has another scalar type, such as a comparison.
  public func apply<S: TensorScalar, R: TensorScalar>(
    to operands: [Tensor<S>], as type: R.Type
  ) throws(TensorError) -> Tensor<R> {
    let descriptions = operands.map(\.body.description)
    let primitive = try primitive(for: descriptions)
    let plan = try primitive.plan(descriptions)
    guard plan.result.scalarType == R.scalarType else {
      throw TensorError(
        name, given: "a result asked to be \(R.scalarType)",
        expected: "\(plan.result.scalarType)")
    }
    return Tensor<R>(try primitive.apply(operands.map(\.body)))
  }

  /// A function of each element.
  public static func unary(_ function: UnaryFunction) -> Operation {
    .init(Unary(function), operands: 1)
  }
  /// A function of two elements each, with broadcasting.
  public static func binary(_ function: BinaryFunction) -> Operation {
    .init(Binary(function), operands: 2)
  }
  /// A function of three elements each, with broadcasting.
  public static func ternary(_ function: TernaryFunction) -> Operation {
    .init(Ternary(function), operands: 3)
  }
  /// A comparison of two elements each, with broadcasting; gives Booleans.
  public static func compare(_ comparison: Comparison) -> Operation {
    .init(Compare(comparison), operands: 2)
  }
  /// The matrix product of the last two axes of two operands; other axes broadcast.
  public static var matmul: Operation { .init(MatrixProduct(), operands: 2) }
  /// The same elements in another shape; one -1 is inferred.
  public static func reshape(_ shape: Shape) -> Operation { .init(Reshape(shape), operands: 1) }
  /// Axes in the given order, each named once; negative ones count from the end.
  public static func permute(_ axes: [Int]) -> Operation {
    .init("permuted", operands: 1) { (operands) throws(TensorError) in
      try Permute(given: axes, for: operands[0].shape)
    }
  }
  /// Repetition along axes of extent 1 and new leading ones.
  public static func broadcast(to shape: Shape) -> Operation {
    .init(Expand(to: shape), operands: 1)
  }
  /// Operands one after another along an axis; a negative one counts from the end.
  public static func concatenate(axis: Int) -> Operation {
    .init("concatenate", operands: nil) { (operands) throws(TensorError) in
      Concatenate(axis: try operands[0].shape.resolvedAxis(axis, for: "concatenate"))
    }
  }
  /// The part that an index picks. Steps are positive: elements in reverse order are a flip of what is picked.
  public static func index(_ indices: IndexExpression...) -> Operation {
    .init("index", operands: 1) { (operands) throws(TensorError) in
      for case .slice(_, _, let step) in indices where step < 0 {
        throw TensorError("index", given: "a slice with step \(step)", expected: "a positive step")
      }
      return Slice(indices)
    }
  }
  /// A reduction over some axes; negative ones count from the end.
  public static func reduce(
    _ reduction: Reduction, axes: [Int], keepingAxes: Bool = false
  ) -> Operation {
    .init("\(reduction)", operands: 1) { (operands) throws(TensorError) in
      Reduce(
        reduction, axes: try Axes(axes).resolved(in: operands[0].shape, for: "\(reduction)"),
        keepingAxes: keepingAxes)
    }
  }
  /// The same tensor under another placement.
  public static func redistribute(to placement: Placement) -> Operation {
    .init(Redistribute(to: placement), operands: 1)
  }
}
