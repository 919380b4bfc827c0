import Shapes
import Testing

/// Lists of up to four axes lie in the value; these tests cross that border.
@Suite struct AxisListTests {
  private static let all = [7, -3, 0, .max, 5, .min, 2]

  private func expect(_ list: AxisList, _ values: [Int]) {
    #expect(Array(list) == values)
    #expect(list.count == values.count)
    #expect(list == AxisList(values))
    #expect(list.hashValue == AxisList(values).hashValue)
    #expect(list.description == values.description)
  }

  @Test(arguments: 0...7) func madeOfSequencesAndFunctions(count: Int) {
    let values = Array(Self.all[..<count])
    expect(AxisList(values), values)
    expect(AxisList(count: count) { values[$0] }, values)
    #expect(AxisList(values) != AxisList(values + [0]))
    for axis in values.indices {
      var other = AxisList(values)
      other[axis] = 1
      #expect(other != AxisList(values))
      other[axis] = values[axis]
      expect(other, values)
    }
  }

  @Test(arguments: 0...7) func replaced(count: Int) {
    let values = Array(Self.all[..<count])
    for start in 0...count {
      for end in start...count {
        for new in [[], [9], [9, 8, 1], [1, 2, 3, 4, 5]] {
          var (list, array) = (AxisList(values), values)
          list.replaceSubrange(start..<end, with: new)
          array.replaceSubrange(start..<end, with: new)
          expect(list, array)
        }
      }
    }
  }

  @Test(arguments: 0...7) func copiesAreTheirOwn(count: Int) {
    let list = AxisList(Self.all[..<count])
    var copy = list
    copy.append(1)
    if count > 0 { copy[0] = 4 }
    expect(list, Array(Self.all[..<count]))
    expect(copy, (count > 0 ? [4] : []) + Self.all[..<count].dropFirst() + [1])
    copy.removeLast()
    #expect(copy.count == count)
  }
}
