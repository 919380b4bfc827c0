/// The extents of a tensor's axes, outermost first: `[3, 4]` has two axes, `[]` is a single value.
///
/// A shape is a collection of its extents; `shape.count` is the number of axes.
public struct Shape: Hashable, Sendable {
  @usableFromInline var extents: AxisList

  /// A shape of the given extents.
  @inlinable
  public init(_ extents: some Sequence<Int>) {
    self.extents = AxisList(extents)
  }

  /// A shape of the extents that a function gives to the axes.
  @inlinable
  package init(count: Int, _ extent: (_ axis: Int) -> Int) {
    extents = AxisList(count: count, extent)
  }

  /// The number of elements of a tensor of this shape; 1 for the shape without axes. More than can
  /// be counted end the program with a message.
  @inlinable
  public var elementCount: Int {
    var count = 1
    for extent in extents {
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      if overflows { return countOrEnd }
      count = product
    }
    return count
  }

  /// None where an axis is empty; otherwise there are too many.
  @usableFromInline
  var countOrEnd: Int {
    if extents.contains(0) { return 0 }
    Misuse.end(
      TensorError(
        "Shape", given: "the shape \(self)", expected: "fewer elements than can be counted"))
  }

  /// Distances between neighbours along each axis, in elements, when elements lie in row-major
  /// order. Distances that cannot be counted end the program with a message.
  public var rowMajorStrides: [Int] { Array(rowMajorDistances) }

  /// The same without an array.
  package var rowMajorDistances: AxisList {
    var distances = AxisList(count: count) { _ in 1 }
    for axis in indices.dropLast().reversed() {
      let (distance, overflows) = distances[axis + 1].multipliedReportingOverflow(
        by: extents[axis + 1])
      distances[axis] = overflows ? countOrEnd : distance
    }
    return distances
  }

  /// The product of some axes' extents, as `elementCount`.
  @inlinable
  public func elementCount(of axes: some Sequence<Int>) -> Int {
    var count = 1
    var overflows = false
    for axis in axes {
      let (product, isTooLarge) = count.multipliedReportingOverflow(by: self[axis])
      count = product
      overflows = overflows || isTooLarge
    }
    return overflows ? Shape(axes.map { self[$0] }).countOrEnd : count
  }
}

extension Shape: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
  /// The shape of a single value, which has no axes.
  public init() { extents = [] }

  /// 0, the first axis.
  @inlinable public var startIndex: Int { 0 }
  /// The number of axes.
  @inlinable public var endIndex: Int { extents.count }

  /// The extent of an axis, counted from the front. An axis that is not there ends the program with
  /// a message.
  @inlinable
  public subscript(axis: Int) -> Int {
    get {
      checkAxis(axis)
      return extents[axis]
    }
    set {
      checkAxis(axis)
      extents[axis] = newValue
    }
  }

  @inlinable
  package func checkAxis(_ axis: Int) {
    if axis < 0 || axis >= extents.count { endForAxis(axis) }
  }

  @usableFromInline
  func endForAxis(_ axis: Int) -> Never {
    Misuse.end(
      TensorError(
        "Shape", given: "axis \(axis) of shape \(self)",
        expected: isEmpty ? "no axis" : "an axis in 0..<\(count)"))
  }

  /// Adds an axis behind the last.
  public mutating func append(_ extent: Int) { extents.append(extent) }

  /// Adds an axis before one of the axes, or behind the last. A place that is not there ends the
  /// program with a message.
  public mutating func insert(_ extent: Int, at axis: Int) {
    Misuse.check(
      (0...count).contains(axis),
      TensorError(
        "Shape", given: "an axis at \(axis) of shape \(self)",
        expected: "a place in 0...\(count)"))
    extents.insert(extent, at: axis)
  }

  /// Replaces the extents of some axes. Axes that are not there end the program with a message.
  public mutating func replaceSubrange(
    _ subrange: Range<Int>, with newElements: some Collection<Int>
  ) {
    Misuse.check(
      subrange.lowerBound >= 0 && subrange.upperBound <= count,
      TensorError(
        "Shape", given: "axes \(subrange) of shape \(self)", expected: "axes in 0..<\(count)"))
    extents.replaceSubrange(subrange, with: newElements)
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// A shape as it is written: `[3, 4]`.
  public init(arrayLiteral elements: Int...) {
    extents = AxisList(elements)
  }
}

extension Shape: CustomStringConvertible {
  /// Such as `[3, 4]`.
  public var description: String { extents.description }
}

extension Shape {
  /// As many axes as a tensor may have.
  public static let mostAxes = 256

  /// Checks that there are no more axes than a tensor may have, that no extent is negative and that
  /// the number of elements, and of bytes at up to 16 bytes an element, can be counted.
  public func validated(for operation: String) throws(TensorError) -> Shape {
    guard extents.count <= Self.mostAxes else {
      throw TensorError(
        operation, given: "a shape of \(extents.count) axes",
        expected: "at most \(Self.mostAxes) axes")
    }
    var count = 1
    for extent in extents {
      guard extent >= 0 else {
        throw TensorError(
          operation, given: "shape \(self)", expected: "extents that are not negative")
      }
      // An empty axis makes the tensor empty, but the other extents must still be countable.
      let (product, overflow) = count.multipliedReportingOverflow(by: Swift.max(extent, 1))
      guard !overflow, product <= Int.max / 16 else {
        throw TensorError(
          operation, given: "shape \(self)",
          expected: "fewer elements than can be addressed (\(Int.max / 16))")
      }
      count = product
    }
    return self
  }
}
