import Distribution
import Shapes
import Testing

/// Plans say where sharing the work costs more than it saves, and only there.
@Suite struct GainTests {
  private func sum(_ shape: Shape, axis: Int, ranks: Int = 2) throws -> Plan {
    let mesh = Mesh.world(ranks: ranks)
    let operand = TensorDescription(
      shape: shape, scalarType: .float32,
      sharding: try Sharding(.sharded(axis: axis), of: shape, on: mesh, for: "test"))
    return try Planner.reduction(
      "sum", .sum, operand, axes: [0], keepingAxes: false, result: .float32, request: nil)
  }

  @Test func smallSumsOverRanksAreALoss() throws {
    let plan = try sum([569, 30], axis: 0)
    let gain = try #require(plan.gain)
    #expect(gain.isLoss && gain.saved > 0 && gain.communication >= 5)
    let last = "\(plan)".split(separator: "\n").last!
    #expect(last.hasPrefix("  sharding cannot pay here: about 5.0 µs of communication for at "))
    #expect(last.hasSuffix(" µs of work saved"))
  }

  @Test func largeOnesAreNot() throws {
    let plan = try sum([1_000_000, 30], axis: 0)
    let gain = try #require(plan.gain)
    #expect(!gain.isLoss)
    #expect(!"\(plan)".contains("sharding cannot pay"))
  }

  /// More ranks save a little more, and never more than all of the work.
  @Test func whatIsSavedGrowsWithRanks() throws {
    let saved = try [2, 3, 4, 8].map {
      try #require(try sum([569, 30], axis: 0, ranks: $0).gain).saved
    }
    #expect(saved == saved.sorted() && Set(saved).count == 4)
    #expect(saved[3] < saved[0] * 2)
  }

  /// Ranks exchange at the same time: what counts is the one that receives most.
  @Test func communicationIsThatOfTheFullestRank() throws {
    let small = try #require(try sum([569, 30], axis: 0, ranks: 4).gain).communication
    let plan = try sum([569, 30_000], axis: 0, ranks: 4)
    let large = try #require(plan.gain).communication
    let received = (0..<4).map { plan.bytesReceived(by: $0) }
    // Ten thousand bytes a microsecond.
    let most = Double(received.max()!) / 10_000
    #expect(received.max()! < received.reduce(0, +) && abs(large - small - most) < most / 100)
  }

  @Test func nothingIsSaidWhereNothingIsExchanged() throws {
    #expect(try sum([569, 30], axis: 1).gain == nil)
    #expect(try sum([569, 30], axis: 0, ranks: 1).gain == nil)
  }
}
