/// Axes of a tensor, as a user names them: `0`, `-1` (the last) or `[0, 2]`.
public struct Axes: Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// As given, negative ones counting from the end.
  public var numbers: [Int]

  /// Axes by their numbers.
  public init(_ numbers: some Sequence<Int>) { self.numbers = Array(numbers) }
  /// One axis by its number.
  public init(_ number: Int) { numbers = [number] }
  /// One axis, as in `sum(axes: -1)`.
  public init(integerLiteral value: Int) { numbers = [value] }
  /// Some axes, as in `sum(axes: [0, 2])`.
  public init(arrayLiteral elements: Int...) { numbers = elements }

  /// The axes counted from the front, ascending; refuses axes out of range or named twice.
  public func resolved(in shape: Shape, for operation: String) throws(TensorError) -> [Int] {
    var result: [Int] = []
    for number in numbers {
      let axis = try shape.resolvedAxis(number, for: operation)
      guard !result.contains(axis) else {
        throw TensorError(
          operation, given: "axes \(numbers) of shape \(shape)", expected: "each axis once")
      }
      result.append(axis)
    }
    return result.sorted()
  }
}

extension Shape {
  /// An axis counted from the front; a negative number counts from the end.
  public func resolvedAxis(_ number: Int, for operation: String) throws(TensorError) -> Int {
    let axis = number < 0 ? number + count : number
    guard indices.contains(axis) else {
      throw TensorError(
        operation, given: "axis \(number) of shape \(self)",
        expected: isEmpty
          ? "no axis, as the tensor is a single value" : "an axis in \(-count)...\(count - 1)")
    }
    return axis
  }

  /// The shape after a reduction over some axes (ascending, counted from the front).
  public func reduced(over axes: [Int], keepingAxes: Bool) -> Shape {
    if keepingAxes {
      return Shape(indices.map { axes.contains($0) ? 1 : self[$0] })
    }
    return Shape(indices.filter { !axes.contains($0) }.map { self[$0] })
  }
}
