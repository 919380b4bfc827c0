import Execution
import Machine

// The door for memory: in from the user's, out to the tensor's, without copying.

extension Tensor {
  /// A tensor whose elements are the user's memory: this rank's part in row-major order, of the
  /// local shape. No element is copied. Local.
  ///
  /// The memory must stay valid until `release` is called. That happens exactly once, on whichever
  /// thread lets go of the last tensor that refers to the memory, views included. A write to such a
  /// tensor happens in the user's memory if no other tensor refers to it; otherwise, and for every
  /// result of an operation, the elements are in memory of the runtime's own. Memory is shared at
  /// most once at a time: tensors cannot know of each other through it. What the user writes there
  /// meanwhile shows in the tensor and its views, and must not happen while an operation runs on
  /// them; of a replicated tensor all ranks must hold the same.
  ///
  /// A buffer that is not aligned to its elements, or does not hold as many as this rank's part
  /// has, ends the job with a message; `release` is not called then.
  public init(
    sharing buffer: UnsafeMutableBufferPointer<Scalar>, shape: Shape,
    sharding: Placement = .replicated, release: @escaping @Sendable () -> Void = {}
  ) {
    self = orEnd { () throws(TensorError) in
      try Tensor(checkedSharing: buffer, shape: shape, sharding: sharding, release: release)
    }
  }

  /// A tensor whose elements are the user's memory, as above, which it never writes to: the first
  /// write to the tensor copies this rank's part. Local.
  public init(
    sharing buffer: UnsafeBufferPointer<Scalar>, shape: Shape,
    sharding: Placement = .replicated, release: @escaping @Sendable () -> Void = {}
  ) {
    self = orEnd { () throws(TensorError) in
      try Tensor(checkedSharing: buffer, shape: shape, sharding: sharding, release: release)
    }
  }

  /// What `init(sharing:)` does, throwing; the memory then stays the caller's.
  package init(
    checkedSharing buffer: UnsafeMutableBufferPointer<Scalar>, shape: Shape,
    sharding: Placement = .replicated, release: @escaping @Sendable () -> Void = {}
  ) throws(TensorError) {
    try self.init(
      UnsafeMutableRawBufferPointer(buffer), isWritable: true, shape: shape, sharding: sharding,
      release: release)
  }

  package init(
    checkedSharing buffer: UnsafeBufferPointer<Scalar>, shape: Shape,
    sharding: Placement = .replicated, release: @escaping @Sendable () -> Void = {}
  ) throws(TensorError) {
    try self.init(
      UnsafeMutableRawBufferPointer(mutating: UnsafeRawBufferPointer(buffer)), isWritable: false,
      shape: shape, sharding: sharding, release: release)
  }

  private init(
    _ bytes: UnsafeMutableRawBufferPointer, isWritable: Bool, shape: Shape, sharding: Placement,
    release: @escaping @Sendable () -> Void
  ) throws(TensorError) {
    let operation = "Tensor(sharing:)"
    let runtime = Runtime.current
    let shape = try shape.validated(for: operation)
    let resolved = try Sharding(sharding, of: shape, on: runtime.mesh, for: operation)
    guard resolved.partialReduction == nil else {
      throw TensorError(
        operation, given: "placement \(sharding)", expected: "sharded(axis:) or replicated")
    }
    let description = TensorDescription(
      shape: shape, scalarType: Scalar.scalarType, sharding: resolved)
    let rank = runtime.communicator.rank
    let localShape = description.localShape(of: rank)
    let size = Scalar.scalarType.byteCount
    // From here on it is this rank's buffer alone that may be wrong.
    guard bytes.count == localShape.elementCount * size else {
      throw TensorError(
        operation, given: "a buffer of \(bytes.count / size) elements for shape \(shape)",
        expected: "\(localShape.elementCount) elements, the local part \(localShape)", rank: rank)
    }
    if let base = bytes.baseAddress, UInt(bitPattern: base) % UInt(size) != 0 {
      throw TensorError(
        operation, given: "a buffer at address \(base)",
        expected: "a multiple of \(size), the size of \(Scalar.scalarType)", rank: rank)
    }
    let storage = Storage(
      sharing: bytes, isWritable: isWritable, listedBy: runtime.arena,
      for: StoragePurpose(shape: localShape, scalarType: Scalar.scalarType), release: release)
    let block = StridedBlock(storage: storage, type: Scalar.scalarType, shape: localShape)
    self.init(Body(description, block, runtime: runtime))
  }
}

