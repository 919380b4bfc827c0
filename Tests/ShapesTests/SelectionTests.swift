import Shapes
import Testing

@Suite struct SelectionTests {
  /// Positions that Python's slice picks, by its definition.
  private func python(_ start: Int?, _ end: Int?, _ step: Int, _ extent: Int) -> [Int] {
    func bound(_ value: Int?, _ otherwise: Int) -> Int {
      guard let value else { return otherwise }
      let v = value < 0 ? value + extent : value
      return step > 0 ? min(max(v, 0), extent) : min(max(v, -1), extent - 1)
    }
    let first = bound(start, step > 0 ? 0 : extent - 1)
    let last = bound(end, step > 0 ? extent : -1)
    return Array(stride(from: first, to: last, by: step))
  }

  @Test func slicesAreThoseOfPython() throws {
    let bounds: [Int?] = [nil] + (-5...5).map { $0 }
    for extent in 0...4 {
      for start in bounds {
        for end in bounds {
          for step in [-3, -2, -1, 1, 2, 3] {
            let selection = try Selection(
              [.slice(start: start, end: end, step: step)], of: [extent], for: "test")
            let axis = selection.axes[0]
            let positions = (0..<axis.count).map { axis.start + $0 * axis.step }
            #expect(
              positions == python(start, end, step, extent),
              "\(String(describing: start)):\(String(describing: end)):\(step) of \(extent)")
          }
        }
      }
    }
  }

  @Test func negativeExtentsAreRefused() {
    for index in [IndexExpression.whole, .index(0), .slice(start: 0, end: 1, step: 1)] {
      #expect(throws: TensorError.self) { _ = try Selection([index], of: [-1], for: "test") }
    }
  }

  @Test func extremeSteps() throws {
    for step in [Int.max, .min, .max / 2, .min / 2] {
      let selection = try Selection(
        [.slice(start: 3, end: nil, step: step), .slice(start: .max, end: .min, step: step)],
        of: [5, 6], for: "test")
      #expect(selection.axes[0] == .init(start: 3, step: 1, count: 1, isDropped: false))
      #expect(selection.axes[1].count == (step > 0 ? 0 : 1))
    }
    let axis = Selection.Axis(start: 0, step: .max, count: 1, isDropped: false)
    #expect(axis.countBefore(0) == 0 && axis.countBefore(2) == 1)
  }

  @Test func countsBeforeACut() {
    for start in 0...3 {
      for step in 1...3 {
        for count in 0...4 {
          let axis = Selection.Axis(start: start, step: step, count: count, isDropped: false)
          for cut in 0...12 {
            let expected = (0..<count).count { start + $0 * step < cut }
            #expect(axis.countBefore(cut) == expected)
          }
        }
      }
    }
  }
}
