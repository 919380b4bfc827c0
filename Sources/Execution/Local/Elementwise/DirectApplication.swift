import Machine
import Shapes

extension HostExecutor {
  /// Applies an elementwise function to bodies that lie alike, or are one element that goes with
  /// all others, without a plan, a program or other workers: what small operands are worth.
  ///
  /// - Parameter limit: so many elements are too many.
  /// - Returns: nil where rows are repeated, operands redistributed, still to be computed, not in
  ///   row-major order or so many that all workers should share them.
  public func applyDirectly(
    _ applied: AppliedFunction, to bodies: [Body], below limit: Int
  ) throws(TensorError) -> Body? {
    let function = applied.function
    let scalarType = bodies[0].scalarType
    guard function.isDefined(for: scalarType), scalarType.computeType == scalarType else {
      return nil
    }
    var model = bodies[0]
    for body in bodies.dropFirst() where body.isBroader(than: model) { model = body }
    let count = model.localElementCount
    guard count <= Self.elementsPerTask, count < limit, model.isRowMajor,
      model.sharding.partialReduction == nil
    else { return nil }
    var steps = (1, 1, 1)
    for (position, body) in bodies.enumerated() where body !== model {
      if body.isRowMajor, body.liesLike(model) { continue }
      guard body.isRepeated(over: model) else { return nil }
      switch position {
      case 0: steps.0 = 0
      case 1: steps.1 = 0
      default: steps.2 = 0
      }
    }
    let type = function.resultType(of: bodies[function.typedValue].scalarType)
    let storage = try arena.allocate(
      byteCount: count * type.byteCount,
      for: StoragePurpose(
        shape: model.localShape, scalarType: type, operation: function.name))
    if count > 0 {
      let first = (bodies[0].firstElement, steps.0)
      applied.apply(
        to: (
          first, bodies.count > 1 ? (bodies[1].firstElement, steps.1) : first,
          bodies.count > 2 ? (bodies[2].firstElement, steps.2) : first
        ), bodies[function.typedValue].scalarType, count, into: storage.address)
    }
    return Body(like: model, type, storage)
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
    if count > 0 {
      applied.apply(
        to: ((first, 1), (second, 1), (third, 1)), target.type, count, into: base)
    }
    return true
  }
}

extension Body {
  /// Whether broadcasting one to the other, if it does, has the shape of this one.
  fileprivate func isBroader(than other: Body) -> Bool {
    let (own, others) = (shape.count, other.shape.count)
    if own != others { return own > others }
    if localElementCount != other.localElementCount {
      return localElementCount > other.localElementCount
    }
    return isRowMajor && !other.isRowMajor
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
  /// Calls the kernel on elements that lie one after another, or are one.
  fileprivate func apply(
    to places: (ElementFunction.Place, ElementFunction.Place, ElementFunction.Place),
    _ type: ScalarType, _ count: Int, into target: UnsafeMutableRawPointer
  ) {
    let type = type.kernel
    let first = places.0
    guard let number else {
      return function.invoke(type, first, places.1, places.2, into: target, count)
    }
    withUnsafePointer(to: number.bits) { bits in
      let constant: ElementFunction.Place = (UnsafeMutableRawPointer(mutating: bits), 0)
      if numberIsFirst {
        function.invoke(type, constant, first, first, into: target, count)
      } else {
        function.invoke(type, first, constant, first, into: target, count)
      }
    }
  }
}
