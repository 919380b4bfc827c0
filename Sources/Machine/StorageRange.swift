/// Some of the bytes of a storage, which it keeps alive: what communicators take instead of
/// pointers.
public struct StorageRange: Sendable {
  public var storage: Storage
  /// The first byte, counted from the storage's beginning.
  public var byteOffset: Int
  public var byteCount: Int

  /// The given bytes, which must lie inside the storage.
  public init(storage: Storage, byteOffset: Int, byteCount: Int) {
    precondition(
      byteOffset >= 0 && byteCount >= 0 && byteOffset <= storage.byteCount - byteCount,
      "a storage range lies inside its storage")
    self.storage = storage
    self.byteOffset = byteOffset
    self.byteCount = byteCount
  }

  /// All bytes of `storage`.
  public init(_ storage: Storage) {
    self.init(storage: storage, byteOffset: 0, byteCount: storage.byteCount)
  }

  /// The memory; valid as long as the storage is referenced elsewhere and keeps its block.
  public var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: storage.address + byteOffset, count: byteCount)
  }
}
