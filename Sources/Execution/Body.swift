import Distribution
import Machine
import MessagePassing
import Shapes
import Synchronization

/// A tensor without its type parameter: what it is (shape, scalar type, sharding) and where this
/// rank's part lies. Operations, tape and training work on bodies.
///
/// A body that several variables refer to never changes; a write to a uniquely held one happens in
/// place.
// Unchecked because `held` and `pending` are variables: they change once, from the one to the
// other, under the runtime's lock and before `isComputed` says so; later `held` and `identity`
// change through a uniquely held body only.
public final class Body: @unchecked Sendable {
  /// A serial number, never reused; an address could be.
  public let serialNumber: UInt64
  /// The number of the present elements: the serial number, and another one after each write in
  /// place. Tapes know values by it without holding them.
  @exclusivity(unchecked) public private(set) var identity: UInt64
  package let outline: Outline
  /// Whether tapes follow this body without being told to, because it is the value of a parameter.
  public let isParameter: Bool
  /// Where the elements lie; nil until they are computed.
  // Without the check at run time, as every small operation reads it; who may change it says the
  // type's comment.
  @exclusivity(unchecked) private var held: Storage?
  /// What the elements are to be computed from.
  private var pending: Deferred?
  private let isComputed: Atomic<Bool>

  private static let count = Atomic<UInt64>(0)

  private static func nextNumber() -> UInt64 { count.wrappingAdd(1, ordering: .relaxed).newValue }

  /// - Parameter block: what this rank holds, of the local shape of the description.
  public init(
    _ description: TensorDescription, _ block: StridedBlock, runtime: Runtime,
    isParameter: Bool = false
  ) {
    precondition(
      block.shape == description.localShape(of: runtime.communicator.rank),
      "local shape \(block.shape) of \(description)")
    serialNumber = Self.nextNumber()
    identity = serialNumber
    outline = Outline(
      description: description, localShape: block.shape, layout: block.layout, runtime: runtime)
    held = block.storage
    self.isParameter = isParameter
    isComputed = Atomic(true)
  }

  /// A body that lies like another one, in row-major order from the start of its storage.
  init(like other: Body, _ type: ScalarType, _ storage: Storage) {
    serialNumber = Self.nextNumber()
    identity = serialNumber
    outline = other.outline.fromStart(type)
    held = storage
    isParameter = false
    isComputed = Atomic(true)
  }

  /// A body whose elements are computed when they are asked for, alone or with what is computed
  /// from them.
  ///
  /// - Parameters:
  ///   - function: what they are, of operands that lie like the result.
  ///   - operands: in what they are taken from; each a body, or the block that it was redistributed
  ///     to.
  public init(
    _ description: TensorDescription, _ function: AppliedFunction, of operands: [LocalOperand],
    runtime: Runtime
  ) throws(TensorError) {
    serialNumber = Self.nextNumber()
    identity = serialNumber
    let localShape = description.localShape(of: runtime.communicator.rank)
    outline = Outline(
      description: description, localShape: localShape, layout: Layout(rowMajor: localShape),
      runtime: runtime)
    isParameter = false
    pending = try runtime.deferred(
      function, operands.map { (operand) throws(TensorError) in try operand.input },
      type: description.scalarType, shape: localShape)
    isComputed = Atomic(false)
  }

  deinit {
    pending?.isWanted.store(false, ordering: .releasing)
  }

  public var description: TensorDescription { outline.description }
  public var localShape: Shape { outline.localShape }
  public var layout: Layout { outline.layout }
  /// What works on it: within a dry run, that one's.
  public var runtime: Runtime { outline.runtime.inUse }
  /// The number of elements that this rank holds.
  public var localElementCount: Int { outline.localElementCount }
  public var shape: Shape { outline.description.shape }
  public var scalarType: ScalarType { outline.description.scalarType }
  public var sharding: Sharding { outline.description.sharding }

  /// Whether the elements are still to be computed.
  public var isPending: Bool { !isComputed.load(ordering: .acquiring) }