extension Tensor {
  /// Gives access to this rank's part in row-major order. Local.
  ///
  /// Nothing is copied where the elements lie in that order: in every tensor but transposed,
  /// stepped and expanded views and slices of inner axes, of which a temporary copy is made. A
  /// partial tensor gives its term. The buffer is valid until the closure returns.
  public func withUnsafeBuffer<R>(
    _ body: (UnsafeBufferPointer<Scalar>) throws -> R
  ) rethrows -> R {
    let runtime = self.body.runtime
    let (block, bytes) = orEnd(runtime) { () throws(TensorError) in
      let block = try runtime.contiguous(self.body.block)
      return (block, try runtime.executor.bytes(of: block, for: "withUnsafeBuffer"))
    }
    return try withExtendedLifetime(block.storage) {
      try body(UnsafeBufferPointer(bytes.bindMemory(to: Scalar.self)))
    }
  }

  /// Gives access for writing to this rank's part in row-major order. Local, unless the tensor is
  /// partial: as before every write its terms are reduced first, which all ranks must do together.
  ///
  /// Nothing is copied where no other tensor refers to the elements, they may be written, and they
  /// lie in row-major order; otherwise this variable gets a copy of its own first, so that the
  /// write shows nowhere else. No gradient passes through it. Of a replicated tensor all ranks must
  /// write the same. The buffer is valid until the closure returns; what an error interrupts stays
  /// half written.
  public mutating func withUnsafeMutableBuffer<R>(
    _ body: (UnsafeMutableBufferPointer<Scalar>) throws -> R
  ) rethrows -> R {
    let runtime = self.body.runtime
    let (block, bytes) = orEnd(runtime) { () throws(TensorError) in
      try prepareForAccess()
      let block = try self.body.block
      return (block, try runtime.executor.bytes(of: block, for: "withUnsafeMutableBuffer"))
    }
    return try withExtendedLifetime(block.storage) {
      try body(bytes.bindMemory(to: Scalar.self))
    }
  }

  /// Elements in row-major order that this variable alone refers to, and no tape follows.
  package mutating func prepareForAccess() throws(TensorError) {
    let isFollowed = GradientTape.follows([body])
    let identity = body.identity
    try makeUnique()
    let runtime = body.runtime
    let block = try body.block
    if isFollowed || !block.isContiguous {
      body = Body(body.description, try runtime.contiguous(block), runtime: runtime)
    }
    if isFollowed { GradientTape.recordCut("withUnsafeMutableBuffer", from: identity, to: body) }
  }

  /// This rank's part as a tensor of one rank, which shares its elements: nothing is copied. Local.
  ///
  /// Operations on it use this rank's workers and memory and never communicate, so that each rank
  /// may call its own. It lies on a mesh of its own, and other operands must too: shards, and what
  /// `zeros(like:)` and the others make of one. A partial tensor gives its term. Gradients do not
  /// pass.
  public var shard: Tensor {
    let alone = Runtime(alone: body.runtime)
    let description = TensorDescription(
      shape: localShape, scalarType: Scalar.scalarType, sharding: .replicated(on: alone.mesh))
    let block = orEnd(body.runtime) { () throws(TensorError) in try body.block }
    let result = Body(description, block, runtime: alone)
    GradientTape.recordCut("shard", from: body, to: result)
    return Tensor(result)
  }
}
