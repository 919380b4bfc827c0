import Shapes

/// What an elementwise operation does to the elements of its operands: one instruction of a program, with the
/// number that it may have.
public enum ElementFunction: Hashable, Sendable {
  case unary(UnaryFunction)
  case classify(Classification)
  case binary(BinaryFunction)
  case binaryWithScalar(BinaryFunction, ScalarValue, scalarIsFirst: Bool)
  case compare(Comparison)
  case compareWithScalar(Comparison, ScalarValue)
  /// The second operand where the first holds, else the third.
  case select
  /// The second operand where the first holds, else 0.
  case keep
  case convert(to: ScalarType)

  /// What users call it.
  public var name: String {
    switch self {
    case .unary(let function): function.name
    case .classify(let classification): classification.name
    case .binary(let function), .binaryWithScalar(let function, _, _): function.name
    case .compare(let comparison), .compareWithScalar(let comparison, _): comparison.name
    case .select: "select"
    case .keep: "kept"
    case .convert: "converted"
    }
  }

  /// Appends the function of earlier values to a program.
  @discardableResult
  public func append(to program: inout Program, _ values: [Program.Value]) -> Program.Value {
    switch self {
    case .unary(let function):
      return program.apply(function, values[0])
    case .classify(let classification):
      return program.apply(classification, values[0])
    case .binary(let function):
      return program.apply(function, values[0], values[1])
    case .binaryWithScalar(let function, let scalar, let scalarIsFirst):
      let constant = program.constant(scalar)
      return scalarIsFirst
        ? program.apply(function, constant, values[0])
        : program.apply(function, values[0], constant)
    case .compare(let comparison):
      return program.apply(comparison, values[0], values[1])
    case .compareWithScalar(let comparison, let scalar):
      return program.apply(comparison, values[0], program.constant(scalar))
    case .select:
      return program.select(values[0], values[1], values[2])
    case .keep:
      let zero = program.constant(ScalarValue(0, as: program.type(of: values[1])))
      return program.select(values[0], values[1], zero)
    case .convert(let type):
      return program.convert(values[0], to: type)
    }
  }

  /// A program of this function alone.
  public func program(_ types: [ScalarType]) -> Program {
    var program = Program()
    append(to: &program, types.map { program.operand($0) })
    return program
  }
}
