/// How results came from what a tape follows by ways that no gradient takes: past an operation
/// without a derivative, and on from there.
///
/// It holds numbers and names alone, no tensor, and is asked only when nothing has led anywhere, to
/// say why.
struct GradientPath {
  private struct Step {
    /// The operation, if the gradient ends at it.
    var cut: String?
    var operands: [UInt64]
  }

  private var steps: [UInt64: Step] = [:]
  /// Results that are gradients, or computed from them: where they are constants, it is not for
  /// want of recording.
  private var gradients: Set<UInt64> = []

  /// Whether there is anything to follow.
  var isEmpty: Bool { steps.isEmpty && gradients.isEmpty }

  /// Notes an operation of something followed that gives a result without a derivative.
  mutating func cut(at operation: String, _ operands: [UInt64], _ result: UInt64) {
    steps[result] = Step(cut: operation, operands: operands)
  }

  /// Notes what is computed from a result that was noted, or has it written into it.
  mutating func extend(_ operands: [UInt64], _ result: UInt64) {
    if operands.contains(where: { steps[$0] != nil }) {
      steps[result, default: Step(cut: nil, operands: [])].operands += operands
    }
    if operands.contains(where: gradients.contains) { gradients.insert(result) }
  }

  /// Notes a gradient, which may be a constant.
  mutating func note(gradient: UInt64) { gradients.insert(gradient) }

  func comesFromGradient(_ result: UInt64) -> Bool { gradients.contains(result) }

  /// The operation that ends the gradient on a way back from a result to one of the targets, if
  /// there is such a way.
  ///
  /// - Parameter recorded: the operands of operations that the tape has recorded.
  func cut(
    from result: UInt64, to targets: Set<UInt64>, recorded: (UInt64) -> [UInt64]
  ) -> String? {
    var waiting = [(result, String?.none)]
    // A body is looked at twice at most: as reached without a cut and with one.
    var seen: Set<UInt64> = []
    var seenBehindCut: Set<UInt64> = []
    while let (body, passed) = waiting.popLast() {
      if let passed, targets.contains(body) { return passed }
      let isNew =
        passed == nil ? seen.insert(body).inserted : seenBehindCut.insert(body).inserted
      guard isNew else { continue }
      for operand in recorded(body) { waiting.append((operand, passed)) }
      if let step = steps[body] {
        for operand in step.operands { waiting.append((operand, passed ?? step.cut)) }
      }
    }
    return nil
  }
}
