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
// Unchecked because `content` is a variable: it changes once, to held elements, under the runtime's
// lock and before `isComputed` says so; later it and `identity` change through a uniquely held body
// only.
public final class Body: @unchecked Sendable {
  /// A serial number, never reused; an address could be.
  public let serialNumber: UInt64
  /// The number of the present elements: the serial number, and another one after each write in
  /// place. Tapes know values by it without holding them.
  @exclusivity(unchecked) public private(set) var identity: UInt64
  package let outline: Outline
  /// Whether tapes follow this body without being told to, because it is the value of a parameter.
  public let isParameter: Bool
  /// Where the elements are, or what they are to come from.
  enum Content {
    case held(Storage)
    /// To be computed.
    case deferred(Deferred)
    /// To be there when a collective that was begun has ended.
    case arriving(Arrival, Storage)
    /// They could not be computed.
    case failed(Failure)
  }

  /// An error behind a reference, so that contents are small.
  final class Failure: Sendable {
    let error: TensorError

    init(_ error: TensorError) { self.error = error }
  }

  // Without the check at run time, as every small operation reads it; who may change it says the
  // type's comment.
  @exclusivity(unchecked) private var content: Content
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
    content = .held(block.storage)
    self.isParameter = isParameter
    isComputed = Atomic(true)
  }

  /// A body that lies like another one, in row-major order from the start of its storage.
  init(like other: Body, _ type: ScalarType, _ storage: Storage) {
    serialNumber = Self.nextNumber()
    identity = serialNumber
    outline = other.outline.fromStart(type)
    content = .held(storage)
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
    content = .deferred(
      try runtime.deferred(
        function, operands.map { (operand) throws(TensorError) in try operand.input },
        type: description.scalarType, shape: localShape))
    isComputed = Atomic(false)
  }

  /// A body whose elements are those of a view that only passes over elements can read: they get
  /// memory of their own when something else asks for them.
  ///
  /// - Parameter name: what users call the operation.
  package convenience init(
    _ description: TensorDescription, reading view: StridedBlock, as name: String,
    runtime: Runtime
  ) {
    self.init(
      description, Layout(rowMajor: view.shape), .deferred(runtime.deferred(view, as: name)),
      runtime: runtime)
  }

  /// A body whose elements are the product of two matrices, computed when something asks for them,
  /// or together with what is computed from them.
  ///
  /// - Parameter name: what users call the operation.
  package convenience init(
    _ description: TensorDescription, productOf factors: (a: StridedBlock, b: StridedBlock),
    as name: String, runtime: Runtime
  ) {
    let product = runtime.deferredProduct(factors.a, factors.b, as: name)
    self.init(
      description, Layout(rowMajor: product.shape), .deferred(product), runtime: runtime)
  }

  /// A body whose elements a collective is bringing: who asks for them waits for it.
  ///
  /// - Parameter block: where they will be, of the local shape of the description.
  package convenience init(
    _ description: TensorDescription, _ block: StridedBlock, arriving arrival: Arrival,
    runtime: Runtime
  ) {
    self.init(
      description, block.layout, .arriving(arrival, block.storage), runtime: runtime)
  }

  /// A body whose elements could not be computed: who asks for them gets the error.
  package convenience init(
    _ description: TensorDescription, failed error: TensorError, runtime: Runtime
  ) {
    let localShape = description.localShape(of: runtime.communicator.rank)
    self.init(
      description, Layout(rowMajor: localShape), .failed(Failure(error)), runtime: runtime)
  }

  private init(
    _ description: TensorDescription, _ layout: Layout, _ content: Content, runtime: Runtime
  ) {
    serialNumber = Self.nextNumber()
    identity = serialNumber
    outline = Outline(
      description: description,
      localShape: description.localShape(of: runtime.communicator.rank), layout: layout,
      runtime: runtime)
    isParameter = false
    self.content = content
    isComputed = Atomic(false)
  }

  deinit {
    if case .deferred(let node) = content {
      node.isWanted.store(false, ordering: .releasing)
    }
  }

  /// What bodies without elements have.
  private static let nothing = Storage(
    sharing: UnsafeMutableRawBufferPointer(start: nil, count: 0)
  ) {}
  fileprivate static let noElements = StridedBlock(storage: nothing, type: .bool, shape: [0])

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

  /// Whether the elements are still to come.
  public var isPending: Bool { !isComputed.load(ordering: .acquiring) }

  /// What this rank holds; also of a body without elements. An error if there is no memory to
  /// compute them, or if the collective that was to bring them has failed.
  public var block: StridedBlock {
    get throws(TensorError) {
      try compute()
      return blockHeld
    }
  }

  private var blockHeld: StridedBlock {
    StridedBlock(storage: held, type: scalarType, shape: localShape, layout: layout)
  }

  /// Where this rank's elements lie; throws as `block` does.
  public var storage: Storage {
    get throws(TensorError) {
      try compute()
      return held
    }
  }

  /// The storage of elements that are there.
  private var held: Storage {
    guard case .held(let storage) = content else {
      preconditionFailure("a body that has been computed")
    }
    return storage
  }

  /// Why there are no elements and will be none, where that is known.
  package var failure: TensorError? {
    if !isPending { return nil }
    return runtime.deferral.exclusively {
      switch content {
      case .failed(let failure): failure.error
      case .deferred(let node):
        if case .failed(let error) = node.outcome { error } else { nil }
      case .held, .arriving: nil
      }
    }
  }

  /// Whether elements are there, one after another in row-major order.
  var isRowMajor: Bool { outline.isRowMajor && !isPending }

  /// Whether elements are there, all of which are one, repeated.
  private var isSingle: Bool { outline.isSingle && !isPending }

  /// Whether elements are there, of which the same one goes with each of another body's: one that
  /// broadcasting repeats, or has repeated.
  func isRepeated(over other: Body) -> Bool {
    guard isSingle else { return false }
    if liesLike(other) { return true }
    return shape.elementCount == 1 && shape.count <= other.shape.count && sharding.isReplicated
      && sharding.mesh == other.sharding.mesh
  }

  /// Whether shape and sharding are another body's.
  package func liesLike(_ other: Body) -> Bool { outline.liesLike(other.outline) }

  /// The address of the first element of a body that is there; valid while the body lives.
  var firstElement: UnsafeMutableRawPointer {
    held.address + outline.layout.offset * scalarType.byteCount
  }

  /// Whether elements that are there lie in a storage.
  func lies(in storage: Storage) -> Bool { held === storage }

  /// The local elements, for a pass that reads each of them once.
  public var elements: Elements {
    get throws(TensorError) {
      switch try input {
      case .deferred(let node): return try outline.runtime.elements(of: node)
      case .block(let block): return Elements(of: block)
      }
    }
  }

  /// Writes the local elements to a block of their shape that nobody else reads. What waits alone
  /// is computed there, and goes on waiting.
  package func write(into target: StridedBlock) throws(TensorError) {
    let executor = outline.runtime.executor
    guard isPending else { return executor.copy(blockHeld, into: target) }
    let factors = outline.runtime.deferral.exclusively { () -> (StridedBlock, StridedBlock)? in
      guard case .deferred(let node) = content, case .pending = node.outcome,
        node.consumerCount.load(ordering: .acquiring) == 0
      else { return nil }
      return node.factors
    }
    if let (a, b) = factors { return try executor.multiply(a, b, into: target) }
    executor.evaluate(try elements, into: target)
  }

  /// What others are computed from.
  fileprivate var input: Deferred.Operand {
    get throws(TensorError) {
      if !isPending { return .block(blockHeld) }
      typealias Operand = Deferred.Operand
      let waiting = try outline.runtime.deferral.exclusively { () throws(TensorError) -> Operand? in
        guard case .deferred(let node) = content else { return nil }
        switch node.outcome {
        case .pending: return node.operand
        case .failed(let error): throw error
        case .computed(let block):
          // What another pass has stored is a block from now on, and not the long program that it
          // was.
          hold(block.storage)
          return nil
        }
      }
      if let waiting { return waiting }
      return .block(try block)
    }
  }

  private func compute() throws(TensorError) {
    ForkedChild.endIfComputing()
    if isComputed.load(ordering: .acquiring) { return }
    typealias Coming = (arrival: Arrival, storage: Storage)
    let coming = try outline.runtime.deferral.exclusively { () throws(TensorError) -> Coming? in
      switch content {
      case .held: return nil
      case .deferred(let node):
        hold(try outline.runtime.compute(node, because: .asked).storage)
        return nil
      case .arriving(let arrival, let storage): return (arrival, storage)
      case .failed(let failure): throw failure.error
      }
    }
    guard let coming else { return }
    // Without the lock, which others may need meanwhile.
    try coming.arrival.wait()
    outline.runtime.deferral.exclusively { hold(coming.storage) }
  }

  /// Under the lock: the elements are there.
  private func hold(_ storage: Storage) {
    content = .held(storage)
    isComputed.store(true, ordering: .releasing)
  }

  /// What the elements are to be computed from, if they wait.
  fileprivate var node: Deferred? {
    if !isPending { return nil }
    return outline.runtime.deferral.exclusively {
      if case .deferred(let node) = content { node } else { nil }
    }
  }

  /// Whether nobody else refers to the storage, after whatever was to be computed from it has been.
  public func holdsStorageAlone() throws(TensorError) -> Bool {
    try compute()
    if refersAlone() { return true }
    try outline.runtime.settle(readersOf: held)
    // Bytes that are under way keep their block.
    outline.runtime.communicator.settle(held)
    return refersAlone()
  }

  /// The same where operands of a write may refer to it too, as the writer knows what they read:
  /// blocks, and bodies that wait and that nobody else has.
  public func holdsStorageAlone(
    besides operands: inout [LocalOperand]
  ) throws(TensorError) -> Bool {
    try compute()
    let nodes = operands.indices.compactMap { operands[$0].ownNode }
    if refersAlone(besides: &operands, nodes) { return true }
    try outline.runtime.settle(readersOf: held, but: nodes)
    outline.runtime.communicator.settle(held)
    return refersAlone(besides: &operands, nodes)
  }

  private func refersAlone(besides operands: inout [LocalOperand], _ nodes: [Deferred]) -> Bool {
    outline.runtime.deferral.exclusively {
      func exchange(_ storage: Storage, for other: Storage) {
        for index in operands.indices { operands[index].exchange(storage, for: other) }
        for node in nodes { node.exchange(storage, for: other) }
      }
      exchange(held, for: Self.nothing)
      defer { exchange(Self.nothing, for: held) }
      return refersAlone()
    }
  }

  private func refersAlone() -> Bool {
    guard case .held(var storage) = content else { return false }
    // A look at the one reference that there is.
    content = .held(Self.nothing)
    defer { content = .held(storage) }
    return isKnownUniquelyReferenced(&storage)
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
    let storage = held
    let copy = try outline.runtime.arena.allocate(
      byteCount: storage.byteCount,
      for: StoragePurpose(shape: localShape, scalarType: scalarType, operation: "writing"))
    outline.runtime.executor.copy(
      StridedBlock(storage: storage, type: .uint8, shape: [storage.byteCount]),
      into: StridedBlock(storage: copy, type: .uint8, shape: [storage.byteCount]))
    // The others refer to the same object: give that one the copy, and keep the block under a new
    // one.
    storage.exchangeBlocks(with: copy)
    content = .held(copy)
    return true
  }
}

