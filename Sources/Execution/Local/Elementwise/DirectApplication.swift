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
    if count > 0 {
      let address = bodies[0].firstElement
      applied.apply(
        to: (
          address, bodies.count > 1 ? bodies[1].firstElement : address,
          bodies.count > 2 ? bodies[2].firstElement : address
        ), bodies[function.typedValue].scalarType, count, into: storage.address)
    }
    return Body(like: first, type, storage)
  }

  /// Writes an elementwise function over one of its operands, as `applyDirectly` does; false where
  /// that does not apply.
  ///
  /// - Parameters:
  ///   - others: the other operands, of the target's shape.
  ///   - place: which of the operands is the target.
  ///   - agree: called before the first element is written.
  public func overwriteDirectly(
    _ target: StridedBlock, with applied: AppliedFunction, of others: [LocalOperand],
    at place: Int, below limit: Int, _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) -> Bool {
    let function = applied.function
    let count = target.elementCount
    guard count <= Self.elementsPerTask, count < limit, others.count < 3,
      function.isDefined(for: target.type), function.resultType(of: target.type) == target.type,
      target.type.computeType == target.type, target.isContiguous
    else { return false }
    let base = target.base
    var (first, second, third) = (base, base, base)
    for index in others.indices {
      guard let address = others[index].firstElement(over: target) else { return false }
      switch index < place ? index : index + 1 {
      case 0: first = address
      case 1: second = address
      default: third = address
      }
    }
    try agree()
    if count > 0 { applied.apply(to: (first, second, third), target.type, count, into: base) }
    return true
  }
}

extension LocalOperand {
  /// Where elements that are there begin, in row-major order as those of a target of their type and
  /// shape, none of which they meet but at its own place; nil for others.
  fileprivate func firstElement(over target: StridedBlock) -> UnsafeMutableRawPointer? {
    switch self {
    case .body(let body):
      guard body.isRowMajor, body.scalarType == target.type, body.localShape == target.shape else {
        return nil
      }
      let address = body.firstElement
      return body.lies(in: target.storage) && address != target.base ? nil : address
    case .block(let block):
      guard block.type == target.type, block.shape == target.shape, block.isContiguous else {
        return nil
      }
      return block.storage === target.storage && block.base != target.base ? nil : block.base
    }
  }
}

extension AppliedFunction {
  /// Calls the kernel on elements that lie one after another.
  fileprivate func apply(
    to elements:
      (UnsafeMutableRawPointer, UnsafeMutableRawPointer, UnsafeMutableRawPointer),
    _ type: ScalarType, _ count: Int, into target: UnsafeMutableRawPointer
  ) {
    let type = type.kernel
    let first = (elements.0, 1)
    guard let number else {
      return function.invoke(type, first, (elements.1, 1), (elements.2, 1), into: target, count)
    }
    withUnsafePointer(to: number.bits) {
      let constant = (UnsafeMutableRawPointer(mutating: $0), 0)
      let (a, b) = numberIsFirst ? (constant, first) : (first, constant)
      function.invoke(type, a, b, first, into: target, count)
    }
  }
}
