/// The extents of a tensor's axes, outermost first: `[3, 4]` has two axes, `[]` is a single value.
///
/// A shape is a collection of its extents; `shape.count` is the number of axes.
public struct Shape: Hashable, Sendable {
  @usableFromInline var extents: [Int]

  /// A shape of the given extents.
  @inlinable
  public init(_ extents: some Sequence<Int>) {
    self.extents = Array(extents)
  }

  /// The number of elements of a tensor of this shape; 1 for the shape without axes.
  @inlinable
  public var elementCount: Int {
    var count = 1
    for extent in extents { count *= extent }
    return count
  }

  /// Distances between neighbours along each axis, in elements, when elements lie in row-major order.
  public var rowMajorStrides: [Int] {
    var strides = [Int](repeating: 1, count: extents.count)
    var distance = 1
    for axis in extents.indices.reversed() {
      strides[axis] = distance
      distance *= extents[axis]
    }
    return strides
  }

  /// The product of some axes' extents.
  public func elementCount(of axes: some Sequence<Int>) -> Int {
    axes.reduce(1) { $0 * extents[$1] }
  }
}

extension Shape: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
  /// The shape of a single value, which has no axes.
  public init() { extents = [] }

  /// 0, the first axis.
  @inlinable public var startIndex: Int { 0 }
  /// The number of axes.
  @inlinable public var endIndex: Int { extents.count }

  /// The extent of an axis, counted from the front.
  @inlinable
  public subscript(axis: Int) -> Int {
    get { extents[axis] }
    set { extents[axis] = newValue }
  }

  /// Replaces the extents of some axes.
  public mutating func replaceSubrange(
    _ subrange: Range<Int>, with newElements: some Collection<Int>
  ) {
    extents.replaceSubrange(subrange, with: newElements)
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// A shape as it is written: `[3, 4]`.
  public init(arrayLiteral elements: Int...) {
    extents = elements
  }
}

extension Shape: CustomStringConvertible {
  /// Such as `[3, 4]`.
  public var description: String { extents.description }
}

extension Shape {
  /// Checks that no extent is negative and that the number of elements, and of bytes at up to 16 bytes
  /// an element, can be counted.
  public func validated(for operation: String) throws(TensorError) -> Shape {
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
