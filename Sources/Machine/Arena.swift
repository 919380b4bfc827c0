import Shapes

/// The memory of one rank's tensors: blocks that are reused when freed, because fresh pages cost
/// more than the arithmetic on them.
///
/// A freed block serves the next request of its size class, the latest first, so that a program
/// with a steady pattern sees the same addresses again and asks nothing of the system. Blocks of 2
/// MiB and more are mappings of their own, or parts of a heap that neighbours read, on huge pages
/// where the kernel has them, cut into one slab a NUMA node; smaller ones are cut from chunks. All
/// methods may be called from any thread.
public final class Arena: Sendable {
  let state: ArenaState

  /// Creates an empty arena whose slabs lie on the nodes of a pool of `workers` on `topology`; nil
  /// stands for one worker a CPU. `limit` is in bytes. `report` gets each note when it is made, on
  /// the thread that allocates.
  public convenience init(
    topology: Topology, workers: Int? = nil, limit: Int?,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(
      topology: topology, workers: workers, limit: limit, heap: nil, placesSlabs: true,
      report: report)
  }

  /// - Parameters:
  ///   - heap: where large blocks lie so that neighbours can read them.
  ///   - processes: how many take memory of this machine for the same job, this one included.
  ///   - placesSlabs: false leaves every page where it is first touched, which shows who touched
  ///     it.
  package init(
    topology: Topology, workers: Int?, limit: Int?, heap: SharedHeap? = nil,
    processes: Int = 1, placesSlabs: Bool = true,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    let teams = topology.teams(forWorkers: max(1, workers ?? topology.cpus.count))
    state = ArenaState(
      slabs: SlabPlacement(teams: teams, isPlacing: placesSlabs), limit: limit, heap: heap,
      processes: processes, report: report)
  }

  /// An arena of addresses without memory behind them: it hands out, keeps and counts as another
  /// would, and whoever reads or writes there ends with a fault.
  package init(ofAddressesUpTo limit: Int?, topology: Topology) {
    state = ArenaState(
      slabs: SlabPlacement(teams: topology.teams(forWorkers: 1), isPlacing: false), limit: limit,
      heap: nil, processes: 1, hasMemory: false
    ) { _ in }
  }

  /// The most bytes that the arena may have of the system, or nil without a limit. A lower one
  /// gives cached memory back; what is in use stays.
  public var limit: Int? {
    get { state.limit }
    set { state.limit = newValue }
  }

  /// A storage of `byteCount` bytes with undefined contents, aligned to 64 bytes at least; zero
  /// bytes are fine.
  ///
  /// Throws a `TensorError` that tells who holds what when the system has no more memory or, after
  /// cached memory was given back, the limit would be exceeded.
  ///
  /// - Parameter purpose: what it is for; asked for only where it is large, or an error.
  public func allocate(
    byteCount: Int, for purpose: @autoclosure () -> StoragePurpose = StoragePurpose()
  ) throws(TensorError) -> Storage {
    ForkedChild.endIfComputing()
    return Storage(try state.allocate(byteCount: byteCount, for: purpose))
  }

  /// What the storages of 256 KiB and more are for that are in use or shared from the user, the
  /// largest together first.
  public var holders: [MemoryHolder] { state.holders }

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
