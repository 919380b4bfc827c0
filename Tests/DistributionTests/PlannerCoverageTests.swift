import Testing

/// Every planner is called by a test of its plans.
@Suite struct PlannerCoverageTests {
  @Test func everyPlannerHasATest() throws {
    let declared = try PlannerNames.sources(in: "Sources/Distribution").values
      .reduce(into: Set()) { $0.formUnion(PlannerNames.declared(in: $1)) }
    #expect(declared.count >= 25)
    var tests = try PlannerNames.sources(in: "Tests/DistributionTests")
    // It asks for refusals and examples, not for what plans move.
    let examples = tests.removeValue(forKey: "PlanTests.swift")
    #expect(examples != nil)
    let called = tests.values.reduce(into: Set()) { $0.formUnion(PlannerNames.called(in: $1)) }
    let missing = declared.filter { planner in !called.contains(where: planner.admits) }
    #expect(missing.isEmpty, "planners without a test: \(missing.map(\.description).sorted())")
  }

  /// Functions are told apart by their labels, and only public ones of planners count.
  @Test func declarationsAndCallsAreFound() {
    let source = """
      import Shapes

      extension Planner {
        /// Moves rows.
        public static func moving(
          _ operation: String, to shape: Shape, count: Int = 1
        ) throws(TensorError) -> Plan {
          if true { hidden() }
        }
        private static func hidden() {}

        public static func moving(_ operation: String, axes: [Int]) -> Plan {}
      }

      extension Shape {
        public static func other(axis: Int) {}
      }
      """
    let declared = PlannerNames.declared(in: source)
    #expect(
      declared == [
        .init(name: "moving", required: ["_", "to"], optional: ["count"]),
        .init(name: "moving", required: ["_", "axes"]),
      ])
    let called = PlannerNames.called(
      in: "try Planner.moving(\"m\", to: f([1, 2], axes: 3), count: 2)")
    let found = declared.filter { planner in called.contains(where: planner.admits) }
    #expect(found == [.init(name: "moving", required: ["_", "to"], optional: ["count"])])
  }
}
