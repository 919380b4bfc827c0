import Execution
import Foundation
import MessagePassing
import Synchronization
import Tessera
import TestSupport
import Testing

/// The pullback of every operation of the table in a random direction, in Double, against
/// differences of plain loops, on every placement of every operand; and every primitive has been
/// met on the way.
@Suite struct OperationGradientTests {
  static let rows =
    OperationRow<Double>.common + OperationRow<Double>.floatingPoint + OperationRow<Double>.lines

  @Test func pullbacksAgreeWithDifferences() throws {
    let met = Mutex<Set<String>>([])
    // More of them belong to the whole, which takes minutes.
    for ranks in Self.isLong ? OperationTableTests.ranks : [1, 2, 3, 5] {
      // Everything elementwise is deferred on odd numbers of ranks, and nothing on even ones.
      let outcomes = try onLoopbackRanks(ranks, deferringFrom: ranks % 2 == 1 ? 0 : .max) {
        runtime in
        var outcome = TableOutcome()
        for row in Self.rows {
          // One a row, as it keeps all plans.
          let recorder = PlanRecorder()
          try recorder.record {
            for extents in OperationTable.extents {
              try Self.check(row, extents, on: runtime, &outcome)
            }
          }
          met.withLock { $0.formUnion(recorder.primitives) }
        }
        return outcome
      }
      for (rank, outcome) in outcomes.enumerated() where rank == 0 || !outcome.failures.isEmpty {
        #expect(outcome.cases > 1000)
        let count = outcome.failures.count
        let first = outcome.failures.prefix(5).joined(separator: "\n")
        #expect(count == 0, "\(ranks) ranks, rank \(rank): \(count) of \(outcome.cases), \(first)")
      }
    }
    let primitives = try SourcesOfPrimitives.names()
    #expect(primitives.isSuperset(of: ["Take", "MapElements", "Unary", "Reduce", "Compare"]))
    let missing = primitives.subtracting(met.withLock { $0 })
    #expect(missing.isEmpty, "primitives without a row in the table: \(missing.sorted())")
  }

  /// The check must notice a wrong pullback.
  @Test func aWrongPullbackFails() throws {
    let wrong = OperationRow<Double>.movement(
      "wrong", { TableResult(Tensor<Double>.applying(WrongSquare(), $0[0].body)) }
    ) { $0[0].map { $0 * $0 } }
    let outcomes = try onLoopbackRanks(2) { runtime in
      var outcome = TableOutcome()
      try Self.check(wrong, OperationTable.extents[3], on: runtime, &outcome)
      return outcome
    }
    // Each case is wrong to the first order, and some are asked to the second.
    #expect(outcomes.allSatisfy { $0.failures.count >= $0.cases && $0.cases > 0 })
  }

  /// The slope of Σ w (v + v²/2), for v the result of an operation, along a random direction, and
  /// how that changes along another one: the cotangent of v depends on v, so that pullbacks have
  /// derivatives even of what is linear.
  private static func check(
    _ row: OperationRow<Double>, _ extents: (m: Int, n: Int, k: Int), on runtime: Runtime,
    _ outcome: inout TableOutcome
  ) throws {
    let shapes = row.shapes(.init(m: extents.m, n: extents.n, k: extents.k))
    let points = points(row, shapes)
    guard row.isDifferentiable, let result = row.oracle(points),
      result.values.allSatisfy(\.isFinite)
    else { return }
    func direction(_ phase: Int) -> [[Double]] {
      points.enumerated().map { operand, point in
        point.values.indices.map { cos(Double($0 * 7 + operand * 3 + phase)) }
      }
    }
    let (first, second) = (direction(1), direction(4))
    let weights = result.values.indices.map { sin(Double($0 * 5 + 1)) }
    func value(_ a: Double, _ b: Double) -> Double {
      let moved = points.enumerated().map { operand, point in
        Reference(
          shape: point.shape,
          values: point.values.indices.map {
            point.values[$0] + a * first[operand][$0] + b * second[operand][$0]
          })
      }
      return zip(row.oracle(moved)!.values, weights).reduce(0) { sum, term in
        sum + term.1 * (term.0 + term.0 * term.0 / 2)
      }
    }
    // Small enough that no two elements change their order.
    let (step, wide) = (1e-6, 5e-5)
    let slope = (value(step, 0) - value(-step, 0)) / (2 * step)
    lazy var change =
      (value(wide, wide) - value(wide, -wide) - value(-wide, wide) + value(-wide, -wide))
      / (4 * wide * wide)
    let terms = zip(result.values, weights).reduce(0) { sum, term in
      sum + abs(term.1) * (abs(term.0) + term.0 * term.0 / 2)
    }
    let layouts = OperandPlacement.all(axes: result.shape.count)
    let lying = OperationTable.product(shapes.map { OperandPlacement.all(axes: $0.count) })
    for (number, placements) in lying.enumerated() {
      // Of three operands every third way to lie.
      if !isLong, lying.count > 36, number % 3 != row.name.count % 3 { continue }
      // Each layout of the cotangent comes with some of the operands; all of them with each take
      // minutes.
      let chosen =
        isLong ? layouts : [layouts[(number + row.name.count + extents.n) % layouts.count]]
      for (turn, layout) in chosen.enumerated() {
        let operands = try zip(points, placements).map { point, placement in
          try Tensor(point.values, shape: Shape(point.shape), placed: placement, on: runtime)
        }
        // Every layout to the second order, with every fourth way of the operands to lie.
        let isSecond =
          (isLong || extents.m == 5) && (number + turn + row.name.count) % 4 == 0
        guard
          let found = try slopes(
            row, operands, weights, layout, first, isSecond ? second : nil)
        else { return }
        outcome.cases += 1
        if !(abs(found.slope - slope) <= 1e-5 * (1 + abs(slope))) {
          outcome.failures.append(
            "\(row.name) \(shapes) \(placements), cotangent \(layout): "
              + "slope \(found.slope), expected \(slope)")
        }
        guard let second = found.second else { continue }
        let size = 1 + abs(change) + weights.reduce(0) { $0 + abs($1) }
        let rounding = 1e-15 * terms / (wide * wide)
        if !(abs(second - change) <= 2e-4 * size + rounding) {
          outcome.failures.append(
            "\(row.name) \(shapes) \(placements), cotangent \(layout): "
              + "second slope \(second), expected \(change)")
        }
      }
    }
  }

