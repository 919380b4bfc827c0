/// What an arena holds and has done.
public struct MemoryStatistics: Hashable, Sendable {
  /// Bytes of all storage in use, as asked for.
  public var inUse = 0
  /// The most bytes in use at any moment since the arena's creation or `resetPeak`.
  public var peak = 0
  /// Bytes of the largest storage handed out since the arena's creation or `resetPeak`.
  public var largestInUse = 0
  /// Bytes obtained from the system and not given back.
  public var reserved = 0
  /// Those of the reserved bytes that belong to no storage in use.
  public var cached = 0
  /// How many storages were handed out.
  public var allocations = 0
  /// How many times memory was asked of the system; constant in a steady state.
  public var systemAllocations = 0

  public init() {}
}
