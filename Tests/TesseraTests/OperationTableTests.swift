import Execution
import Foundation
import MessagePassing
import Tessera
import TestSupport
import Testing

/// What a case of the table found wrong, and how many cases there were.
struct TableOutcome: Sendable {
  var cases = 0
  var failures: [String] = []
  /// What primitives were told on the way.
  var functions: Set<String> = []
}

/// Every operation on every placement of every operand, for numbers of ranks below, at and above
/// the extents, against plain loops; operands keep their shardings, ranks receive just the bytes
/// that the plans say, and a dry run counts what they move.
@Suite struct OperationTableTests {
  static let ranks = [1, 2, 3, 4, 5, 8]

  @Test(arguments: ranks) func floats(ranks: Int) throws {
    try check(
      OperationRow<Float>.common + OperationRow<Float>.floatingPoint + OperationRow<Float>.lines
        + OperationRow<Float>.sortingNaN,
      ranks: ranks)
  }

  @Test(arguments: ranks) func integers(ranks: Int) throws {
    try check(OperationRow<Int32>.common + OperationRow<Int32>.integers, ranks: ranks)
  }

  private func check<S: NumericTensorScalar>(_ rows: [OperationRow<S>], ranks: Int) throws {
    // Everything elementwise is deferred on odd numbers of ranks, and nothing on even ones.
    let outcomes = try onLoopbackRanks(ranks, deferringFrom: ranks % 2 == 1 ? 0 : .max) { runtime in
      var outcome = TableOutcome()
      for row in rows {
        for extents in OperationTable.extents {
          try OperationTable.check(row, extents, on: runtime, &outcome)
        }
      }
      return outcome
    }
    for (rank, outcome) in outcomes.enumerated() where rank == 0 || !outcome.failures.isEmpty {
      #expect(outcome.cases > rows.count)
      let count = outcome.failures.count
      let first = outcome.failures.prefix(5).joined(separator: "\n")
      #expect(count == 0, "rank \(rank): \(count) of \(outcome.cases) cases, first \(first)")
    }
  }

  /// Every function of elements, comparison and reduction that there is is in some row; primitives
  /// are looked for by `OperationGradientTests`, which meet those of pullbacks too.
  @Test func everyFunctionHasARow() throws {
    let outcomes = try onLoopbackRanks(2) { runtime in
      var outcome = TableOutcome()
      func run<S: NumericTensorScalar>(_ rows: [OperationRow<S>]) throws {
        for row in rows {
          try OperationTable.check(row, OperationTable.extents[3], on: runtime, &outcome)
        }
      }
      try run(OperationRow<Float>.common + OperationRow<Float>.floatingPoint)
      try run(OperationRow<Float>.lines + OperationRow<Float>.sortingNaN)
      try run(OperationRow<Int32>.common + OperationRow<Int32>.integers)
      return outcome
    }
    func all<F: CaseIterable>(_ type: F.Type) -> [String] { F.allCases.map { "\(type).\($0)" } }
    let functions = Set(
      all(UnaryFunction.self) + all(BinaryFunction.self) + all(TernaryFunction.self)
        + all(Comparison.self) + all(Classification.self) + all(Reduction.self))
    #expect(functions.subtracting(outcomes[0].functions).sorted() == [])
  }

  /// A function that is wrongly said to be linear must be noticed: its terms are not 0 on any rank.
  @Test(arguments: [2, 3, 5]) func aFunctionThatIsNotLinearFails(ranks: Int) throws {
    let wrong = [
      OperationRow<Float>.unary(
        "square of terms", { TableResult(Tensor<Float>.applying(TermByTerm(.square), $0.body)) }
      ) { $0 * $0 },
      OperationRow<Float>.unary(
        "tanh of terms", { TableResult(Tensor<Float>.applying(TermByTerm(.tanh), $0.body)) }, tanh),
    ]
    let outcomes = try onLoopbackRanks(ranks) { runtime in
      try wrong.map { row in
        var outcome = TableOutcome()
        try OperationTable.check(row, OperationTable.extents[3], on: runtime, &outcome)
        return outcome.failures
      }
    }
    for failures in outcomes.joined() {
      #expect(failures.contains { $0.contains("[partial]") }, "\(failures)")
    }
  }

  /// The checker must notice an operation that is wrong in one element.
  @Test func aWrongOperationFails() throws {
    let wrong = OperationRow<Float>.movement(
      "wrong",
      { operands in
        var x = operands[0] + 0
        if x.elementCount > 1 { x[0, 0] = 99 }
        return TableResult(x)
      }
    ) { $0[0] }
    let outcomes = try onLoopbackRanks(2) { runtime in
      var outcome = TableOutcome()
      try OperationTable.check(wrong, OperationTable.extents[3], on: runtime, &outcome)
      return outcome
    }
    #expect(outcomes.allSatisfy { !$0.failures.isEmpty })
  }

  /// The checker must notice a rank that holds other bits.
  @Test func anotherBitOnOneRankFails() throws {
    let wrong = OperationRow<Float>.movement(
      "drifted",
      { operands in
        let x = operands[0].redistributed(to: .replicated)
        return TableResult(x + (x.body.runtime.communicator.rank == 1 ? 1e-6 : 0))
      }
    ) { $0[0] }
    let outcomes = try onLoopbackRanks(3) { runtime in
      var outcome = TableOutcome()
      try OperationTable.check(wrong, OperationTable.extents[3], on: runtime, &outcome)
      return outcome
    }
    #expect(outcomes.allSatisfy { $0.failures.contains { $0.contains("rank 1 holds other bits") } })
  }

