extension Shape {
  /// The shape to which all of these broadcast by NumPy's rules: aligned at the last axis, extents
  /// equal or 1. Refuses more elements than can be counted.
  public static func broadcast(
    _ shapes: [Shape], for operation: String
  ) throws(TensorError) -> Shape {
    guard var result = shapes.first else { return [] }
    for shape in shapes.dropFirst() {
      guard let joined = broadcast(result, shape) else {
        let names = shapes.map(\.description).joined(separator: " and ")
        throw TensorError(
          operation, given: "shapes \(names)",
          expected: "extents that are equal or 1, aligned at the last axis")
      }
      result = joined
    }
    return try result.validated(for: operation)
  }

  private static func broadcast(_ a: Shape, _ b: Shape) -> Shape? {
    if a == b { return a }
    let count = Swift.max(a.count, b.count)
    var result = Shape(repeatElement(1, count: count))
    for axis in 0..<count {
      let x = axis + a.count - count
      let y = axis + b.count - count
      let p = x < 0 ? 1 : a[x]
      let q = y < 0 ? 1 : b[y]
      guard p == q || p == 1 || q == 1 else { return nil }
      result[axis] = p == 1 ? q : p
    }
    return result
  }

  /// Which axis of this shape stands under an axis of a shape it broadcasts to, or nil where it has
  /// none or is repeated along it. An axis that the result does not have ends the program with a
  /// message.
  public func axis(under resultAxis: Int, of result: Shape) -> Int? {
    result.checkAxis(resultAxis)
    let axis = resultAxis + count - result.count
    guard axis >= 0, self[axis] == result[resultAxis] else { return nil }
    return axis
  }
}
