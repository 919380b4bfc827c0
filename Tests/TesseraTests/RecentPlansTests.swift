import Distribution
import Execution
import MessagePassing
import Shapes
import Synchronization
import Tessera
import TestSupport
import Testing

/// Plans are made once for calls that are alike, and anew for any other.
@Suite struct RecentPlansTests {
  private static let description = TensorDescription(
    shape: [6, 4], scalarType: .float32, sharding: .replicated(on: .world(ranks: 2)))

  /// How often plans were made for calls of `Laid` with such layouts, of these operands.
  private static func planCount(
    _ calls: [(layout: OperandPlacement, operand: TensorDescription)], on runtime: Runtime
  ) throws -> Int {
    let count = Mutex(0)
    for (layout, operand) in calls {
      let primitive = Laid(layout: layout)
      var call = StableHash()
      call.combine([operand])
      primitive.hashOptions(into: &call)
      let plan = try runtime.recentPlans.plan(of: Laid.self, call, [operand]) {
        () throws(TensorError) in
        count.withLock { $0 += 1 }
        return try primitive.plan([operand])
      }
      #expect(plan == (try primitive.plan([operand])))
    }
    return count.withLock { $0 }
  }

  @Test func callsThatAreAlikeArePlannedOnce() throws {
    // As a program has it: without the comparison with a new plan.
    let runtime = try Runtime(communicator: .solo())
    let other = Self.description.with(.replicated(on: .world(ranks: 3)))
    let count = try Self.planCount(
      [
        (.sharded(0), Self.description), (.sharded(0), Self.description),
        (.sharded(1), Self.description), (.sharded(0), other),
        (.sharded(1), Self.description), (.sharded(0), Self.description),
      ], on: runtime)
    #expect(count == 3)
  }

  @Test func longCallsAreNotKept() throws {
    let runtime = try Runtime(communicator: .solo())
    let count = Mutex(0)
    for _ in 0..<2 {
      var call = StableHash()
      call.combine([Int](repeating: 1, count: RecentPlans.mostWords))
      _ = try runtime.recentPlans.plan(of: Laid.self, call, [Self.description]) {
        () throws(TensorError) in
        count.withLock { $0 += 1 }
        return try Laid(layout: .replicated).plan([Self.description])
      }
    }
    #expect(count.withLock { $0 } == 2)
  }

  /// An option that decides on the plan and is not in the hash is found.
  @Test func aForgottenOptionIsFound() throws {
    let errors = try onLoopbackRanks(2) { runtime in
      let x = Tensor<Float>.ones([4, 4])
      _ = try Forgetful(axis: 0).apply([x.body])
      _ = try Forgetful(axis: 0).apply([x.body])
      return #expect(throws: TensorError.self) { try Forgetful(axis: 1).apply([x.body]) }
    }
    for error in errors {
      #expect(error?.given.hasPrefix("options that hash as those of another plan") == true)
    }
  }
}

/// Splits an axis that its hash does not tell.
private struct Forgetful: Primitive {
  let axis: Int

  var name: String { "forgetful" }

  func hashOptions(into hash: inout StableHash) {}

  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.redistribution(operands[0], to: .sharded(axis: axis))
  }

  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock { operands[0] }

  func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] { [g] }
}
