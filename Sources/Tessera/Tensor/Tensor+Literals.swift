import Execution

/// A nested literal such as `[[1, 2], [3, 4]]`.
///
/// Its elements are put in one row while it is built, so that a literal is as deep to build, and to
/// let go of, as one part of it, however deep it is nested.
public struct TensorLiteral<Scalar: TensorScalar>: Sendable {
  fileprivate var scalars: [Scalar]
  fileprivate var shape: Shape
  /// What the tensor of it will say of its parts.
  fileprivate var mistake: TensorError?

  /// One element.
  public static func scalar(_ scalar: Scalar) -> TensorLiteral {
    TensorLiteral(scalars: [scalar], shape: [])
  }

  /// Some parts along a new first axis, all of one shape.
  public static func array(_ parts: [TensorLiteral]) -> TensorLiteral {
    guard let first = parts.first else { return TensorLiteral(scalars: [], shape: [0]) }
    func mistaken(_ given: String, _ expected: String) -> TensorLiteral {
      TensorLiteral(
        scalars: [], shape: [], mistake: TensorError("Tensor", given: given, expected: expected))
    }
    var result = TensorLiteral(scalars: [], shape: [parts.count] + first.shape)
    guard result.shape.count <= Shape.mostAxes else {
      return mistaken(
        "a literal nested more than \(Shape.mostAxes) deep", "at most \(Shape.mostAxes) axes")
    }
    result.scalars.reserveCapacity(parts.count * first.scalars.count)
    for (index, part) in parts.enumerated() {
      if part.mistake != nil { return part }
      guard part.shape == first.shape else {
        return mistaken(
          "a ragged literal: part 0 has shape \(first.shape), part \(index) \(part.shape)",
          "parts of one shape")
      }
      result.scalars += part.scalars
    }
    return result
  }
}

extension TensorLiteral: ExpressibleByArrayLiteral {
  /// Some parts along a new first axis.
  public init(arrayLiteral elements: TensorLiteral...) { self = .array(elements) }
}

extension TensorLiteral: ExpressibleByIntegerLiteral
where Scalar: ExpressibleByIntegerLiteral {
  /// One element, from a whole number.
  public init(integerLiteral value: Scalar.IntegerLiteralType) {
    self = .scalar(Scalar(integerLiteral: value))
  }
}

extension TensorLiteral: ExpressibleByFloatLiteral where Scalar: ExpressibleByFloatLiteral {
  /// One element, from a number with decimals.
  public init(floatLiteral value: Scalar.FloatLiteralType) {
    self = .scalar(Scalar(floatLiteral: value))
  }
}

extension TensorLiteral: ExpressibleByBooleanLiteral where Scalar: ExpressibleByBooleanLiteral {
  /// One element, `true` or `false`.
  public init(booleanLiteral value: Scalar.BooleanLiteralType) {
    self = .scalar(Scalar(booleanLiteral: value))
  }
}

extension Tensor: ExpressibleByArrayLiteral {
  /// The tensor that a nested literal such as `[[1, 2], [3, 4]]` spells, replicated.
  public init(arrayLiteral elements: TensorLiteral<Scalar>...) { self.init(elements) }

  /// A nested literal; all parts at one depth must have one shape.
  public init(_ parts: [TensorLiteral<Scalar>]) {
    self = orEnd { () throws(TensorError) in try Tensor(literal: parts) }
  }

  /// The same, throwing.
  package init(literal parts: [TensorLiteral<Scalar>]) throws(TensorError) {
    let literal = TensorLiteral.array(parts)
    if let mistake = literal.mistake { throw mistake }
    self = try Tensor(checked: literal.scalars, shape: literal.shape)
  }

  /// A row of numbers.
  public init(_ scalars: some Collection<Scalar>) {
    self.init(Array(scalars), shape: [scalars.count])
  }

  /// Rows of numbers, all of one length.
  public init(_ rows: [[Scalar]]) {
    self.init(rows.map { .array($0.map { .scalar($0) }) })
  }

  /// A single value, without axes.
  public init(_ scalar: Scalar) {
    self.init([scalar], shape: [])
  }
}
