import Execution

/// A function of three values, elementwise, with broadcasting.
package struct Ternary: ElementwisePrimitive {
  let function: TernaryFunction

  package init(_ function: TernaryFunction) { self.function = function }

  package var name: String { function.name }

  package func hashOptions(into hash: inout StableHash) {}

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let type = operands[0].scalarType
    guard function.isDefined(for: type) else {
      throw TensorError(
        name, given: "tensors of \(type)", expected: "a scalar type that has \(name)")
    }
    return try Planner.elementwise(name, operands, result: type)
  }

  package var elements: AppliedFunction { .init(.ternary(function)) }

  package func kept(for isNeeded: [Bool]) -> KeptValues {
    isNeeded.indices.reduce(into: []) { kept, number in
      if isNeeded[number] { kept.formUnion(function.reads[number]) }
    }
  }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let cotangents = function.cotangents(g) { context.value(of: $0) }
    return context.operands.indices.map { number in
      context.ifNeeded(number) {
        cotangents[number]().summed(to: context.operands[number].shape)
      }
    }
  }
}

// The rules for functions of three values: what a cotangent becomes on its way to each of them.
extension TernaryFunction {
  /// The operands that the cotangent of each operand reads.
  fileprivate var reads: [KeptValues] {
    switch self {
    case .fma: [.operand(1), .operand(0), []]
    case .clamped:
      [KeptValues](repeating: [.operand(0), .operand(1), .operand(2)], count: 3)
    case .lerp: [.operand(2), .operand(2), [.operand(0), .operand(1)]]
    }
  }

  /// - Parameter value: that of an operand: x, y, z by their numbers.
  /// - Returns: the cotangents for f(x, y, z) in the shape of the result, each computed when it is
  ///   asked for.
  fileprivate func cotangents(
    _ g: Value, _ value: @escaping (Int) -> Value
  ) -> [() -> Value] {
    let (x, y, z) = ({ value(0) }, { value(1) }, { value(2) })
    switch self {
    case .fma: return [{ g * y() }, { g * x() }, { g }]
    case .clamped:
      // The one that is the result takes all: x at the bounds, the upper bound where they cross. A
      // NaN is taken, that of the upper bound before others.
      let isBelow = { x().compare(.less, y()).or(y().isNaN) }
      let isAbove = { x().apply(Binary(.maximum), y()).compare(.greater, z()).or(z().isNaN) }
      return [
        { g.kept(where: isBelow().or(isAbove()).unary(.not)) },
        { g.kept(where: isBelow().and(isAbove().unary(.not))) },
        { g.kept(where: isAbove()) },
      ]
    case .lerp: return [{ g * (1 - z()) }, { g * z() }, { g * (y() - x()) }]
    }
  }
}
