import Execution

extension Value {
  /// What some operations give, which tapes remember as one with a pullback of its own: where the
  /// pullback that follows from the operations one by one has no limit at a point, or loses one,
  /// and the whole has it.
  ///
  /// - Parameters:
  ///   - operands: what the result depends on; others are constants.
  ///   - kept: the values that the pullback reads where the cotangents of these operands are
  ///     needed. What the pullback captures is kept, too.
  ///   - forward: gives a tensor that is none of the operands.
  ///   - pullback: the cotangents of the operands. It is made of operations that tapes remember, or
  ///     of composed ones, so that it has a derivative itself.
  static func composed(
    _ name: String, of operands: Value...,
    keeping kept: @escaping (_ isNeeded: [Bool]) -> KeptValues, as forward: () -> Value,
    pullback: @escaping (_ cotangent: Value, _ context: PullbackContext) -> [Value?]
  ) -> Value {
    let bodies = operands.map(\.body)
    guard GradientTape.follows(bodies) else { return forward() }
    let result = GradientTape.withoutRecording(forward)
    GradientTape.record(name, bodies, result.body, keeping: kept, pullback)
    return result
  }
}
