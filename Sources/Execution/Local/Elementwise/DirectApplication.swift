import Machine
import Shapes

extension HostExecutor {
  /// Applies an elementwise function to bodies that lie alike, without a plan, a program or other
  /// workers: what small operands are worth.
  ///
  /// - Parameter limit: so many elements are too many.
  /// - Returns: nil where operands are repeated, redistributed, still to be computed, not in
  ///   row-major order or so many that all workers should share them.
  public func applyDirectly(
    _ applied: AppliedFunction, to bodies: [Body], below limit: Int
  ) throws(TensorError) -> Body? {
    let function = applied.function
    let first = bodies[0]
    let count = first.localElementCount
    guard count <= Self.elementsPerTask, count < limit,
      function.isDefined(for: first.scalarType),
      first.scalarType.computeType == first.scalarType, first.sharding.partialReduction == nil
    else { return nil }
    for body in bodies {
      guard body.isRowMajor, body === first || body.liesLike(first) else { return nil }
    }
    let type = function.resultType(of: bodies[function.typedValue].scalarType)
    let storage = try arena.allocate(
      byteCount: count * type.byteCount,
      for: StoragePurpose(
        shape: first.localShape, scalarType: type, operation: function.name))
    if count > 0 { applied.apply(to: bodies, count, into: storage.address) }
    return Body(like: first, type, storage)
  }
}

extension AppliedFunction {
  /// Calls the kernel on the first elements of all bodies.
  fileprivate func apply(to bodies: [Body], _ count: Int, into target: UnsafeMutableRawPointer) {
    let type = bodies[function.typedValue].scalarType.kernel
    let first = (bodies[0].firstElement, 1)
    guard let number else {
      let second = bodies.count > 1 ? (bodies[1].firstElement, 1) : first
      let third = bodies.count > 2 ? (bodies[2].firstElement, 1) : first
      return function.invoke(type, first, second, third, into: target, count)
    }
    withUnsafePointer(to: number.bits) {
      let constant = (UnsafeMutableRawPointer(mutating: $0), 0)
      let (a, b) = numberIsFirst ? (constant, first) : (first, constant)
      function.invoke(type, a, b, first, into: target, count)
    }
  }
}
