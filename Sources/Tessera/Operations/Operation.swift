import Execution

/// An operation as a value, whose errors are thrown: the door for callers that must survive a
/// mistake, such as interactive tools and bindings to other languages. Operators and methods of
/// tensors lead to the same planning step and end the job instead.
///
/// `try Operation.matmul.apply(to: [x, w])`
public struct Operation: Sendable {
  /// Which scalar types operands may have.
  enum OperandTypes: Sendable {
    /// One for all.
    case alike
    /// One for all, of numbers.
    case numbers
    /// One for all, with fractions.
    case floatingPoint
    /// Booleans first, then one for all others.
    case mask
    /// Int64 for the second, as positions, and one for all others.
    case positions
  }

  private let name: String
  /// How many operands there must be; nil for any number from one on.
  private let count: Int?
  private let types: OperandTypes
  /// The primitive for operands, which may depend on the axes that they have.
  private let primitive:
    @Sendable (_ operands: [TensorDescription]) throws(TensorError) -> any Primitive

  init(_ primitive: some Primitive, operands count: Int?, types: OperandTypes = .alike) {
    self.init(primitive.name, operands: count, types: types) { _ in primitive }
  }

  init(
    _ name: String, operands count: Int?, types: OperandTypes = .alike,
    _ primitive:
      @escaping @Sendable (_ operands: [TensorDescription]) throws(TensorError) -> any Primitive
  ) {
    self.name = name
    self.count = count
    self.types = types
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
    try check(operands.map(\.scalarType))
    return try primitive(operands)
  }

  private func check(_ given: [ScalarType]) throws(TensorError) {
    let (isRight, expected) =
      switch types {
      case .alike: (Set(given).count == 1, "one scalar type for all operands")
      case .numbers: (Set(given).count == 1 && given[0] != .bool, "one type of numbers")
      case .floatingPoint:
        (given.allSatisfy { $0 == given[0] && $0.isFloatingPoint }, "Float or Double")
      case .mask:
        (
          given[0] == .bool && Set(given.dropFirst()).count == 1,
          "a mask of Booleans, then tensors of one scalar type"
        )
      case .positions:
        (
          given[1] == .int64 && Set([given[0]] + given.dropFirst(2)).count == 1,
          "a tensor, positions of Int64, then tensors of the first one's scalar type"
        )
      }
    guard isRight else {
      throw TensorError(
        name, given: "operands of \(given.map(\.description).joined(separator: ", "))",
        expected: expected)
    }
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
    try apply(operands.map(\.body), as: type)
  }

  /// The same for operands of several scalar types, such as a tensor and its indices.
  public func apply<each S: TensorScalar, R: TensorScalar>(
    to operands: repeat Tensor<each S>, as type: R.Type
  ) throws(TensorError) -> Tensor<R> {
    var bodies: [Body] = []
    for operand in repeat each operands { bodies.append(operand.body) }
    return try apply(bodies, as: type)
  }

  private func apply<R: TensorScalar>(
    _ operands: [Body], as type: R.Type
  ) throws(TensorError) -> Tensor<R> {
    let descriptions = operands.map(\.description)
    let primitive = try primitive(for: descriptions)
    let plan = try primitive.plan(descriptions)
    guard plan.result.scalarType == R.scalarType else {
      throw TensorError(
        name, given: "a result asked to be \(R.scalarType)",
        expected: "\(plan.result.scalarType)")
    }
    return Tensor<R>(try primitive.apply(operands))
  }
}
