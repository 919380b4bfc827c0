extension Shape {
  /// A requested shape with its one `-1`, if any, inferred so that the number of elements stays.
  public func reshaped(to request: Shape) throws(TensorError) -> Shape {
    func error(expected: String) -> TensorError {
      TensorError(
        "reshaped", given: "shape \(self) to be reshaped to \(request)", expected: expected)
    }
    guard request.count(where: { $0 == -1 }) <= 1 else {
      throw error(expected: "at most one -1")
    }
    guard request.allSatisfy({ $0 >= -1 }) else {
      throw error(expected: "extents that are not negative, or one -1")
    }
    var result = request
    if let unknown = request.firstIndex(of: -1) {
      result[unknown] = 1
      let known = try result.validated(for: "reshaped").elementCount
      guard known > 0, elementCount.isMultiple(of: known) else {
        throw error(expected: "extents that divide \(elementCount) elements")
      }
      result[unknown] = elementCount / known
    }
    guard try result.validated(for: "reshaped").elementCount == elementCount else {
      throw error(expected: "\(elementCount) elements in the result")
    }
    return result
  }

  /// Neighbouring axes of two shapes with equally many elements, paired into the smallest groups
  /// that have the same number of elements: [2, 3, 4] and [6, 2, 2] give (0..<2, 0..<1) and (2..<3,
  /// 1..<3).
  ///
  /// Axes of extent 1 at the end belong to the last group. Shapes with empty axes, or with unequal
  /// numbers of elements, end the program with a message.
  public static func matchedGroups(
    _ a: Shape, _ b: Shape
  ) -> [(source: Range<Int>, target: Range<Int>)] {
    Misuse.check(
      a.allSatisfy { $0 > 0 } && b.allSatisfy { $0 > 0 } && a.elementCount == b.elementCount,
      TensorError(
        "Shape.matchedGroups", given: "shapes \(a) and \(b)",
        expected: "equally many elements, and no empty axis"))
    var groups: [(source: Range<Int>, target: Range<Int>)] = []
    var i = 0
    var j = 0
    while i < a.count || j < b.count {
      let firstI = i
      let firstJ = j
      var p = 1
      var q = 1
      repeat {
        if i < a.count, p <= q || j == b.count {
          p *= a[i]
          i += 1
        } else {
          q *= b[j]
          j += 1
        }
      } while p != q
      groups.append((firstI..<i, firstJ..<j))
    }
    return groups
  }
}
