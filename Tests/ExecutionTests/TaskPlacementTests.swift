import Execution
import Machine
import Shapes
import Testing

struct TaskPlacementTests {
  private func block(
    _ shape: Shape, offset: Int = 0, strides: AxisList? = nil, type: ScalarType = .float32
  ) -> StridedBlock {
    let layout =
      strides.map { Layout(offset: offset, strides: $0) }
      ?? Layout(offset: offset, strides: shape.rowMajorDistances)
    let nothing = Storage(sharing: UnsafeMutableRawBufferPointer(start: nil, count: 0)) {}
    return StridedBlock(storage: nothing, type: type, shape: shape, layout: layout)
  }

  private func place(_ block: StridedBlock, _ elementsPerTask: Int) -> [Int]? {
    block.place(elementsPerTask: elementsPerTask).map { [$0.firstByte, $0.bytesPerTask] }
  }

  @Test func tasksOfAContiguousBlockFollowEachOther() {
    #expect(place(block([1000, 10]), 300) == [0, 1200])
    #expect(place(block([1000, 10], offset: 7, type: .float64), 300) == [56, 2400])
    // Parts of elements that no Double has between zero and one exactly.
    #expect(place(block([3 << 30, 7]), 1 << 15) == [0, 1 << 17])
    #expect(place(block([1, 5, 1], strides: [99, 1, -3]), 5) == [0, 20])
    #expect(place(block([]), 1) == [0, 4])
  }

  @Test func gapsAreSpreadEvenly() {
    // 10 of every 100 elements: a span of 99 · 100 + 10 elements for 1000.
    #expect(place(block([100, 10], strides: [100, 1]), 500) == [0, 19_820])
    #expect(place(block([4], offset: 3, strides: [5]), 2) == [12, 32])
  }

  @Test func otherOrdersHaveNoPlace() {
    #expect(place(block([10, 20], strides: [1, 10]), 5) == nil)
    #expect(place(block([10, 20], strides: [0, 1]), 5) == nil)
    #expect(place(block([10], strides: [-1]), 5) == nil)
    #expect(place(block([0, 5]), 5) == nil)
  }
}
