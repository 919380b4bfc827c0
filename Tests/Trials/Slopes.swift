import Execution
import Tessera

/// Gradients of a program's last variable, to the second order, against differences.
struct SlopeTrial {
  /// Along directions, so that one number says whether all of a gradient is right.
  private typealias Point = [Tensor<Double>]

  private let program: TrialProgram
  private let runtime: Runtime
  /// What slopes are multiplied by before they are compared: 1, unless they are to be wrong.
  private let factor: Double
  private let leaves: [Step]
  private let constants: [Step]
  private let steps: [Step]

  init(_ program: TrialProgram, on runtime: Runtime, factor: Double) throws {
    self.program = program
    self.runtime = runtime
    self.factor = factor
    func isParameter(_ step: Step) throws -> Bool {
      try step.name == "leaf" && step.word("type") == "float64"
    }
    leaves = try program.steps.filter(isParameter)
    constants = try program.steps.filter { try $0.name == "leaf" && !isParameter($0) }
    steps = program.steps.filter { $0.name != "leaf" }
  }

  /// What is wrong with the gradients; says in `undecided` where differences cannot tell.
  func complaint(undecided: inout Int) throws -> String? {
    let point = try leaves.map { step -> Tensor<Double> in
      var environment = Environment(runtime: runtime)
      try environment.run(step)
      guard let leaf = try environment.tensor(step.results[0]) as? Tensor<Double> else {
        throw Malformed("a leaf of \(step.name)")
      }
      return leaf
    }
    let (first, second) = (directions(1, like: point), directions(2, like: point))
    let slopes = try gradient(at: point)
    for (slope, leaf) in zip(slopes, point) where slope.shape != leaf.shape {
      return "a gradient of shape \(slope.shape) at \(leaf.shape)"
    }
    if let complaint = try compare(
      "slope", try along(slopes, first).item(), magnitude: size(slopes, first),
      with: { try value(at: shifted(point, by: $0, along: first)).item() }, &undecided)
    {
      return complaint
    }
    // The slope along the first direction is a function of the point, too.
    let outer = GradientTape()
    for leaf in point { outer.watch(leaf) }
    let slope: Tensor<Double> = try outer.record { try self.along(self.gradient(at: point), first) }
    let curvatures = outer.gradients(of: slope, at: point)
    return try compare(
      "second slope", try along(curvatures, second).item(), magnitude: size(curvatures, second),
      with: { try along(gradient(at: shifted(point, by: $0, along: second)), first).item() },
      &undecided)
  }

  /// A sum of all elements of the output with weights, so that none of their slopes goes unseen.
  private func value(at point: Point) throws -> Tensor<Double> {
    var environment = Environment(runtime: runtime)
    for step in constants { try environment.run(step) }
    for (step, leaf) in zip(leaves, point) { environment.set(step.results[0], leaf) }
    for step in steps { try environment.run(step) }
    guard let output = try environment.tensor(program.output ?? -1) as? Tensor<Double> else {
      throw Malformed("an output that is not of Double")
    }
    let weights = Tensor<Double>.arange(output.elementCount).sin().reshaped(output.shape)
    return (output * (weights + 0.5)).sum()
  }

  private func gradient(at point: Point) throws -> Point {
    let tape = GradientTape()
    for leaf in point { tape.watch(leaf) }
    let output: Tensor<Double> = try tape.record { try self.value(at: point) }
    return tape.gradients(of: output, at: point)
  }

  private func directions(_ key: UInt64, like point: Point) -> Point {
    point.enumerated().map { number, leaf in
      Tensor<Double>.randn(leaf.shape, key: Key(key).folded(in: number))
    }
  }

  private func shifted(_ point: Point, by step: Double, along direction: Point) -> Point {
    zip(point, direction).map { $0 + $1 * step }
  }

  private func along(_ gradient: Point, _ direction: Point) throws -> Tensor<Double> {
    zip(gradient, direction).reduce(Tensor<Double>(0)) { $0 + ($1.0 * $1.1).sum() }
  }

  /// How large the terms are of which a slope is the sum.
  private func size(_ gradient: Point, _ direction: Point) -> Double {
    zip(gradient, direction).reduce(0) { $0 + ($1.0 * $1.1).abs().sum().item() }
  }

  /// Differences with two steps, and what follows from both for none.
  private func compare(
    _ name: String, _ slope: Double, magnitude: Double, with value: (Double) throws -> Double,
    _ undecided: inout Int
  ) throws -> String? {
    func difference(_ step: Double) throws -> Double {
      (try value(step) - value(-step)) / (2 * step)
    }
    let (wide, narrow) = (try difference(2e-4), try difference(1e-4))
    let limit = (4 * narrow - wide) / 3
    let scale = magnitude + (try value(0)).magnitude + 1e-2
    guard (limit - narrow).magnitude <= 1e-4 * scale, scale < 1e6 else {
      undecided += 1
      return nil
    }
    // What is left are terms of the fourth order in the step, and rounding by the step.
    let bound = 1e-7 * scale + 0.05 * (limit - narrow).magnitude
    if (slope * factor - limit).magnitude <= bound { return nil }
    return "\(name) \(slope * factor), by differences \(limit) within \(bound)"
      + program.lines(leadingTo: program.output ?? -1).map { "\n    \($0.prefix(160))" }.joined()
  }
}
