import Execution
import Tessera
import TestSupport
import Testing

/// Mistakes with what stands between brackets: told on every rank alike, and nothing is written.
@Suite struct IndexErrorTests {
  typealias Mistake = ErrorTests.Mistake

  private static func positions(_ numbers: [Int64]) -> IndexTerm {
    .positions(Tensor<Int64>(numbers, shape: [numbers.count]))
  }

  private static func mask(_ shape: Shape) -> IndexTerm {
    .mask(Tensor<Bool>.full(shape, true))
  }

  /// Reads or writes [4, 3], sharded along either axis or not at all.
  private static func each(
    _ name: String, contains: [String],
    _ body: @escaping @Sendable (inout Tensor<Float>) throws -> Void
  ) -> [Mistake] {
    [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)].map { placement in
      Mistake(testDescription: "\(name), \(placement)", contains: contains) {
        let before = Tensor<Float>.arange(12).reshaped(4, 3).redistributed(to: placement)
        var x = before + 0
        do {
          try body(&x)
        } catch {
          guard x.localPart == before.localPart else { throw Written() }
          throw error
        }
      }
    }
  }

  private struct Written: Error {}

  static let mistakes: [Mistake] = [
    each("index out of range", contains: ["index 7", "extent 4", "-4...3"]) {
      _ = try $0.index([positions([0, 7])])
    },
    each("index out of range, axis 1", contains: ["index -4", "extent 3", "-3...2"]) {
      _ = try $0.index([.expression(.whole), positions([0, -4])])
    },
    each("write out of range", contains: ["index 9", "extent 4"]) {
      try $0.replace([positions([0, 9])], with: Tensor(5))
    },
    each("pair out of range", contains: ["index", "axis 1", "[4, 3]", "-3...2"]) {
      _ = try $0.index([positions([0, 1]), positions([0, 3])])
    },
    each("indices that do not broadcast", contains: ["[2]", "[3]"]) {
      _ = try $0.index([positions([0, 1]), positions([0, 1, 2])])
    },
    each("indices apart", contains: ["index tensors", "next to each other"]) {
      let cube = $0.expandingAxis(at: 1)
      _ = try cube.index([positions([0]), .expression(.whole), positions([0])])
    },
    each("mask of another shape", contains: ["mask of shape [3]", "[4]"]) {
      _ = try $0.index([mask([3])])
    },
    each("mask too large", contains: ["3 indices", "[4, 3]"]) {
      _ = try $0.index([mask([4, 3, 1])])
    },
    each("mask beside a mask", contains: ["mask beside", "one mask"]) {
      _ = try $0.index([mask([4]), mask([3])])
    },
    each("rows for a mask", contains: ["index assignment", "[3]", "12 true elements"]) {
      try $0.replace([mask([4, 3])], with: Tensor<Float>([1, 2, 3]))
    },
    each("value for a mask", contains: ["index assignment", "[5]"]) {
      try $0.replace([mask([4])], with: Tensor<Float>([1, 2, 3, 4, 5]))
    },
    each("value for indices", contains: ["index assignment", "[5]", "[2, 3]"]) {
      try $0.replace([positions([0, 1])], with: Tensor<Float>([1, 2, 3, 4, 5]))
    },
    each("several ellipses", contains: ["index", ".ellipsis"]) {
      _ = try $0.index(
        [.expression(.remainingAxes), positions([0]), .expression(.remainingAxes)])
    },
    each("gathered", contains: ["gathered", "[4, 2]", "[4, 3]"]) {
      _ = try GatherAlong(axis: 0).apply([$0.body, Tensor<Int64>.zeros([4, 2]).body])
    },
    [
      // Of a sharded tensor the indices are cut too, and those who hold a wrong one say so.
      Mistake(
        testDescription: "gathered out of range", contains: ["gathered", "index 4", "extent 4"]
      ) {
        let indices = Tensor<Int64>.full([1, 3], 4)
        _ = try GatherAlong(axis: 0).apply([Tensor<Float>.ones([4, 3]).body, indices.body])
      }
    ],
    each("scattering", contains: ["scattering", "[2, 2]"]) {
      _ = try ScatterAlong(axis: 0).apply(
        [$0.body, Tensor<Int64>.zeros([2, 3]).body, Tensor<Float>.zeros([2, 2]).body])
    },
    each("diagonal", contains: ["diagonal", "[12]", "two axes"]) {
      _ = try Diagonal(offset: 0).apply([$0.reshaped(-1).body])
    },
  ].flatMap { $0 }

  @Test(arguments: mistakes) func isToldOnEveryRankAlike(_ mistake: Mistake) throws {
    let messages = try onLoopbackRanks(3) { _ in
      do {
        try mistake.make()
        return "nothing was thrown"
      } catch { return "\(error)" }
    }
    for text in mistake.contains { #expect(messages[0].contains(text), "\(messages[0])") }
    #expect(messages.allSatisfy { $0 == messages[0] })
  }

  /// Where the indices are sharded, the rank that holds the wrong one says so.
  @Test func aShardedIndexNamesItsRank() throws {
    let messages = try onLoopbackRanks(2) { _ in
      let indices = Tensor<Int64>([0, 1, 2, 9], shape: [4], sharding: .sharded(axis: 0))
      do {
        _ = try Tensor<Float>.ones([4]).taken(at: indices, axis: 0)
        return "taken"
      } catch { return "\(error)" }
    }
    #expect(messages[0] == "taken")
    #expect(messages[1].contains("on rank 1") && messages[1].contains("index 9"))
  }

  @Test func aRaggedLiteralIsRefused() {
    let literal: [TensorLiteral<Float>] = [[1, 2], [3]]
    #expect(throws: TensorError.self) { try Tensor<Float>(literal: literal) }
    do {
      _ = try Tensor<Float>(literal: literal)
    } catch {
      #expect("\(error)".contains("ragged") && "\(error)".contains("part 1 [1]"))
    }
  }
}
