import Execution
import MessagePassing
import Tessera
import TestSupport
import Testing

/// All ways to write into a tensor have one way in: what it decides is tried with each of them.
@Suite struct WritingTests {
  private static func check(_ outcomes: [Findings]) {
    for (rank, findings) in outcomes.enumerated() {
      #expect(findings.all.isEmpty, "rank \(rank): \(findings.all.prefix(5))")
    }
  }

  /// In place, wherever target and values lie; others that hold the same elements keep theirs.
  @Test(arguments: WriteForm.all, [1, 2, 3]) func isInPlace(_ form: WriteForm, ranks: Int) throws {
    let outcomes = try onLoopbackRanks(ranks, deferringFrom: ranks % 2 == 1 ? 0 : .max) { runtime in
      var findings = Findings()
      let expected = form.oracle(form.target, form.values).values
      for place in OperandPlacement.all(axes: 2) {
        for places in form.placements {
          for isHeld in [false, true] {
            let values = try zip(form.values, places).map { try $0.tensor($1, on: runtime) }
            var x = try form.target.tensor(place, on: runtime)
            let sharding = place == .partial ? Sharding.replicated(on: runtime.mesh) : x.sharding
            let held = isHeld ? x : nil
            let storage = x.storageIdentifier
            try form.run(&x, values)
            let name = "\(place), \(places), held \(isHeld)"
            findings.check(try x.gatheredScalars() == expected, "\(name): \(x.scalars)")
            findings.check(x.sharding == sharding, "\(name): \(x.sharding)")
            findings.check(
              place == .partial || (x.storageIdentifier == storage) != isHeld, "\(name): storage")
            if let held { findings.check(held.scalars == form.target.values, "\(name): held") }
            for (value, reference) in zip(values, form.values) {
              findings.check(value.scalars == reference.values, "\(name): a value")
            }
          }
        }
      }
      return findings
    }
    Self.check(outcomes)
  }

  /// Values that are made of the target's elements, or are some of them.
  private enum Source: CaseIterable {
    /// To be computed from them.
    case waiting
    /// Other elements of the same storage.
    case part
    case reversed

    func value(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> {
      // The last elements along each axis.
      func part(_ x: Tensor<Double>) throws -> Tensor<Double> {
        let missing = x.shape.count - y.shape.count
        if y.shape == [x.shape[0]] { return try x.index([.whole, .index(-1)]) }
        return try x.index(
          x.shape.enumerated().map { axis, extent in
            axis < missing ? .index(-1) : .range(extent - y.shape[axis - missing]..<extent)
          })
      }
      switch self {
      case .waiting: return try! part(x) + y
      case .part: return try! part(x)
      case .reversed: return try! part(x.flipped(axes: [0, 1]))
      }
    }
  }

  /// What is written is read before it is changed.
  @Test(arguments: WriteForm.all, [1, 3]) func readsBeforeItWrites(
    _ form: WriteForm, ranks: Int
  ) throws {
    for limit in [0, Int.max] {
      let outcomes = try onLoopbackRanks(ranks, deferringFrom: limit) { runtime in
        var findings = Findings()
        for place in OperandPlacement.all(axes: 2) {
          for source in Source.allCases {
            var x = try form.target.tensor(place, on: runtime)
            let values = try form.values.map { source.value(x, try $0.tensor(on: runtime)) }
            let references = try form.values.map { y in
              let whole = try form.target.tensor(on: runtime)
              return Reference(
                shape: y.shape, values: source.value(whole, try y.tensor(on: runtime)).scalars)
            }
            try form.run(&x, values)
            let expected = form.oracle(form.target, references).values
            findings.check(
              try x.gatheredScalars() == expected, "\(place) \(source): \(x.scalars)")
          }
        }
        return findings
      }
      Self.check(outcomes)
    }
  }

  /// What broadcasting repeats has one place for many elements: a write gives each its own.
  @Test(arguments: WriteForm.all) func elementsGetPlacesOfTheirOwn(_ form: WriteForm) throws {
    let outcomes = try onLoopbackRanks(2) { runtime in
      var findings = Findings()
      let row = WriteForm.numbers([4], 3)
      let target = Reference(shape: [5, 4]) { row[[$0[1]]] }
      for place in [OperandPlacement.replicated, .sharded(0), .unevenly(0)] {
        let values = try form.values.map { try $0.tensor(on: runtime) }
        // Nothing else holds the row.
        var x = try row.tensor(on: runtime).expanded(to: [5, 4])
        x = Tensor(
          try Redistribute(to: place.sharding(of: [5, 4], on: runtime.mesh)).apply([x.body]))
        try form.run(&x, values)
        let expected = form.oracle(target, form.values).values
        findings.check(try x.gatheredScalars() == expected, "\(place): \(x.scalars)")
      }
      return findings
    }
    Self.check(outcomes)
  }

