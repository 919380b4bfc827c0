import CKernels
import Machine
import Shapes

extension Runtime {
  /// Applies an elementwise function to bodies that lie alike, without a plan, a program or other workers: what
  /// small operands are worth.
  ///
  /// - Returns: nil where operands are repeated, redistributed, still to be computed, not in row-major order or
  ///   so many that all workers should share them.
  public func applyDirectly(_ function: ElementFunction, to bodies: [Body]) throws(TensorError)
    -> Body?
  {
    let first = bodies[0]
    let count = first.localElementCount
    guard count <= Self.elementsPerTask, count < deferral.leastElementCount,
      function.isDefined(for: first.scalarType), first.sharding.partialReduction == nil
    else { return nil }
    for body in bodies {
      guard body.isRowMajor, body === first || body.liesLike(first) else { return nil }
    }
    let type = function.resultType(bodies)
    let storage = try arena.allocate(
      byteCount: count * type.byteCount,
      for: StoragePurpose(
        shape: first.localShape, scalarType: type, operation: function.name))
    if count > 0 { function.apply(bodies, count, into: storage.address) }
    return Body(like: first, type, storage)
  }
}

extension ElementFunction {
  fileprivate func isDefined(for type: ScalarType) -> Bool {
    switch self {
    case .unary(let function): function.isDefined(for: type)
    case .binary(let function), .binaryWithScalar(let function, _, _): function.isDefined(for: type)
    case .convert(let target): target != type
    case .classify, .compare, .compareWithScalar, .select, .keep: true
    }
  }

  fileprivate func resultType(_ bodies: [Body]) -> ScalarType {
    switch self {
    case .unary, .binary, .binaryWithScalar: bodies[0].scalarType
    case .classify, .compare, .compareWithScalar: .bool
    case .select, .keep: bodies[1].scalarType
    case .convert(let type): type
    }
  }

  /// Calls the kernel on the first elements of all bodies.
  fileprivate func apply(_ bodies: [Body], _ count: Int, into target: UnsafeMutableRawPointer) {
    let a = bodies[0].firstElement
    let type = bodies[0].scalarType.kernel
    switch self {
    case .unary(let function):
      tk_unary(function.kernel, type, target, a, count)
    case .classify(let classification):
      tk_classify(
        classification.kernel, type, target.assumingMemoryBound(to: UInt8.self), a, count)
    case .binary(let function):
      tk_binary(function.kernel, type, target, a, 1, bodies[1].firstElement, 1, count)
    case .binaryWithScalar(let function, let scalar, let scalarIsFirst):
      withUnsafePointer(to: scalar.bits) {
        if scalarIsFirst {
          tk_binary(function.kernel, type, target, $0, 0, a, 1, count)
        } else {
          tk_binary(function.kernel, type, target, a, 1, $0, 0, count)
        }
      }
    case .compare(let comparison):
      tk_compare(
        comparison.kernel, type, target.assumingMemoryBound(to: UInt8.self), a, 1,
        bodies[1].firstElement, 1, count)
    case .compareWithScalar(let comparison, let scalar):
      withUnsafePointer(to: scalar.bits) {
        tk_compare(
          comparison.kernel, type, target.assumingMemoryBound(to: UInt8.self), a, 1, $0, 0, count)
      }
    case .select:
      tk_select(
        bodies[1].scalarType.kernel, target, a.assumingMemoryBound(to: UInt8.self), 1,
        bodies[1].firstElement, 1, bodies[2].firstElement, 1, count)
    case .keep:
      withUnsafePointer(to: UInt64(0)) {
        tk_select(
          bodies[1].scalarType.kernel, target, a.assumingMemoryBound(to: UInt8.self), 1,
          bodies[1].firstElement, 1, $0, 0, count)
      }
    case .convert(let to):
      tk_convert(to.kernel, target, type, a, count)
    }
  }
}
