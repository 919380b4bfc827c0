import Execution

/// The elements of a value where a mask holds, and 0 elsewhere, whatever they are; operands are the
/// mask and the value, with broadcasting.
///
/// Cotangents of what was not chosen are 0 that way, where a product with 0 would be NaN for an
/// infinite one.
package struct Keep: ElementwisePrimitive {
  package var name: String { "kept" }

  package func hashOptions(into hash: inout StableHash) {}

  /// Linear in the value, so that terms pass.
  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.elementwise(
      name, operands, result: operands[1].scalarType, linearity: .multiplication)
  }

  package var elements: AppliedFunction { .init(.keep) }

  package func kept(for isNeeded: [Bool]) -> KeptValues { .operand(0) }

  package func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [
      nil,
      context.ifNeeded(1) {
        g.kept(where: context.value(of: 0)).summed(to: context.operands[1].shape)
      },
    ]
  }
}

extension Value {
  /// The value where a mask holds, and 0 elsewhere.
  func kept(where mask: Value) -> Value { mask.apply(Keep(), self) }
}