  /// Under a tape the result is another tensor, and gradients pass.
  @Test(arguments: WriteForm.all) func aTapeKeepsTheOldElements(_ form: WriteForm) throws {
    let weights = WriteForm.numbers(WriteForm.shape, 4)
    @Sendable func loss(_ operands: [Reference]) -> Double {
      zip(form.oracle(operands[0], Array(operands[1...])).values, weights.values)
        .reduce(0) { $0 + $1.0 * $1.1 }
    }
    let outcomes = try onLoopbackRanks(2) { runtime in
      var findings = Findings()
      for place in OperandPlacement.all(axes: 2) {
        let references = [form.target] + form.values
        let operands = try references.map { reference in
          let fits = OperandPlacement.all(axes: reference.shape.count).contains(place)
          return try reference.tensor(fits ? place : .replicated, on: runtime)
        }
        let tape = GradientTape()
        for operand in operands { tape.watch(operand) }
        let value = try tape.record {
          var x = operands[0]
          try form.run(&x, Array(operands[1...]))
          return (x * (try weights.tensor(on: runtime))).sum()
        }
        findings.check(value.item() == loss(references), "\(place): \(value)")
        findings.check(operands[0].scalars == form.target.values, "\(place): the target")
        for (number, gradient) in tape.gradients(of: value, at: operands).enumerated() {
          let slopes = references[number].values.indices.map { index in
            var changed = references
            changed[number].values[index] += 1
            return loss(changed) - loss(references)
          }
          findings.check(gradient.scalars == slopes, "\(place): gradient \(number) \(gradient)")
        }
      }
      return findings
    }
    Self.check(outcomes)
  }

  /// What is only explained has the plans of what is done, and writes nothing.
  @Test(arguments: WriteForm.all.filter { !$0.readsElements }) func explainsItsPlans(
    _ form: WriteForm
  ) throws {
    let outcomes = try onLoopbackRanks(2) { runtime in
      var findings = Findings()
      for place in OperandPlacement.all(axes: 2) {
        for places in form.placements {
          let values = try zip(form.values, places).map { try $0.tensor($1, on: runtime) }
          let x = try form.target.tensor(place, on: runtime)
          let before = runtime.communicator.traffic
          let run = form.prepare()
          let plans = try explain {
            var x = x
            try run(&x, values)
          }
          findings.check(runtime.communicator.traffic == before, "\(place) \(places): traffic")
          findings.check(x.scalars == form.target.values, "\(place) \(places): written")
          let recorder = PlanRecorder()
          try recorder.record {
            var x = x
            try run(&x, values)
          }
          findings.check(
            plans == recorder.plans, "\(place) \(places): \(plans) not \(recorder.plans)")
          findings.check(plans.contains { $0.operation != "redistributed" })
        }
      }
      return findings
    }
    Self.check(outcomes)
  }

  /// The value of a parameter is not written either where that is only explained.
  @Test func explainsAssignmentsToParameters() throws {
    let outcomes = try onLoopbackRanks(2) { _ in
      let parameter = Parameter(Tensor<Double>([1, 2, 3]))
      let value = Tensor<Double>([4, 5, 6]).redistributed(to: .sharded(axis: 0))
      let plans = try explain { try parameter.assign(value) }
      return (plans.map(\.operation), parameter.value.scalars, parameter.moves)
    }
    for (names, value, moves) in outcomes {
      #expect(names == ["Parameter.assign"] && value == [1, 2, 3] && moves == 0, "\(names)")
    }
  }

  /// What lies where it is needed is written without memory beside it.
  @Test func takesNoMemory() throws {
    let allocations = try onOneRank { runtime in
      var x = Tensor<Float>.ones([6, 8])
      let y = Tensor<Float>.arange(48).reshaped(6, 8)
      let (mask, five) = (y .> 9, Tensor<Float>(5))
      let parameter = Parameter(y)
      let before = runtime.arena.statistics.allocations
      x += y
      x += 1
      x[2..<5] = y[0..<3]
      x[...] = y
      x[..., 1] = y[..., 2]
      try x.replace([.mask(mask)], with: five)
      try parameter.assign(x)
      return runtime.arena.statistics.allocations - before
    }
    #expect(allocations == 0)
  }

  /// Nor with values that wait: they are computed to where they belong.
  @Test func valuesThatWaitTakeNoMemory() throws {
    let allocations = try onOneRank(deferringFrom: 0) { runtime in
      var x = Tensor<Float>.ones([6, 8])
      let y = Tensor<Float>.arange(48).reshaped(6, 8).evaluated()
      let parameter = Parameter(y)
      _ = x.storageIdentifier
      let before = runtime.arena.statistics.allocations
      x += y * 2
      x[2..<5] = y[0..<3] + 1
      x[...] = y - 3
      x[..., 1] = exp(y[..., 2])
      try parameter.assign(x * y)
      return runtime.arena.statistics.allocations - before
    }
    #expect(allocations == 0)
  }
}