  /// What this rank holds; an error for a body without elements, or if there is no memory to
  /// compute them.
  public var materialized: StridedBlock {
    get throws(TensorError) {
      try compute()
      return block
    }
  }

  /// What this rank holds.
  public var block: StridedBlock {
    _ = storage
    return blockHeld
  }

  private var blockHeld: StridedBlock {
    StridedBlock(storage: held!, type: scalarType, shape: localShape, layout: layout)
  }

  /// Where this rank's elements lie.
  public var storage: Storage {
    do {
      try compute()
      return held!
    } catch {
      FailurePath.end(error, on: runtime.jobCommunicator)
    }
  }

  /// Whether elements are there, one after another in row-major order.
  var isRowMajor: Bool { outline.isRowMajor && !isPending }

  /// Whether shape and sharding are another body's.
  package func liesLike(_ other: Body) -> Bool { outline.liesLike(other.outline) }

  /// The address of the first element of a body that is there; valid while the body lives.
  var firstElement: UnsafeMutableRawPointer {
    held!.address + outline.layout.offset * scalarType.byteCount
  }

  /// The local elements, for a pass that reads each of them once.
  public var elements: Elements {
    get throws(TensorError) {
      if case .deferred(let node) = input { return try outline.runtime.elements(of: node) }
      return Elements(of: try materialized)
    }
  }

  /// What others are computed from.
  fileprivate var input: Deferred.Operand {
    if !isPending { return .block(block) }
    return outline.runtime.deferral.exclusively {
      // What another pass has stored is a block from now on, and not the long program that it was.
      if let pending, case .computed(let block) = pending.outcome { hold(block.storage) }
      return pending.map { .deferred($0) } ?? .block(blockHeld)
    }
  }

  private func compute() throws(TensorError) {
    ForkedChild.endIfComputing()
    if isComputed.load(ordering: .acquiring) { return }
    try outline.runtime.deferral.exclusively { () throws(TensorError) in
      guard let node = pending else { return }
      hold(try outline.runtime.compute(node).storage)
    }
  }

  /// Under the lock: the elements are there.
  private func hold(_ storage: Storage) {
    held = storage
    pending = nil
    isComputed.store(true, ordering: .releasing)
  }

  /// Whether nobody else refers to the storage, after whatever was to be computed from it has been.
  public func holdsStorageAlone() throws(TensorError) -> Bool {
    try compute()
    if isKnownUniquelyReferenced(&held) { return true }
    try outline.runtime.settle(readersOf: held!)
    return isKnownUniquelyReferenced(&held)
  }

  /// Tells that the elements are being written in place, by whoever holds this body alone: they are
  /// other ones now.
  public func noteWrite() { identity = Self.nextNumber() }

  /// Makes the storage this body's alone, keeping its block: others that share it get a copy of the
  /// contents in a block of their own. A parameter keeps its address that way.
  ///
  /// - Returns: whether contents had to move.
  @discardableResult
  public func claimStorage() throws(TensorError) -> Bool {
    if try holdsStorageAlone() { return false }
    let storage = held!
    let copy = try outline.runtime.arena.allocate(
      byteCount: storage.byteCount,
      for: StoragePurpose(shape: localShape, scalarType: scalarType, operation: "writing"))
    outline.runtime.executor.copy(
      StridedBlock(storage: storage, type: .uint8, shape: [storage.byteCount]),
      into: StridedBlock(storage: copy, type: .uint8, shape: [storage.byteCount]))
    // The others refer to the same object: give that one the copy, and keep the block under a new
    // one.
    storage.exchangeBlocks(with: copy)
    held = copy
    return true
  }
}

/// What an elementwise function is applied to on one rank.
public enum LocalOperand {
  /// What a body holds, or will hold.
  case body(Body)
  /// A block that is there.
  case block(StridedBlock)

  fileprivate var input: Deferred.Operand {
    get throws(TensorError) {
      switch self {
      case .body(let body): return body.input
      case .block(let block): return .block(block)
      }
    }
  }
}
