import Synchronization

// Sendable by protocol, not by type: the block changes only in `exchangeBlocks`, whose caller
// promises that nobody else uses either storage meanwhile, and the bytes behind the address are the
// users' to order.
/// A reference to one block of memory, which returns to its owner when the last reference goes.
public final class Storage: @unchecked Sendable {
  @exclusivity(unchecked) private var block: Block

  init(_ block: Block) {
    self.block = block
  }

  /// Memory of the user: valid until `release` is called, once, when the storage is deallocated. It
  /// counts in no arena.
  ///
  /// - Parameters:
  ///   - isWritable: false for memory that may only be read.
  ///   - arena: lists it among its holders, for `purpose`.
  public init(
    sharing bytes: UnsafeMutableRawBufferPointer, isWritable: Bool = true,
    listedBy arena: Arena? = nil, for purpose: StoragePurpose = StoragePurpose(),
    release: @escaping @Sendable () -> Void
  ) {
    let identifier = Block.nextIdentifier()
    let listing = bytes.count >= HolderRegistry.leastByteCount ? arena?.state : nil
    listing?.share(identifier, bytes.count, purpose)
    block = Block(
      address: bytes.baseAddress ?? Block.nowhere, byteCount: bytes.count, identifier: identifier,
      owner: .user(release: release, listing), isWritable: isWritable)
  }

  deinit {
    switch block.owner {
    case .arena(let state, let place):
      state.release(block, place)
    case .user(let release, let listing):
      listing?.forget(block.identifier)
      release()
    }
  }

  /// Names the operation that made this storage, for messages about memory, where it has no name
  /// yet.
  public func attribute(to operation: @autoclosure () -> String) {
    guard byteCount >= HolderRegistry.leastByteCount, case .arena(let state, _) = block.owner else {
      return
    }
    state.attribute(block.identifier, to: operation())
  }

  /// The serial number of the block: a new one for each block that is handed out, never reused in a
  /// process.
  public var identifier: UInt64 { block.identifier }

  /// Whether the bytes may be written; a tensor in other memory is copied before it is.
  public var isWritable: Bool { block.isWritable }

  /// Whether the bytes come from an arena, so that nobody else can change them and another tensor
  /// may have them next.
  public var isReusable: Bool {
    if case .arena = block.owner { return true }
    return false
  }

  /// Whether there is memory behind the addresses.
  public var hasMemory: Bool {
    if case .arena(let state, _) = block.owner { return state.hasMemory }
    return true
  }

  /// The bytes asked for.
  public var byteCount: Int { block.byteCount }

  /// The first byte; aligned to 64 bytes at least, unless the memory is the user's.
  public var address: UnsafeMutableRawPointer { block.address }

  /// How the block is cut over NUMA nodes; nil where it lies on one, and for memory of the user.
  var cut: (slabs: SlabPlacement, blockByteCount: Int)? {
    guard case .arena(let state, let place) = block.owner,
      state.slabs.isCut(blockByteCount: place.sizeClass.byteCount)
    else { return nil }
    return (state.slabs, place.sizeClass.byteCount)
  }

  /// Swaps the blocks of the two storages: addresses, identifiers, sizes and owners. References
  /// keep pointing to the same storage objects. Nobody else may use either meanwhile.
  public func exchangeBlocks(with other: Storage) {
    guard other !== self else { return }
    swap(&block, &other.block)
  }
}

/// The memory behind a storage, and who takes it back.
struct Block {
  enum Owner {
    case arena(ArenaState, ArenaState.Place)
    /// Memory of the user, and the arena that lists it among its holders.
    case user(release: @Sendable () -> Void, ArenaState?)
  }

  var address: UnsafeMutableRawPointer
  var byteCount: Int
  var identifier: UInt64
  var owner: Owner
  var isWritable = true

  private static let lastIdentifier = Atomic<UInt64>(0)

  static func nextIdentifier() -> UInt64 {
    lastIdentifier.wrappingAdd(1, ordering: .relaxed).newValue
  }

  /// What an empty buffer without an address points to; never read or written.
  static var nowhere: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: SizeClass.alignment)!
  }
}
