import Shapes
import Testing

@Suite struct ShapeTests {
  @Test func broadcastingOverAllSmallShapes() throws {
    // Against the rule itself, axis by axis from the last.
    let shapes: [Shape] = [
      [], [0], [1], [3], [1, 1], [2, 1], [1, 3], [2, 3], [0, 3], [4, 2, 3],
    ]
    for a in shapes {
      for b in shapes {
        var expected: [Int]? = []
        for back in 1...3 where back <= max(a.count, b.count) {
          let x = back <= a.count ? a[a.count - back] : 1
          let y = back <= b.count ? b[b.count - back] : 1
          if x != y, x != 1, y != 1 { expected = nil }
          expected?.insert(x == 1 ? y : x, at: 0)
        }
        let result = try? Shape.broadcast([a, b], for: "test")
        #expect(result.map(Array.init) == expected, "\(a) and \(b)")
      }
    }
  }

  @Test func reshapingInfersOneExtent() throws {
    #expect(try Shape([2, 6]).reshaped(to: [-1, 4]) == [3, 4])
    #expect(try Shape([]).reshaped(to: [-1]) == [1])
    #expect(try Shape([0, 4]).reshaped(to: [-1, 4]) == [0, 4])
    for bad: Shape in [[-1, 5], [-1, -1], [-2, 6], [3, 3], [0, -1]] {
      #expect(throws: TensorError.self) { try Shape([2, 6]).reshaped(to: bad) }
    }
  }

  @Test func groupsMatchTheirElements() {
    let shapes: [Shape] = [
      [12], [3, 4], [4, 3], [2, 6], [2, 2, 3], [1, 12], [12, 1], [2, 1, 6], [6, 2],
    ]
    for a in shapes {
      for b in shapes {
        let groups = Shape.matchedGroups(a, b)
        #expect(groups.flatMap { Array($0.source) } == Array(a.indices), "\(a) and \(b)")
        #expect(groups.flatMap { Array($0.target) } == Array(b.indices), "\(a) and \(b)")
        for group in groups {
          #expect(a.elementCount(of: group.source) == b.elementCount(of: group.target))
        }
      }
    }
  }

  @Test func extentsThatCannotBeCountedAreRefused() {
    #expect(throws: TensorError.self) { try Shape([Int.max, 2]).validated(for: "test") }
    #expect(throws: TensorError.self) { try Shape([1 << 40, 1 << 40, 0]).validated(for: "test") }
    #expect(throws: TensorError.self) { try Shape([-1]).validated(for: "test") }
  }

  @Test func countsThatOverflowEndTheProgram() async throws {
    for shape in [[1 << 40, 1 << 40, 0], [0, .max, .max]] as [Shape] {
      #expect(shape.elementCount == 0 && shape.elementCount(of: shape.indices) == 0, "\(shape)")
    }
    let whole = await #expect(
      processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
    ) {
      print(Shape([1 << 32, 1 << 32]).elementCount)
    }
    let some = await #expect(
      processExitsWith: .exitCode(1), observing: [\.standardErrorContent]
    ) {
      print(Shape([3, 1 << 32, 1 << 32]).elementCount(of: 1...2))
    }
    for result in [whole, some] {
      let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
      #expect(
        text.hasPrefix(
          "tessera: Shape: given the shape [4294967296, 4294967296]; expected fewer elements"))
    }
  }

  @Test func axesCountFromEitherEnd() throws {
    let shape: Shape = [2, 3, 4]
    #expect(try Axes([-1, 0]).resolved(in: shape, for: "test") == [0, 2])
    #expect(throws: TensorError.self) { try Axes(3).resolved(in: shape, for: "test") }
    #expect(throws: TensorError.self) { try Axes([1, -2]).resolved(in: shape, for: "test") }
    #expect(shape.reduced(over: [1], keepingAxes: true) == [2, 1, 4])
    #expect(shape.reduced(over: [0, 2], keepingAxes: false) == [3])
  }
}
