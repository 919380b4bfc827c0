/// What a step of training has made, and whether it is right.
///
/// Parameters are weight and bias of each layer in turn, each in row-major order.
struct StepOutcome {
  var before: [[Float]]
  var loss: Double
  var gradients: [[Float]]
  var after: [[Float]]

  /// Of the largest gradient that is looked at.
  private static let tolerance = 2e-3

  /// What differs from plain loops of Double, or nil.
  ///
  /// A gradient may differ by a part of the largest one that is looked at, and by what it may be
  /// off where Float and Double rectify sums close to zero differently.
  func fault(_ expected: PlainStep, rate: Double) -> String? {
    guard abs(loss - expected.loss) <= 1e-5 * max(1, expected.loss) else {
      return "the loss \(loss) instead of \(expected.loss)"
    }
    for (number, samples) in expected.gradients.enumerated() {
      let largest = samples.map { abs($0.value) }.max() ?? 0
      for sample in samples {
        let given = Double(gradients[number][sample.position])
        guard abs(given - sample.value) <= Self.tolerance * largest + sample.doubt else {
          return """
            the gradient \(given) of parameter \(number) at \(sample.position) instead of \(sample.value)
            """
        }
      }
      for position in before[number].indices {
        let old = Double(before[number][position])
        let move = rate * Double(gradients[number][position])
        let new = Double(after[number][position])
        guard abs(new - (old - move)) <= 2e-7 * max(abs(old), abs(move)) else {
          return "\(new) in parameter \(number) at \(position) instead of \(old - move)"
        }
      }
    }
    return nil
  }

  /// Outcomes that are wrong in one respect each.
  func spoiled(_ expected: PlainStep) -> [StepOutcome] {
    var wrong = self
    wrong.loss += 0.01
    var outcomes = [wrong]
    for (number, samples) in expected.gradients.enumerated() {
      guard let largest = samples.max(by: { abs($0.value) < abs($1.value) }) else { continue }
      wrong = self
      let error = 3 * (Self.tolerance * abs(largest.value) + largest.doubt)
      wrong.gradients[number][largest.position] += Float(error)
      outcomes.append(wrong)
      wrong = self
      wrong.after[number] = before[number]
      outcomes.append(wrong)
    }
    return outcomes
  }
}
