import Shapes

extension HostExecutor {
  /// Whether one of some sums, in a contiguous block of floating point, is infinite or below a
  /// bound.
  public func isAnySum(
    _ sums: StridedBlock, infiniteOrBelow bound: Double
  ) throws(TensorError) -> Bool {
    let count = sums.elementCount
    if count == 0 { return false }
    if count > Self.elementsPerTask || !sums.isContiguous {
      var elements = Elements(of: sums)
      elements.appendIsInfinite(
        elements.lastValue, orBelow: ScalarValue(bound, as: sums.type))
      let any = try allocate([], .bool)
      try reduce(
        .max, elements, shape: sums.shape, over: Array(sums.shape.indices), in: .bool, into: any)
      return isTrue(any)
    }
    return withExtendedLifetime(sums.storage) {
      switch sums.type {
      case .float32: Self.isAny(of: sums.base, count, infiniteOrBelow: Float(bound))
      case .float64: Self.isAny(of: sums.base, count, infiniteOrBelow: bound)
      default: preconditionFailure("sums of floating point")
      }
    }
  }

  private static func isAny<T: BinaryFloatingPoint>(
    of sums: UnsafeMutableRawPointer, _ count: Int, infiniteOrBelow bound: T
  ) -> Bool {
    let sums = UnsafeBufferPointer(start: sums.assumingMemoryBound(to: T.self), count: count)
    return sums.contains { $0 < bound || $0 == .infinity }
  }
}

extension Elements {
  /// Where a value is infinite or below a bound.
  @discardableResult
  package mutating func appendIsInfinite(
    _ value: Program.Value, orBelow bound: ScalarValue
  ) -> Program.Value {
    let isSmall = apply(.less, value, constant(bound))
    return apply(.or, isSmall, apply(.isInfinite, value))
  }
}
