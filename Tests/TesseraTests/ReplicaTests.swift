import Execution
import MessagePassing
import Tessera
import TestSupport
import Testing

/// What ranks should hold alike is compared bit by bit.
@Suite struct ReplicaTests {
  /// What each of some ranks throws, where rank 1 holds other elements than the others.
  private func errors(
    ranks: Int, _ elements: [Float], onRank1 others: [Float], perNode: Int? = nil
  ) throws -> [TensorError?] {
    try onLoopbackRanks(ranks, ranksPerNode: perNode) { runtime -> TensorError? in
      let own = runtime.communicator.rank == 1 ? others : elements
      let same = Tensor<Float>([3, 4, 5], shape: [3])
      let w = Tensor<Float>(own, shape: [own.count])
      do throws(TensorError) {
        try Job.checkReplicas(of: [same, w], named: ["same", "w"])
      } catch {
        return error
      }
      return nil
    }
  }

  private func expectNamed(_ errors: [TensorError?], _ text: String) {
    #expect(Set(errors).count == 1)
    #expect(errors[0]?.given == text)
  }

  @Test(arguments: [2, 3, 5], [1, 3, 1000, 70_000]) func aLastBit(ranks: Int, count: Int) throws {
    let elements = (0..<count).map { Float($0) * 0.1 + 1 }
    #expect(try errors(ranks: ranks, elements, onRank1: elements).allSatisfy { $0 == nil })
    let majority = (0..<ranks).filter { $0 != 1 }.map(String.init).joined(separator: ", ")
    for place in [0, count / 2, count - 1] {
      var others = elements
      others[place] = others[place].nextUp
      expectNamed(
        try errors(ranks: ranks, elements, onRank1: others),
        "w, of which rank 1 holds other bits than \(ranks == 2 ? "rank" : "ranks") \(majority)")
    }
  }

  @Test func numbersThatAreEqualButForTheirBits() throws {
    let text = "w, of which rank 1 holds other bits than rank 0"
    expectNamed(try errors(ranks: 2, [0, 1], onRank1: [-0.0, 1]), text)
    let payload = Float(nan: 7, signaling: false)
    expectNamed(try errors(ranks: 2, [1, .nan], onRank1: [1, payload], perNode: 2), text)
    #expect(try errors(ranks: 2, [1, payload], onRank1: [1, payload]).allSatisfy { $0 == nil })
    // What is exchanged between elements differs too.
    expectNamed(try errors(ranks: 2, [1, 2], onRank1: [2, 1]), text)
  }

  @Test func listsThatDifferAreADisagreement() throws {
    let all = try errors(ranks: 2, [1, 2], onRank1: [1, 2, 3])
    #expect(Set(all).count == 1)
    #expect(all[0]?.given.contains("w: Float [2] replicated") == true)
    #expect(all[0]?.given.contains("w: Float [3] replicated") == true)
  }

  @Test func valuesOfParameters() throws {
    let all = try onLoopbackRanks(3) { runtime -> [String] in
      let rank = runtime.communicator.rank
      let parameters = [
        Parameter(Tensor<Double>.ones([2, 3]), name: "weight"),
        Parameter(Tensor<Double>.full([3], rank == 0 ? 1 : 2), name: "bias"),
        Parameter(Tensor<Double>.full([3], rank == 0 ? 1 : 2)),
        // Each rank has a part of its own.
        Parameter(Tensor<Double>.full([6], Double(rank), sharding: .sharded(axis: 0)), name: "cut"),
      ]
      do throws(TensorError) {
        try Job.checkReplicas(of: parameters)
      } catch {
        return [error.given]
      }
      return []
    }
    let text =
      "the parameter bias, of which rank 0 holds other bits than ranks 1, 2; also of the parameter 2"
    #expect(all == Array(repeating: [text], count: 3))
  }

  @Test func oneRankHasNothingToCompare() throws {
    try onOneRank { _ in try Job.checkReplicas(of: [Tensor<Float>.ones([3])]) }
  }
}