  /// Operands off the places where functions jump or bend, no two elements alike.
  static func points(_ row: OperationRow<Double>, _ shapes: [[Int]]) -> [Reference] {
    shapes.enumerated().map { operand, shape in
      Reference(
        shape: shape,
        values: (0..<shape.reduce(1, *)).map {
          row.element($0 + operand * 5) + 0.1 + 0.03 * Double(($0 * 37 + operand * 11) % 101) / 101
        })
    }
  }

  private static let isLong = ProcessInfo.processInfo.environment["TESSERA_LONG_TESTS"] == "1"

  /// The slopes that tapes find, with the cotangent of the result brought to a layout; nil where it
  /// has no derivative.
  private static func slopes(
    _ row: OperationRow<Double>, _ operands: [Tensor<Double>], _ weights: [Double],
    _ layout: OperandPlacement, _ first: [[Double]], _ second: [[Double]]?
  ) throws -> (slope: Double, second: Double?)? {
    let (outer, tape) = (GradientTape(), GradientTape())
    for operand in operands {
      tape.watch(operand)
      if second != nil { outer.watch(operand) }
    }
    func along(_ gradients: [Tensor<Double>], _ direction: [[Double]]) throws -> Double {
      try zip(gradients, direction).reduce(0) { sum, pair in
        sum + zip(try pair.0.gatheredScalars(), pair.1).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    func go() throws -> (gradients: [Tensor<Double>], sum: Tensor<Double>)? {
      let value = try tape.record { try row.run(operands) }
      guard value.body.scalarType == .float64 else { return nil }
      let loss = tape.record {
        let v = Tensor<Double>.applying(WithCotangent(layout: layout), value.body)
        return ((v + v.square() / 2) * Tensor(weights, shape: value.shape)).sum()
      }
      let gradients = tape.gradients(of: loss, at: operands)
      if second == nil { return (gradients, Tensor(0)) }
      let terms = zip(gradients, first).map { ($0 * Tensor($1, shape: $0.shape)).sum() }
      return (gradients, terms.dropFirst().reduce(terms[0], +))
    }
    guard let (gradients, sum) = try second == nil ? go() : outer.record(go) else { return nil }
    let slope = try along(gradients, first)
    guard let second else { return (slope, nil) }
    return (slope, try along(outer.gradients(of: sum, at: operands), second))
  }
}

/// The same tensor, whose cotangent comes to lie in a given way.
struct WithCotangent: Primitive {
  let layout: OperandPlacement

  var name: String { "with a cotangent" }

  func hashOptions(into hash: inout StableHash) { hash.combine("\(layout)") }

  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    Plan(
      operation: name, operands: operands, alignments: [.keeping(operands[0])],
      local: operands[0])
  }

  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock { operands[0] }

  func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [Value(Tensor<Double>.applying(Laid(layout: layout), g.body).body)]
  }
}

/// The same tensor, lying in a given way: terms of it too.
struct Laid: Primitive {
  let layout: OperandPlacement

  var name: String { "laid" }

  func hashOptions(into hash: inout StableHash) { hash.combine("\(layout)") }

  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    let mesh = operands[0].sharding.mesh
    let target = layout.sharding(of: operands[0].shape, on: mesh)
    let isPartial = target.partialReduction != nil
    return Plan(
      operation: name, operands: operands,
      alignments: [
        try Redistribution(operands[0], to: isPartial ? .replicated(on: mesh) : target)
      ],
      local: operands[0].with(target))
  }

  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    guard layout == .partial else { return operands[0] }
    // A half, a quarter, …, and the rest: scaled by powers of two, which rounds nothing.
    let (rank, count) = (runtime.communicator.rank, runtime.communicator.size)
    let type = operands[0].type
    let share = ScalarValue(exp2(-Double(min(rank + 1, count - 1))), as: type)
    let scaled = AppliedFunction(.binary(.multiply), with: share)
    let terms = try runtime.allocate(operands[0].shape, type)
    runtime.executor.evaluate(scaled.elements(of: operands), into: terms)
    return terms
  }

  func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] { [g] }
}
