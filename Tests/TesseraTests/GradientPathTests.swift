import Execution
import Foundation
import Tessera
import TestSupport
import Testing

/// Gradients that lead nowhere are an error that says where the way was cut; constants that were
/// meant are not.
@Suite struct GradientPathTests {
  private typealias Function = @Sendable (Tensor<Double>) -> Tensor<Double>

  /// What the error says on each of several ranks; nil where there is none.
  private func messages(
    ranks: Int, placement: Placement = .replicated, ofConstant: Bool = false,
    _ loss: @escaping @Sendable (GradientTape, Tensor<Double>) -> Tensor<Double>
  ) throws -> [String?] {
    try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Double>([0.5, -1.5, 2.5, 3.5]).redistributed(to: placement)
      let tape = GradientTape()
      tape.watch(x)
      let value = loss(tape, x)
      do {
        _ = try tape.backward(value.body, at: [x.body], ofConstant: ofConstant)
        return nil
      } catch {
        return "\(error)"
      }
    }
  }

  /// Ways that end, by the name of the operation that ends them.
  private static let cuts: [(String, Function)] = [
    ("converted", { $0.converted(to: Int32.self).converted(to: Double.self).sum() }),
    ("converted", { $0.square().converted(to: Bool.self).converted(to: Double.self).mean() }),
    ("greater", { (($0 * 2) .> 0).converted(to: Double.self).sum() }),
    ("lessEqual", { select($0 .<= $0.sum(), Tensor<Double>.ones([4]), 0).sum() }),
    ("isNaN", { $0.isNaN().converted(to: Double.self).sum() + 1 }),
    ("argmax", { $0.argmax().converted(to: Double.self) }),
    ("argsort", { $0.argsort().converted(to: Double.self).sum() }),
    ("searchSorted", { $0.sorted().searchSorted($0).converted(to: Double.self).sum() }),
    ("topK", { $0.topK(2).indices.converted(to: Double.self).sum() }),
    ("histogram", { $0.histogram(bins: 3, in: 0...3).converted(to: Double.self).sum() }),
    ("map", { $0.map { $0 * 2 }.sum() }),
    ("unique", { $0.unique().sum() }),
    ("stopGradient", { stopGradient($0).sum() }),
    ("stopGradient", { $0.square().sum().withoutGradient() * 3 }),
    (
      "withUnsafeMutableBuffer",
      {
        var y = $0 * 2
        y.withUnsafeMutableBuffer { _ in }
        return y.sum()
      }
    ),
    (
      "greater",
      {
        var y = Tensor<Double>.zeros([4])
        y[$0 .> 0] = 1
        return y.sum()
      }
    ),
  ]

  @Test(arguments: [1, 2, 3]) func aWayThatIsCutIsNamed(ranks: Int) throws {
    for placement in [Placement.replicated, .sharded(axis: 0)] {
      for (name, function) in Self.cuts {
        for isFunction in [false, true] {
          let found = try messages(ranks: ranks, placement: placement, ofConstant: isFunction) {
            tape, x in tape.record { function(x) }
          }
          for message in found {
            let message = message ?? "no error"
            #expect(message == found[0])
            #expect(
              message.hasPrefix("gradients: given a value that depends on what is asked for only")
                && message.contains("through \(name),"), "\(name): \(message)")
          }
        }
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func whatWasNotRecordedIsNamed(ranks: Int) throws {
    let losses: [@Sendable (GradientTape, Tensor<Double>) -> Tensor<Double>] = [
      { $1.square().sum() },
      // Another tape recorded it.
      { _, x in
        let other = GradientTape()
        other.watch(x)
        return other.record { x.square().sum() }
      },
      // Nothing that is followed is in it.
      { tape, _ in tape.record { Tensor<Double>([1, 2]).sum() } },
      // Something else was recorded.
      { tape, x in
        _ = tape.record { x.sum() }
        return x.square().sum()
      },
      // It was computed from what was computed before.
      { tape, x in
        let early = x * 2
        return tape.record { early.sum() }
      },
    ]
    for (number, loss) in losses.enumerated() {
      for message in try messages(ranks: ranks, loss) {
        #expect(
          message?.hasPrefix("gradients: given a value that this tape has not recorded") == true,
          "\(number): \(message ?? "no error")")
      }
    }
  }

  @Test func parametersAreToldTheSame() throws {
    let p = Parameter(Tensor<Double>([1, 2]))
    let loss = p.value.square().sum()
    #expect {
      try GradientTape().backward(loss.body, at: [p.body])
    } throws: {
      "\($0)".contains("this tape has not recorded")
    }
    let tape = GradientTape()
    let count = tape.record { (p.value .> 1).sum().converted(to: Double.self) }
    #expect {
      try tape.backward(count.body, at: [p.body])
    } throws: {
      "\($0)".contains("only through greater")
    }
    // Nothing is asked for.
    #expect(try tape.backward(loss.body, at: []).isEmpty)
  }

  @Test func watchingTooLateIsNamed() throws {
    let x = Tensor<Double>([1, 2])
    let tape = GradientTape()
    let loss = tape.record { x.square().sum() }
    tape.watch(x)
    #expect {
      try tape.backward(loss.body, at: [x.body])
    } throws: {
      "\($0)".contains("watched before")
    }
  }

  /// A slope of 0 is a slope.
  @Test func flatFunctionsLeadOn() {
    let functions: [Function] = [
      { $0.floor().sum() }, { $0.ceil().sum() }, { $0.round().sum() }, { $0.trunc().sum() },
      { $0.sign().sum() }, { ($0 * 0).sum() }, { ($0 ** 0).sum() }, { $0.relu().sum() },
      { $0.clamped(to: 5...6).sum() }, { $0[..<0].sum() },
    ]
    for function in functions {
      #expect(gradient(of: function)(Tensor([-0.5, -1.5])).scalars == [0, 0])
    }
  }

  @Test func constantsHaveNoSlope() {
    let x = Tensor<Double>([1, 2])
    let outside = Tensor<Double>(5)
    #expect(gradient { (_: Tensor<Double>) in outside }(x).scalars == [0, 0])
    #expect(gradient { (_: Tensor<Double>) in Tensor<Double>([1, 2]).sum() }(x).scalars == [0, 0])
    let (value, slope) = valueWithGradient(at: x) { _ in outside * 2 }
    #expect(value.item() == 10 && slope.scalars == [0, 0])
    #expect(checkGradient(of: { _ in outside }, at: x) == 0)
  }

  /// The gradient of a constant gradient is zero, however it is asked for.
  @Test func gradientsOfConstantGradientsAreZero() {
    let x = Tensor<Double>([1, 2])
    let second = gradient { (x: Tensor<Double>) in gradient { ($0 * 3).sum() }(x).sum() }
    #expect(second(x).scalars == [0, 0])
    let third = gradient { (x: Tensor<Double>) in
      gradient { gradient { $0.square().sum() }($0).sum() }(x).square().sum()
    }
    #expect(third(x).scalars == [0, 0])
    let parameter = Parameter(x)
    for isParameter in [false, true] {
      let (outer, inner) = (GradientTape(), GradientTape())
      outer.watch(x)
      inner.watch(x)
      let sum = outer.record {
        let value = isParameter ? parameter.value : x
        let loss = inner.record { (value * 3).sum() }
        let slope =
          isParameter
          ? inner.gradients(of: loss, at: [parameter])[0]
          : inner.gradients(of: loss, at: [x])[0]
        return (slope * 2).sum()
      }
      #expect(outer.gradients(of: sum, at: [x])[0].scalars == [0, 0])
    }
    // Slopes that jump are found by comparisons, which is not a way that is cut.
    let jumps: [Function] = [
      { $0.relu().sum() }, { maximum($0, 1).sum() }, { maximum($0, $0.flipped(axes: 0)).sum() },
      { select($0 .> 1, $0 * 2, $0).sum() }, { $0.max() }, { $0.clamped(to: 0...1.5).sum() },
      { $0.sorted().max() },
    ]
    for function in jumps {
      let second = gradient { gradient(of: function)($0).sum() }
      #expect(second(x).scalars == [0, 0])
    }
    // Of a sign the slope is 0, and so is that one's.
    let flat = gradient { (x: Tensor<Double>) in gradient { $0.abs().sum() }(x).sum() }
    #expect(flat(x).scalars == [0, 0])
  }

  @Test func theValueMayBeWhatIsAskedFor() {
    let p = Parameter(Tensor<Double>(3))
    let tape = GradientTape()
    let loss = tape.record { p.value }
    #expect(tape.gradients(of: loss, at: [p])[0].item() == 1)
    let x = Tensor<Double>([2])
    let other = GradientTape()
    other.watch(x)
    #expect(other.gradients(of: x, at: [x])[0].scalars == [1])
  }

  @Test func unusedParametersAreZeroAndNamed() {
    let used = Parameter(Tensor<Double>([1, 2]), name: "used")
    let idle = Parameter(Tensor<Double>([3]), name: "idle")
    let masked = Parameter(Tensor<Double>([3, 4]), name: "masked")
    let tape = GradientTape(persistent: true)
    let loss = tape.record {
      (used.value * (masked.value .> 3).converted(to: Double.self)).sum()
    }
    let parameters = [idle, used, masked]
    let gradients = tape.gradients(of: loss, at: parameters)
    #expect(gradients.map(\.scalars) == [[0], [0, 1], [0, 0]])
    #expect(tape.unused.map { parameters[$0].name } == ["idle", "masked"])
    #expect(tape.gradients(of: loss, at: [used])[0].scalars == [0, 1])
    #expect(tape.unused.isEmpty)
    // It was recorded, and does not use this one in any way.
    #expect(tape.gradients(of: loss, at: [idle])[0].scalars == [0])
    #expect(tape.unused == [0])
  }

  /// A penalty on the gradient of parameters: an outer tape follows what an inner one found, on any
  /// number of ranks, whether the gradient is taken from the answer or from the parameter, and step
  /// after step.
  @Test(arguments: [1, 2, 3]) func gradientsOfParametersAreFollowed(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Double>([1, 2, 3, 4]).redistributed(to: .sharded(axis: 0))
      let p = Parameter(Tensor<Double>(2), name: "p")
      return (0..<2).flatMap { step in
        let outer = GradientTape()
        let loss = outer.record {
          let inner = GradientTape()
          let y = inner.record { (x * p.value ** 3).sum() }
          let slopes = inner.gradients(of: y, at: [p])
          return y + (step == 0 ? slopes[0] : p.gradient).square().sum()
        }
        // 10 p³ + (30 p²)², whose slope is 30 p² + 3600 p³.
        return [loss.item(), outer.gradients(of: loss, at: [p])[0].item()]
      }
    }
    for values in found { #expect(values == [14_480, 28_920, 14_480, 28_920]) }
  }

  /// A job that asks for such a gradient ends with the message.
  @Test func theJobEndsWithTheMessage() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let p = Parameter(Tensor<Float>([1, 2]))
      let loss = p.value.square().sum()
      _ = GradientTape().gradients(of: loss, at: [p])
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("gradients: given a value that this tape has not recorded"))
  }
}