  /// The checker must notice communication that no plan shows.
  @Test func aHiddenGatherFails() throws {
    let hidden = OperationRow<Float>.movement(
      "hidden gather",
      { operands in
        let block = operands[0].body
        let whole = try Redistribution(
          block.description, to: .replicated(on: block.sharding.mesh))
        _ = try block.runtime.redistribute(try block.block, whole)
        return TableResult(operands[0])
      }
    ) { $0[0] }
    let outcomes = try onLoopbackRanks(2) { runtime in
      var outcome = TableOutcome()
      try OperationTable.check(hidden, OperationTable.extents[3], on: runtime, &outcome)
      return outcome
    }
    #expect(outcomes.allSatisfy { $0.failures.contains { $0.contains("received") } })
  }
}

/// A function of each rank's term, whatever it makes of their sum.
private struct TermByTerm: Primitive {
  let function: UnaryFunction

  init(_ function: UnaryFunction) { self.function = function }

  var name: String { "term by term" }

  func hashOptions(into hash: inout StableHash) { hash.combine("\(function)") }

  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    Plan(
      operation: name, operands: operands, alignments: [.keeping(operands[0])],
      local: operands[0])
  }

  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate(operands[0].shape, operands[0].type)
    runtime.executor.evaluate(
      AppliedFunction(.unary(function)).elements(of: operands), into: result)
    return result
  }

  func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

enum OperationTable {
  /// Empty, one, smaller than most numbers of ranks, uneven, even.
  static let extents: [(m: Int, n: Int, k: Int)] = [
    (0, 3, 2), (3, 0, 1), (2, 3, 0), (5, 7, 3), (8, 4, 16), (1, 1, 1),
  ]

  static func check<S: NumericTensorScalar>(
    _ row: OperationRow<S>, _ extents: (m: Int, n: Int, k: Int), on runtime: Runtime,
    _ outcome: inout TableOutcome
  ) throws {
    let shapes = row.shapes(.init(m: extents.m, n: extents.n, k: extents.k))
    let references = shapes.enumerated().map { operand, shape in
      Reference(
        shape: shape,
        values: (0..<shape.reduce(1, *)).map { S.exact(row.element($0 + operand * 5)) })
    }
    guard let expected = row.oracle(references) else { return }
    for placements in product(shapes.map { OperandPlacement.all(axes: $0.count) }) {
      let operands = try zip(references, placements).map { reference, placement in
        try Tensor(
          reference.values.map { S(scalarValue: ScalarValue($0, as: S.scalarType)) },
          shape: Shape(reference.shape), placed: placement, on: runtime)
      }
      let before = operands.map(\.sharding)
      let name = "\(row.name) \(shapes) \(placements)"
      outcome.cases += 1

      let traffic = runtime.communicator.traffic
      let recorder = PlanRecorder()
      let result = try recorder.record { try row.run(operands) }
      outcome.functions.formUnion(recorder.functions)
      let received = (runtime.communicator.traffic - traffic).bytesReceived
      let planned = recorder.plans.reduce(0) {
        $0 + $1.bytesReceived(by: runtime.communicator.rank)
      }
      if received != planned {
        outcome.failures.append("\(name): received \(received) bytes, planned \(planned)")
      }
      if extents == Self.extents[3], !row.readsValues {
        let counted = try runtime.dryRun(
          as: runtime.communicator.rank, of: runtime.communicator.size
        ) { _ = try row.run(operands) }
        let moved = runtime.communicator.traffic - traffic
        if counted.reports[0].traffic != moved {
          outcome.failures.append(
            "\(name): moved \(moved), in a dry run \(counted.reports[0].traffic)")
        }
      }
      if operands.map(\.sharding) != before {
        outcome.failures.append("\(name): an operand's sharding changed")
      }
      // Only operations that are linear may leave terms.
      if result.sharding.partialReduction != nil, !placements.contains(.partial) {
        outcome.failures.append("\(name): the result is \(result.sharding)")
      }
      if result.sharding.isReplicated {
        // Other bits on another rank, however close.
        let replica = Replica("the result of \(name)", try result.body.block)
        do throws(TensorError) {
          try runtime.check([replica], for: "OperationTable")
        } catch {
          outcome.failures.append("\(error)")
        }
      }
      let values = try result.gather()
      if Array(result.shape) != expected.shape {
        outcome.failures.append("\(name): shape \(result.shape), expected \(expected.shape)")
      } else if !close(values, expected.values) {
        outcome.failures.append("\(name): \(values), expected \(expected.values)")
      }
    }
  }

  private static func close(_ a: [Double], _ b: [Double]) -> Bool {
    a.count == b.count
      && zip(a, b).allSatisfy { a, b in
        a == b || a.isNaN && b.isNaN || abs(a - b) <= 2e-5 * (1 + abs(b))
      }
  }

  static func product<T>(_ choices: [[T]]) -> [[T]] {
    choices.reduce([[]]) { partial, choice in partial.flatMap { p in choice.map { p + [$0] } } }
  }
}

extension TensorScalar {
  /// A number as this type holds it.
  static func exact(_ number: Double) -> Double {
    ScalarValue(number, as: scalarType).number
  }
}
