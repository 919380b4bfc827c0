import Machine
import Shapes

/// Collectives where ranks share memory with those of their node: they compute while they move, so
/// that values pass through the caches and not through buffers. Others make the same of exchanges.
extension Communicator {
  /// Whether ranks exchange bytes through memory with those of their node; the same on all ranks.
  public var sharesMemory: Bool { memory != nil }

  /// A communicator of the same ranks that does not use the memory; nil where there is none. All
  /// ranks must use the two in the same order.
  package func withoutSharedMemory() -> Communicator? {
    memory.map {
      Communicator(
        $0.base, timeout: timeout, logger: logger, nodes: nodes,
        replicaCheckInterval: replicaCheckInterval)
    }
  }

  /// Where an arena's large blocks are to lie so that ranks of this node read them where they lie;
  /// nil where they cannot.
  package var heap: SharedHeap? { memory?.heap }

  /// How many bytes of others this rank has read where they lay, instead of having them passed on;
  /// to be asked for on the program thread, while nothing is in flight.
  package var bytesReadInPlace: Int { memory?.bytesReadInPlace ?? 0 }

  /// Lets workers share out the copying of large messages.
  public func use(_ workers: WorkerPool) { memory?.workers = workers }

  /// A message to or from a peer that is not in one place.
  ///
  /// Unchecked because of its functions, which are called on any thread: they read and write what
  /// lies in its range alone, which is left to them until the exchange has ended.
  public struct Parcel: @unchecked Sendable {
    /// The other rank.
    public var peer: Int
    let content: NodeParcel
    /// What is read or written until the exchange has ended.
    let range: StorageRange

    /// How long the message is.
    public var byteCount: Int { content.byteCount }

    /// Copies some bytes of a message, of which the first and their number are given, from where
    /// its sender has it: from an address on, in a layout that the sender tells.
    public typealias Take = (
      _ address: UnsafeMutableRawPointer, _ layout: [Int], _ first: Int, _ count: Int
    ) -> Void

    /// A message that is sent.
    ///
    /// - Parameters:
    ///   - storage: what its elements lie in.
    ///   - address: where the first element lies.
    ///   - layout: tells its receiver how the elements lie.
    ///   - move: puts some bytes of the message, of which the first and their number are given,
    ///     into the window. **Called concurrently** for parts of the message, which begin at
    ///     multiples of 64 bytes.
    public init(
      sending byteCount: Int, to peer: Int, in storage: Storage,
      from address: UnsafeMutableRawPointer, layout: [Int],
      move: @escaping (_ window: UnsafeMutableRawPointer, _ first: Int, _ count: Int) -> Void
    ) {
      self.peer = peer
      range = StorageRange(storage)
      var content = NodeParcel(byteCount: byteCount, move: move)
      content.source = .init(address: address, layout: layout)
      self.content = content
    }

    /// A message that is received.
    ///
    /// - Parameters:
    ///   - storage: where its elements are to lie.
    ///   - grain: how many bytes are taken at a time, or a multiple of it.
    ///   - take: copies some bytes of the message, of which the first and their number are given,
    ///     from where its sender has it.
    ///   - move: takes some bytes of the message out of the window, as those of a message that is
    ///     sent are put into it.
    public init(
      receiving byteCount: Int, from peer: Int, in storage: Storage, grain: Int,
      take: @escaping Take,
      move: @escaping (_ window: UnsafeMutableRawPointer, _ first: Int, _ count: Int) -> Void
    ) {
      self.peer = peer
      range = StorageRange(storage)
      var content = NodeParcel(byteCount: byteCount, move: move)
      content.take = { take($0.address, $0.layout, $1, $2) }
      content.grain = grain
      self.content = content
    }

    /// A message that is received in one place.
    ///
    /// - Parameters:
    ///   - grain: how many bytes are taken at a time, or a multiple of it.
    ///   - take: copies some bytes of the message from where its sender has it.
    public init(receiving transfer: Transfer, grain: Int, take: @escaping Take) {
      peer = transfer.peer
      range = transfer.range
      var content = NodeParcel.writing(transfer.range.bytes)
      content.take = { take($0.address, $0.layout, $1, $2) }
      content.grain = grain
      self.content = content
    }

    /// A message in one place that is sent.
    public init(sending transfer: Transfer) {
      peer = transfer.peer
      range = transfer.range
      content = .reading(transfer.range.bytes)
    }
  }

  /// `exchange(sends:receives:as:)` of messages that are made as they leave and taken apart as they
  /// come; only where memory is shared.
  public func exchange(
    sending sends: [Parcel], receiving receives: [Parcel], as label: CollectiveLabel
  ) throws(TensorError) {
    try carryOut(.parcels(sends: sends, receives: receives), as: label)
  }

  /// Joins the terms of all ranks, in their order inside nodes and those sums in the order of the
  /// nodes; every rank gets the result. Only where memory is shared.
  ///
  /// Called by all ranks, with the same byte counts. Counted as an exchange of parts and an
  /// all-gather of results, or as an all-gather of terms.
  ///
  /// - Parameters:
  ///   - result: as long as the term; may be the same range, and else does not overlap it.
  ///   - parts: how long the part of each rank is that it joins; nil where every rank joins all.
  public func allReduce(
    _ term: StorageRange, into result: StorageRange, parts: [Int]?, as label: CollectiveLabel,
    _ join: @escaping TermJoin
  ) throws(TensorError) {
    try carryOut(.allReduce(term, result: result, parts: parts, join), as: label)
  }

  /// Joins what the ranks hold of each rank's part, in the same order; every rank gets its own
  /// part. Only where memory is shared.
  ///
  /// Called by all ranks, with parts of the same lengths. Counted as an exchange of parts.
  ///
  /// - Parameters:
  ///   - parts: this rank's terms, one for each rank's part.
  ///   - result: as long as this rank's part; does not overlap a term.
  public func reduceScatter(
    _ parts: [StorageRange], into result: StorageRange, as label: CollectiveLabel,
    _ join: @escaping TermJoin
  ) throws(TensorError) {
    try carryOut(.reduceScatter(parts, result: result, join), as: label)
  }

  var sharedMemory: any MemoryTransport {
    guard let memory else { preconditionFailure("ranks that share memory") }
    return memory
  }
}
