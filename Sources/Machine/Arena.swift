import Shapes

/// The memory of one rank's tensors: blocks that are reused when freed, because fresh pages cost
/// more than the arithmetic on them.
///
/// A freed block serves the next request of its size class, the latest first, so that a program
/// with a steady pattern sees the same addresses again and asks nothing of the system. Blocks of 2
/// MiB and more are mappings of their own, on huge pages where the kernel has them, cut into one
/// slab a NUMA node; smaller ones are cut from chunks. All methods may be called from any thread.
public final class Arena: Sendable {
  private let state: ArenaState

  /// Creates an empty arena whose slabs lie on the nodes of a pool of `workers` on `topology`; nil
  /// stands for one worker a CPU. `limit` is in bytes, over all storage in use. `report` gets each
  /// note when it is made, on the thread that allocates.
  public convenience init(
    topology: Topology, workers: Int? = nil, limit: Int?,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(
      topology: topology, workers: workers, limit: limit, placesSlabs: true, report: report)
  }

  /// - Parameter placesSlabs: false leaves every page where it is first touched, which shows who
  ///   touched it.
  package init(
    topology: Topology, workers: Int?, limit: Int?, placesSlabs: Bool,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    let teams = topology.teams(forWorkers: max(1, workers ?? topology.cpus.count))
    state = ArenaState(
      slabs: SlabPlacement(teams: teams, isPlacing: placesSlabs), limit: limit, report: report)
  }

  /// The most bytes that all storage in use may have together, or nil without a limit.
  public var limit: Int? { state.limit }

  /// A storage of `byteCount` bytes with undefined contents, aligned to 64 bytes at least; zero
  /// bytes are fine.
  ///
  /// Throws a `TensorError` when the limit would be exceeded or the system has no more memory.
  public func allocate(byteCount: Int) throws(TensorError) -> Storage {
    Storage(try state.allocate(byteCount: byteCount))
  }

  /// The counters at this moment.
  public var statistics: MemoryStatistics { state.statistics }

  /// What the kernel refused, such as placing pages on nodes: each kind once. Empty where all went
  /// well.
  public var notes: [String] { state.notes }

  /// Lets `peak` begin anew from the bytes in use, and `largestInUse` from zero.
  public func resetPeak() { state.resetPeak() }

  /// Gives cached memory back to the system; chunks that hold a block in use stay.
  public func trim() { state.trim() }

  /// How a storage of `byteCount` bytes is cut over the NUMA nodes; a function of the block's size
  /// class, so that it holds for reused blocks too. Slabs beyond the storage's bytes are empty.
  public func slabs(byteCount: Int) -> [Slab] {
    let block = SizeClass(holding: byteCount).byteCount
    return state.slabs.slabs(blockByteCount: block).map {
      Slab(node: $0.node, bytes: $0.bytes.clamped(to: 0..<byteCount))
    }
  }
}