/// What an elementwise function is applied to on one rank.
public enum LocalOperand {
  /// What a body holds, or will hold.
  case body(Body)
  /// A block that is there.
  case block(StridedBlock)

  /// A block of its elements: that of the view which it waits as, or else what it holds, computed
  /// now if it is not yet. Only a pass over elements may read it.
  package var view: StridedBlock {
    get throws(TensorError) {
      switch self {
      case .body(let body):
        if case .block(let block) = try body.input { return block }
        return try body.block
      case .block(let block): return block
      }
    }
  }

  /// What a body that waits is to be computed from, if nobody else has it.
  fileprivate var ownNode: Deferred? {
    mutating get {
      guard case .body(var body) = self else { return nil }
      self = .block(Body.noElements)
      defer { self = .body(body) }
      return isKnownUniquelyReferenced(&body) ? body.node : nil
    }
  }

  /// Puts one storage in the place of another.
  fileprivate mutating func exchange(_ storage: Storage, for other: Storage) {
    guard case .block(var block) = self, block.storage === storage else { return }
    block.storage = other
    self = .block(block)
  }

  fileprivate var input: Deferred.Operand {
    get throws(TensorError) {
      switch self {
      case .body(let body): return try body.input
      case .block(let block): return .block(block)
      }
    }
  }
}
