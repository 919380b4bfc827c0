import Distribution
import Shapes
import Testing

/// Elementwise work on slices of one tensor that are shifted against each other.
@Suite struct ShiftedPlanTests {
  private func slice(_ x: TensorDescription, _ range: Range<Int>) throws -> TensorDescription {
    try Planner.selection("s", x, Selection(range, along: 0, of: x.shape)).result
  }

  /// Both come half the way, to where the elements between them lie.
  @Test(arguments: [2, 3, 4]) func slicesMeetInTheMiddle(ranks: Int) throws {
    let x = TensorDescription(
      shape: [40, 3], scalarType: .float32,
      sharding: Sharding(
        mesh: .world(ranks: ranks), .sharded(axis: 0, CutPoints(evenly: 40, into: ranks))))
    for shift in 1...6 {
      let (first, last) = (try slice(x, 0..<40 - shift), try slice(x, shift..<40))
      let plan = try Planner.elementwise("f", [first, last], result: .float32)
      // Rows that cross each cut, whichever of the two moves.
      #expect(plan.bytesMoved == shift * 3 * 4 * (ranks - 1))
      #expect(plan.result.shape == [40 - shift, 3])
      if shift.isMultiple(of: 2) {
        let between = try slice(x, shift / 2..<40 - shift / 2)
        #expect(plan.result.sharding == between.sharding)
        // With three operands two of which lie alike, too.
        let three = try Planner.elementwise("f", [last, first, last], result: .float32)
        #expect(three.bytesMoved <= 2 * plan.bytesMoved)
        // What lies in the middle already moves nothing more.
        let next = try Planner.elementwise("f", [plan.result, between], result: .float32)
        #expect(next.bytesMoved == 0)
      }
    }
  }

  /// Tensors that are cut in ways of their own are aligned with one of them.
  @Test func otherCutsStay() throws {
    let mesh = Mesh.world(ranks: 3)
    func cut(_ points: [Int]) -> TensorDescription {
      TensorDescription(
        shape: [20], scalarType: .float32,
        sharding: Sharding(mesh: mesh, .sharded(axis: 0, CutPoints(points))))
    }
    let (a, b) = (cut([0, 4, 10, 20]), cut([0, 8, 12, 20]))
    #expect(try Planner.elementwise("f", [a, b], result: .float32).result == a)
    #expect(try Planner.elementwise("f", [b, a], result: .float32).result == b)
  }
}
