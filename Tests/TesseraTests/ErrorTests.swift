import Execution
import MessagePassing
import Synchronization
import Tessera
import TestSupport
import Testing

/// Mistakes are found in metadata, told on every rank alike, and move nothing.
@Suite struct ErrorTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the message must contain: the operation, what was given.
    let contains: [String]
    let make: @Sendable () throws -> Void
  }

  private static func zeros(_ shape: Shape) -> Tensor<Float> {
    .zeros(shape, sharding: shape.isEmpty ? .replicated : .sharded(axis: 0))
  }

  /// One element on every rank, to be repeated without memory.
  private static var one: Body { Tensor<Float>.ones([1]).body }

  private static func apply(_ primitive: any Primitive, _ shapes: Shape...) throws {
    _ = try primitive.apply(shapes.map { zeros($0).body })
  }

  static let mistakes: [Mistake] = [
    Mistake(testDescription: "broadcast", contains: ["add", "[2, 3]", "[4]"]) {
      try apply(Binary(.add), [2, 3], [4])
    },
    Mistake(testDescription: "reshape", contains: ["reshaped", "[2, 3]", "[4, 2]"]) {
      try apply(Reshape([4, 2]), [2, 3])
    },
    Mistake(testDescription: "reshape, two -1", contains: ["reshaped", "[-1, -1]", "one -1"]) {
      try apply(Reshape([-1, -1]), [2, 3])
    },
    Mistake(testDescription: "reshape, -1 of nothing", contains: ["reshaped", "[0, -1]"]) {
      try apply(Reshape([0, -1]), [0, 3])
    },
    Mistake(testDescription: "reshape, huge", contains: ["reshaped", "addressed"]) {
      try apply(Reshape([Int.max, 4]), [2, 3])
    },
    Mistake(testDescription: "axis", contains: ["sum", "axis 2", "[2, 3]", "-2...1"]) {
      _ = try Axes(2).resolved(in: [2, 3], for: "sum")
    },
    Mistake(testDescription: "axis twice", contains: ["sum", "[0, -2]", "once"]) {
      _ = try Axes([0, -2]).resolved(in: [2, 3], for: "sum")
    },
    Mistake(testDescription: "index", contains: ["index 5", "axis 0", "[2, 3]", "-2...1"]) {
      _ = try zeros([2, 3]).index([.index(5)])
    },
    Mistake(testDescription: "too many indices", contains: ["index", "3 indices", "at most 2"]) {
      _ = try zeros([2, 3]).index([.index(0), .index(0), .index(0)])
    },
    Mistake(testDescription: "step 0", contains: ["index", "step 0"]) {
      _ = try zeros([2, 3]).index([.slice(start: nil, end: nil, step: 0)])
    },
    Mistake(testDescription: "assignment", contains: ["index assignment", "[3]", "[2]"]) {
      var x = zeros([4, 2])
      try x.replace([.index(1)], with: zeros([3]))
    },
    Mistake(testDescription: "topK", contains: ["topK", "4 elements", "axis 1", "[2, 3]", "0...3"])
    {
      _ = try SortOrder.first(4, of: [2, 3], axis: 1, for: "topK")
    },
    Mistake(testDescription: "places in order", contains: ["2..<4", "axis 1", "[2, 3]", "0..<3"]) {
      let order = SortOrder(name: "quantile", axis: 1, isDescending: false, places: 2..<4)
      try apply(Sort(order: order), [2, 3])
    },
    Mistake(
      testDescription: "searchSorted", contains: ["searchSorted", "shape [2, 3]", "one axis"]
    ) {
      try apply(SearchSorted(side: .left), [2, 3], [4])
    },
    Mistake(testDescription: "searchSorted, no axis", contains: ["searchSorted", "shape []"]) {
      try apply(SearchSorted(side: .right), [], [4])
    },
    Mistake(testDescription: "concatenate nothing", contains: ["concatenate", "no tensors"]) {
      _ = try concatenated([], axis: 0)
    },
    Mistake(testDescription: "concatenate", contains: ["concatenate", "[2, 3]", "[2, 4]"]) {
      _ = try concatenated([zeros([2, 3]).body, zeros([2, 4]).body], axis: 0)
    },
    Mistake(testDescription: "matmul", contains: ["matmul", "[2, 3]", "[4, 2]", "same k"]) {
      try apply(MatrixProduct(), [2, 3], [4, 2])
    },
    Mistake(testDescription: "expanded, negative", contains: ["expanded", "[-3]", "negative"]) {
      try apply(Expand(to: [-3]), [1])
    },
    Mistake(testDescription: "expanded, huge", contains: ["expanded", "addressed"]) {
      try apply(Expand(to: [1 << 40, 1 << 40]), [1])
    },
    Mistake(testDescription: "outer, huge", contains: ["add", "[1099511627776, 1099511627776]"]) {
      let wide = try Expand(to: [1 << 40]).apply([one])
      let column = try Reshape([1 << 40, 1]).apply([wide])
      _ = try Binary(.add).apply([wide, column])
    },
    Mistake(testDescription: "matmul, huge", contains: ["matmul", "addressed"]) {
      let wide = try Expand(to: [1, 1 << 40]).apply([one])
      _ = try MatrixProduct().apply([Reshape([1 << 40, 1]).apply([wide]), wide])
    },
    Mistake(testDescription: "matmul, long", contains: ["matmul", "4294967296", "2147483647"]) {
      let row = try Expand(to: [1, 1 << 32]).apply([one])
      _ = try MatrixProduct().apply([row, Permute([1, 0]).apply([row])])
    },
    Mistake(testDescription: "concatenate, huge", contains: ["concatenate", "addressed"]) {
      let wide = try Expand(to: [Int.max / 32]).apply([one])
      _ = try concatenated([Body](repeating: wide, count: 100), axis: 0)
    },
    Mistake(testDescription: "taking, huge", contains: ["taking", "addressed"]) {
      let wide = try Expand(to: [1, 1 << 58]).apply([one])
      _ = try Tensor<Float>(wide).taken(at: Tensor<Int64>.zeros([64]), axis: 0)
    },
    Mistake(testDescription: "mask", contains: ["index assignment", "[2, 3]", "[4]", "1 axes"]) {
      var x = zeros([4])
      try x.replace([.mask(x .> -1)], with: zeros([2, 3]))
    },
    Mistake(testDescription: "arange of bytes", contains: ["arange", "300 elements of UInt8"]) {
      try Tensor<UInt8>.checkHolds(300, for: "arange")
    },
    Mistake(testDescription: "no operands", contains: ["matmul", "0 operands", "expected 2"]) {
      _ = try Operation.matmul.plan([])
    },
    Mistake(testDescription: "operands", contains: ["add", "1 operands", "expected 2"]) {
      _ = try Operation.binary(.add).apply(to: [zeros([2])])
    },
    Mistake(testDescription: "operation's axis", contains: ["sum", "axis 7", "[2, 3]"]) {
      _ = try Operation.reduce(.sum, axes: [7]).apply(to: [zeros([2, 3])])
    },
    Mistake(testDescription: "operation's axes", contains: ["sum", "[0, 0]", "once"]) {
      _ = try Operation.reduce(.sum, axes: [0, 0]).apply(to: [zeros([2, 3])])
    },
    Mistake(testDescription: "operation's concatenation", contains: ["concatenate", "axis 5"]) {
      _ = try Operation.concatenate(axis: 5).apply(to: [zeros([2, 3])])
    },
    Mistake(testDescription: "operation's index", contains: ["index", "step -1", "positive"]) {
      _ = try Operation.index(.slice(start: nil, end: nil, step: -1)).apply(to: [zeros([2])])
    },
    Mistake(testDescription: "communication in map", contains: ["sum", "closure of map"]) {
      let x = zeros([3])
      let thrown = Mutex<(any Error)?>(nil)
      _ = x.map { element in
        do {
          _ = try Reduce(.sum, axes: [0], keepingAxes: false).apply([x.body])
        } catch { thrown.withLock { $0 = error } }
        return element
      }
      if let error = thrown.withLock({ $0 }) { throw error }
    },
    Mistake(testDescription: "parameter of a plan", contains: ["scalars", "only planned"]) {
      var parameter: Parameter<Float>?
      _ = explain { parameter = Parameter(zeros([3])) }
      _ = try parameter?.value.gatheredScalars()
    },
    Mistake(testDescription: "tensor of a plan", contains: ["add", "only planned"]) {
      var planned: Tensor<Float>?
      _ = explain { planned = zeros([3]) + 1 }
      _ = try Binary(.add).apply([zeros([3]).body, planned!.body])
    },
    Mistake(testDescription: "item", contains: ["item", "[2, 3]", "one element"]) {
      _ = try zeros([2, 3]).checkedItem()
    },
    Mistake(testDescription: "Float(x)", contains: ["Float(_:): ", "[2, 3]", "one element"]) {
      _ = try zeros([2, 3]).checkedItem(for: "Float(_:)")
    },
    Mistake(testDescription: "permute", contains: ["permuted", "[0, 0]"]) {
      try apply(Permute([0, 0]), [2, 3])
    },
    Mistake(testDescription: "max of nothing", contains: ["max", "[0, 3]", "at least one"]) {
      try apply(Reduce(.max, axes: [0], keepingAxes: false), [0, 3])
    },
    Mistake(testDescription: "scalars", contains: ["Tensor", "3 scalars", "[2, 2]", "4"]) {
      _ = try Tensor<Float>(checked: [1, 2, 3], shape: [2, 2])
    },
    Mistake(testDescription: "negative extent", contains: ["zeros", "[-1, 2]"]) {
      _ = try Shape([-1, 2]).validated(for: "zeros")
    },
    Mistake(testDescription: "mesh", contains: ["Mesh", "data[2]", "model[3]", "not 6"]) {
      _ = try Mesh(["data": 2, "model": 3], ranks: 4)
    },
    Mistake(testDescription: "sharding axis", contains: ["redistributed", "axis 7"]) {
      try apply(Redistribute(to: .sharded(axis: 7)), [2, 3])
    },
    Mistake(testDescription: "partial request", contains: ["redistributed", "partial"]) {
      try apply(Redistribute(to: .partial(.sum)), [2, 3])
    },
  ]

  @Test(arguments: mistakes) func isToldOnEveryRankAlike(_ mistake: Mistake) throws {
    let outcomes = try onLoopbackRanks(3) { runtime in
      let before = runtime.communicator.traffic
      do {
        try mistake.make()
        return ("nothing was thrown", true)
      } catch {
        return ("\(error)", before == runtime.communicator.traffic)
      }
    }
    for text in mistake.contains { #expect(outcomes[0].0.contains(text), "\(outcomes[0].0)") }
    #expect(outcomes.allSatisfy { $0.0 == outcomes[0].0 && $0.1 })
  }

  /// Methods that do not throw end the program with the message and status 1.
  @Test func methodsEndTheProgram() async throws {
    func isTold(_ result: ExitTest.Result?, _ texts: String...) {
      let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      for text in texts { #expect(message.contains(text), "\(message)") }
    }
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.ones([3]).split(extents: [.max, .max, 5])
      }, "tessera: split:", "[3]", "add up to 3")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.ones([3, 4]).tiled(.max)
      }, "tessera: tiled:", "addressed")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        let x = Tensor<Float>.ones([3, 4], sharding: .sharded(axis: 0))
        Swift.print(x.tiled(1 << 40, 1))
      }, "tessera: ", "bytes")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.ones([3, 4]).mean(axes: 7)
      }, "tessera: mean: given axis 7 of shape [3, 4]")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.ones([3, 4]).standardDeviation(axis: 7)
      }, "tessera: standardDeviation: given axis 7 of shape [3, 4]")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.ones([0, 4]).logSumExp(axes: 0)
      }, "tessera: logSumExp: given shape [0, 4] over axes [0]")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Int>([1]).oneHot(classes: -1) as Tensor<Float>
      }, "tessera: oneHot: given -1 classes")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.ones([3, 4]).allClose(Tensor<Float>.ones([5]))
      }, "tessera: allClose: given shapes [3, 4] and [5]")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Key(1).split(-1)
      }, "tessera: Key.split:", "-1 keys")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Float>.ones([3]).padded([(.max, 0)], with: 0)
      }, "tessera: padded:", "addressed")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        _ = Tensor<Int64>.arange(from: .min, to: .max)
      }, "tessera: arange:", "addressed")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        var x = Tensor<Float>.ones([1]).expanded(to: [1 << 45])
        x[0] += 1
      }, "tessera: allocate for writing:")
    isTold(
      await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
        var x = Tensor<Float>.ones([1]).expanded(to: [1 << 45])
        x += 1
        _ = x.storageIdentifier
      }, "tessera: allocate for add:")
  }

  /// The sharding of another tensor, which does not fit.
  @Test(arguments: [1, 3]) func shardingsOfOtherShapesAreRefused(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Float>.arange(12).reshaped(3, 4)
      return try ([[2, 4], [5, 4], [3, 4, 2]] as [Shape]).map { (shape) throws(TensorError) in
        let axis = shape.count - 1 == 2 ? 2 : 0
        let other = Tensor<Float>.zeros(shape, sharding: .sharded(axis: axis)).sharding
        do throws(TensorError) {
          _ = try Redistribute(to: other).apply([x.body])
          return "nothing"
        } catch { return "\(error)" }
      }
    }
    for texts in found {
      #expect(texts == found[0])
      for text in texts { #expect(text.contains("redistributed: given shape [3, 4]"), "\(text)") }
    }
  }

  @Test func memoryLimitIsAnError() throws {
    let communicator = Communicator.loopback(1)[0]
    let runtime = Runtime(loopback: communicator, memoryLimit: 1 << 20)
    let message = runtime.makeCurrent {
      do {
        _ = try runtime.allocate([1 << 20], .float32)
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(message.contains("4194304"))
  }
}
