import Execution
import Foundation
import Synchronization
import Tessera
import TestSupport
import Testing

/// The pullback of every operation of the table in a random direction, in Double, against differences of plain
/// loops, on every placement of every operand; and every primitive has been met on the way.
@Suite struct OperationGradientTests {
  private static let rows =
    OperationRow<Double>.common + OperationRow<Double>.floatingPoint + OperationRow<Double>.lines

  @Test func pullbacksAgreeWithDifferences() throws {
    let met = Mutex<Set<String>>([])
    for ranks in OperationTableTests.ranks {
      // Everything elementwise is deferred on odd numbers of ranks, and nothing on even ones.
      let outcomes = try onLoopbackRanks(ranks, deferringFrom: ranks % 2 == 1 ? 0 : .max) {
        runtime in
        let recorder = PlanRecorder()
        var outcome = TableOutcome()
        try recorder.record {
          for row in Self.rows {
            for extents in OperationTable.extents {
              try Self.check(row, extents, on: runtime, &outcome)
            }
          }
        }
        met.withLock { $0.formUnion(recorder.primitives) }
        return outcome
      }
      for (rank, outcome) in outcomes.enumerated() where rank == 0 || !outcome.failures.isEmpty {
        #expect(outcome.cases > 1000)
        let count = outcome.failures.count
        let first = outcome.failures.prefix(5).joined(separator: "\n")
        #expect(count == 0, "\(ranks) ranks, rank \(rank): \(count) of \(outcome.cases), \(first)")
      }
    }
    let missing = try Self.primitives().subtracting(met.withLock { $0 })
    #expect(missing.isEmpty, "primitives without a row in the table: \(missing.sorted())")
  }

  /// The types that the sources declare to be primitives.
  private static func primitives() throws -> Set<String> {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Tessera/Operations")
    var names: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let source = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      for match in source.matches(of: /struct (\w+)[^{]*: Primitive \{/) {
        names.insert(String(match.1))
      }
    }
    #expect(names.contains("Take") && names.contains("MapElements") && names.count > 25)
    return names
  }

  /// The check must notice a wrong pullback, and a primitive that no row has met.
  @Test func aWrongPullbackFails() throws {
    let wrong = OperationRow<Double>.movement(
      "wrong", { TableResult(Tensor<Double>.applying(WrongSquare(), $0[0].body)) }
    ) { $0[0].map { $0 * $0 } }
    let outcomes = try onLoopbackRanks(2) { runtime in
      var outcome = TableOutcome()
      try Self.check(wrong, OperationTable.extents[3], on: runtime, &outcome)
      return outcome
    }
    #expect(outcomes.allSatisfy { $0.failures.count == $0.cases && $0.cases > 0 })
    #expect(try !Self.primitives().subtracting(["Take"]).isEmpty)
  }

  private static func check(
    _ row: OperationRow<Double>, _ extents: (m: Int, n: Int, k: Int), on runtime: Runtime,
    _ outcome: inout TableOutcome
  ) throws {
    let shapes = row.shapes(.init(m: extents.m, n: extents.n, k: extents.k))
    // Off the places where functions jump or bend, and no two alike.
    let points = shapes.enumerated().map { operand, shape in
      Reference(
        shape: shape,
        values: (0..<shape.reduce(1, *)).map {
          row.element($0 + operand * 5) + 0.1 + 0.03 * Double(($0 * 37 + operand * 11) % 101) / 101
        })
    }
    guard let result = row.oracle(points), result.values.allSatisfy(\.isFinite) else { return }
    let directions = points.enumerated().map { operand, point in
      point.values.indices.map { cos(Double($0 * 7 + operand * 3 + 1)) }
    }
    let weights = result.values.indices.map { sin(Double($0 * 5 + 1)) }
    var slope: Double?
    func difference() -> Double {
      func value(_ step: Double) -> Double {
        let moved = zip(points, directions).map { point, direction in
          Reference(
            shape: point.shape, values: zip(point.values, direction).map { $0 + step * $1 })
        }
        return zip(row.oracle(moved)!.values, weights).reduce(0) { $0 + $1.0 * $1.1 }
      }
      let step = 1e-6
      return (value(step) - value(-step)) / (2 * step)
    }
    for placements in OperationTable.product(shapes.map { OperandPlacement.all(axes: $0.count) }) {
      let operands = try zip(points, placements).map { point, placement in
        try Tensor(point.values, shape: Shape(point.shape), placed: placement, on: runtime)
      }
      let tape = GradientTape()
      for operand in operands { tape.watch(operand) }
      let value = try tape.record { try row.run(operands) }
      guard value.body.scalarType == .float64, row.isDifferentiable else { return }
      let loss = tape.record {
        (Tensor<Double>(value.body) * Tensor(weights, shape: value.shape)).sum()
      }
      let gradients = tape.gradients(of: loss, at: operands)
      outcome.cases += 1
      var found = 0.0
      for (gradient, direction) in zip(gradients, directions) {
        found += zip(try gradient.gatheredScalars(), direction).reduce(0) { $0 + $1.0 * $1.1 }
      }
      slope = slope ?? difference()
      if !(abs(found - slope!) <= 1e-5 * (1 + abs(slope!))) {
        outcome.failures.append(
          "\(row.name) \(shapes) \(placements): slope \(found), expected \(slope!)")
      }
    }
  }
}
