import Execution

/// A nested literal such as `[[1, 2], [3, 4]]`.
public indirect enum TensorLiteral<Scalar: TensorScalar>: Sendable {
  case scalar(Scalar)
  case array([TensorLiteral])

  /// The shape, if all parts have the same.
  fileprivate var shape: Shape {
    get throws(TensorError) {
      switch self {
      case .scalar: return []
      case .array(let parts):
        guard let first = parts.first else { return [0] }
        let inner = try first.shape
        for (index, part) in parts.enumerated() {
          let other = try part.shape
          guard other == inner else {
            throw TensorError(
              "Tensor",
              given: "a ragged literal: part 0 has shape \(inner), part \(index) \(other)",
              expected: "parts of one shape")
          }
        }
        return [parts.count] + inner
      }
    }
  }

  fileprivate func collect(into scalars: inout [Scalar]) {
    switch self {
    case .scalar(let scalar): scalars.append(scalar)
    case .array(let parts): for part in parts { part.collect(into: &scalars) }
    }
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
    let shape = try literal.shape
    var scalars: [Scalar] = []
    literal.collect(into: &scalars)
    self = try Tensor(checked: scalars, shape: shape)
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
