/// An integer for each axis of a tensor, such as its extent or a stride, outermost axis first.
///
/// Those of up to four axes lie in the value itself, so that shapes of ordinary tensors are made,
/// copied and dropped without memory of their own. More axes have an array.
@usableFromInline
package struct AxisList: Sendable {
  /// The integers, and zeros behind them; zeros alone where there is an array.
  @usableFromInline var few = (0, 0, 0, 0)
  /// All integers, where they are more than lie in the value.
  @usableFromInline var many: [Int]?
  @usableFromInline var length = 0

  /// As many axes lie in the value itself.
  @inlinable static var mostInPlace: Int { 4 }

  /// The integers that a function gives to axes.
  @inlinable
  package init(count: Int, _ value: (_ axis: Int) -> Int) {
    for axis in 0..<count { append(value(axis)) }
  }
}

extension AxisList: RandomAccessCollection, MutableCollection, RangeReplaceableCollection {
  @inlinable package init() {}

  @inlinable
  package init(_ values: some Sequence<Int>) {
    for value in values { append(value) }
  }

  @inlinable package var startIndex: Int { 0 }
  @inlinable package var endIndex: Int { length }

  @inlinable
  package subscript(axis: Int) -> Int {
    get {
      precondition(axis >= 0 && axis < length, "an axis that is there")
      if let many { return many[axis] }
      return withUnsafeBytes(of: few) {
        $0.load(fromByteOffset: axis * MemoryLayout<Int>.stride, as: Int.self)
      }
    }
    set {
      precondition(axis >= 0 && axis < length, "an axis that is there")
      if many == nil { setInPlace(axis, newValue) } else { many![axis] = newValue }
    }
  }

  @inlinable
  mutating func setInPlace(_ axis: Int, _ value: Int) {
    withUnsafeMutableBytes(of: &few) {
      $0.storeBytes(of: value, toByteOffset: axis * MemoryLayout<Int>.stride, as: Int.self)
    }
  }

  @inlinable
  package mutating func append(_ value: Int) {
    if length < Self.mostInPlace { setInPlace(length, value) } else { appendToMany(value) }
    length += 1
  }

  @usableFromInline
  mutating func appendToMany(_ value: Int) {
    if many == nil {
      many = [few.0, few.1, few.2, few.3]
      few = (0, 0, 0, 0)
    }
    many!.append(value)
  }

  @usableFromInline
  package mutating func replaceSubrange(
    _ subrange: Range<Int>, with newElements: some Collection<Int>
  ) {
    var result = AxisList(self[..<subrange.lowerBound])
    for value in newElements { result.append(value) }
    for value in self[subrange.upperBound...] { result.append(value) }
    self = result
  }
}

extension AxisList: ExpressibleByArrayLiteral {
  @inlinable
  package init(arrayLiteral elements: Int...) {
    self.init(elements)
  }
}

extension AxisList: Hashable {
  @inlinable
  package static func == (one: Self, other: Self) -> Bool {
    one.length == other.length && one.few == other.few && one.many == other.many
  }

  @inlinable
  package func hash(into hasher: inout Hasher) {
    hasher.combine(length)
    for value in self { hasher.combine(value) }
  }
}

extension AxisList: CustomStringConvertible {
  @usableFromInline package var description: String { Array(self).description }
}
