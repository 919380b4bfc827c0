import CKernels
import Distribution
import Machine
import MessagePassing
import Shapes
import Synchronization

/// What one rank runs on: its communicator, its workers and its memory.
///
/// A process has one; in tests the ranks of a loopback job have one a thread.
public final class Runtime: Sendable {
  public let communicator: Communicator
  /// That of the job, by which it ends where an operation fails; another one for a rank by itself.
  public let jobCommunicator: Communicator
  public let topology: Topology
  public let pool: WorkerPool
  private let ownExecutor: any Executor
  /// What notes the work while a program is profiled, also that of the rank by itself.
  private let profiling: CurrentProfiler
  /// How many programs are profiled: where none is, nobody looks for it.
  static let profileCount = Atomic<Int>(0)
  /// The same where it only counts; nil elsewhere.
  public let dry: DryExecutor?
  /// All ranks in one axis.
  public let mesh: Mesh
  let deferral: Deferral
  /// The plans of the last operations.
  package let recentPlans: RecentPlans
  /// Every how many updates optimizers compare what ranks should hold alike, 0 for never; the same
  /// on all ranks.
  public let replicaCheckInterval: Int

  /// Local elements from which on an elementwise operation waits until its result is asked for;
  /// below, it costs less than remembering it.
  public static let leastDeferredElementCount = 1 << 15

  @TaskLocal private static var local: Runtime?

  /// The process's runtime, made on first use: under a launcher this initialises MPI, but where
  /// `TESSERA_DRY_RUN` asks for a dry run.
  public static let process: Runtime = {
    do throws(TensorError) {
      let settings = try RankSettings()
      if let dryRank = settings.dryRank {
        return DryProcess.runtime(dryRank, memoryLimit: settings.memoryCap)
      }
    } catch {
      // Told where ranks have agreed on it.
    }
    let communicator = Communicator.process()
    do throws(TensorError) {
      return try Runtime(communicator: communicator)
    } catch {
      FailurePath.end(start: error, on: communicator)
    }
  }()

  /// The runtime that constructors use: that of the surrounding `makeCurrent`, else the process's.
  public static var current: Runtime { local ?? process }

  /// Runs code whose constructors use this runtime.
  public func makeCurrent<R>(_ body: () throws -> R) rethrows -> R {
    try Self.$local.withValue(self) { try body() }
  }

  /// A runtime on the CPUs that this process may use.
  ///
  /// Collective: instruction sets, and whether ranks outnumber CPUs, are common knowledge of the
  /// job.
  /// - Parameter workers: how many workers a rank has; nil takes `TESSERA_WORKERS`, else its share
  ///   of the CPUs.
  public init(communicator: Communicator, workers: Int? = nil) throws(TensorError) {
    self.communicator = communicator
    jobCommunicator = communicator
    replicaCheckInterval = communicator.replicaCheckInterval
    let limits = ProcessorLimits.current()
    topology = Topology.current(limits: limits)
    mesh = Mesh.world(ranks: communicator.size)
    let neighbours = try Neighbours(communicator, topology, limits)
    let settings = try communicator.agree(
      Result { () throws(TensorError) in try RankSettings() }, as: CollectiveLabel("start"))
    if let chosen = settings.instructionSet { tk_use_instruction_set(chosen) }
    let requested = workers ?? settings.workers
    if requested == nil, let advice = neighbours.bindingAdvice { communicator.advise(advice) }
    let count = requested ?? neighbours.workersPerRank
    let spins = neighbours.hasOwnCPUs(workers: count)
    pool = WorkerPool(topology: topology, workers: count, spins: spins)
    communicator.use(pool)
    let logger = communicator.logger
    let arena = Arena(
      topology: topology, workers: pool.workerCount, limit: settings.memoryCap,
      heap: communicator.heap, processes: neighbours.count
    ) {
      logger.notice("arena: \($0)")
    }
    ownExecutor = HostExecutor(arena: arena, pool: pool)
    dry = nil
    deferral = Deferral(leastElementCount: Self.leastDeferredElementCount)
    profiling = CurrentProfiler()
    recentPlans = RecentPlans(isChecked: false)
    try Self.agreeOnInstructionSet(communicator)
    try Self.agreeOnLinearAlgebra(communicator, settings.linearAlgebra)
    logStart(asked: count, spins: spins)
  }

  /// For ranks that are threads of one process, as in tests: one worker, and the process's
  /// instruction set. Each plan that is remembered is compared with a new one.
  ///
  /// - Parameter leastElementCount: how large results of elementwise operations must be to wait
  ///   until they are asked for.
  public convenience init(
    loopback communicator: Communicator, workers: Int = 1, memoryLimit: Int? = nil,
    deferringFrom leastElementCount: Int = leastDeferredElementCount,
    checkingReplicasEvery replicaCheckInterval: Int = 0
  ) {
    self.init(
      loopback: communicator, topology: .current(), workers: workers, memoryLimit: memoryLimit,
      deferringFrom: leastElementCount, checkingReplicasEvery: replicaCheckInterval)
  }

  /// The same on other CPUs than those of the process; without `placesSlabs` pages lie where they
  /// are first touched.
  package init(
    loopback communicator: Communicator, topology: Topology, workers: Int, memoryLimit: Int? = nil,
    placesSlabs: Bool = true, deferringFrom leastElementCount: Int = leastDeferredElementCount,
    checkingReplicasEvery replicaCheckInterval: Int = 0
  ) {
    self.communicator = communicator
    jobCommunicator = communicator
    self.replicaCheckInterval = replicaCheckInterval
    self.topology = topology
    mesh = Mesh.world(ranks: communicator.size)
    pool = WorkerPool(topology: topology, workers: workers, spins: false)
    let arena = Arena(
      topology: topology, workers: pool.workerCount, limit: memoryLimit, heap: communicator.heap,
      placesSlabs: placesSlabs)
    ownExecutor = HostExecutor(arena: arena, pool: pool)
    dry = nil
    deferral = Deferral(leastElementCount: leastElementCount)
    profiling = CurrentProfiler()
    recentPlans = RecentPlans(isChecked: true)
  }

  /// One rank of a job by itself: the same workers and memory, and nobody to talk to.
  public init(alone runtime: Runtime) {
    communicator = .solo()
    jobCommunicator = runtime.jobCommunicator
    replicaCheckInterval = 0
    topology = runtime.topology
    mesh = Mesh.world(ranks: 1)
    pool = runtime.pool
    ownExecutor = runtime.ownExecutor
    dry = runtime.dry
    deferral = runtime.deferral
    profiling = runtime.profiling
    recentPlans = RecentPlans(isChecked: false)
  }

  /// What carries out this rank's work.
  public var executor: any Executor { profiler ?? ownExecutor }

  /// The same where it notes what it does; nil where no program is profiled.
  package var profiler: ProfilingExecutor? {
    Self.profileCount.load(ordering: .relaxed) == 0 ? nil : profiling.executor.withLock { $0 }
  }

  /// Puts a profiling executor in place of another one, or of none.
  func exchange(_ profiler: ProfilingExecutor?) -> ProfilingExecutor? {
    profiling.executor.withLock { current in
      defer { current = profiler }
      return current
    }
  }

  /// This rank's memory.
  public var arena: Arena { executor.arena }

  /// One rank of a job that is not there: its work and its collectives are counted.
  ///
  /// - Parameters:
  ///   - pool: what nothing is ever run on.
  ///   - jobCommunicator: by which an error ends the job that looks on; nil where there is none.
  package init(
    dryRank rank: Int, of ranks: Int, topology: Topology, pool: WorkerPool,
    memoryLimit: Int?, checkingReplicasEvery replicaCheckInterval: Int = 0,
    endingOn jobCommunicator: Communicator?
  ) {
    communicator = .dry(rank: rank, of: ranks)
    self.jobCommunicator = jobCommunicator ?? communicator
    self.replicaCheckInterval = replicaCheckInterval
    self.topology = topology
    mesh = Mesh.world(ranks: ranks)
    self.pool = pool
    let dry = DryExecutor(arena: Arena(ofAddressesUpTo: memoryLimit, topology: topology))
    ownExecutor = dry
    self.dry = dry
    deferral = Deferral(leastElementCount: Self.leastDeferredElementCount)
    profiling = CurrentProfiler()
    recentPlans = RecentPlans(isChecked: false)
  }

  /// A contiguous block of this rank's memory, contents undefined.
  ///
  /// - Parameter operation: who asks for it, as messages about memory tell; primitives need not say
  ///   so.
  public func allocate(
    _ shape: Shape, _ type: ScalarType, for operation: String? = nil
  ) throws(TensorError) -> StridedBlock {
    try executor.allocate(shape, type, for: operation)
  }

  /// Memory for what this rank holds of a tensor.
  package func allocate(
    _ description: TensorDescription, for operation: String? = nil
  ) throws(TensorError) -> StridedBlock {
    try allocate(localShape(of: description), description.scalarType, for: operation)
  }

  /// The extents of what this rank holds of a tensor.
  package func localShape(of description: TensorDescription) -> Shape {
    description.localShape(of: communicator.rank)
  }
}

// Instruction sets
extension Runtime {
  /// Those that the kernels have and this CPU supports.
  public static var instructionSets: [String] {
    var names = [UnsafePointer<CChar>?](repeating: nil, count: 16)
    let count = tk_instruction_sets(&names, names.count)
    return names.prefix(count).map { String(cString: $0!) }
  }

  /// The one in use.
  public static var instructionSet: String { String(cString: tk_instruction_set()) }

  /// All ranks of a job use an instruction set that all of them have, so that they give the same
  /// bits.
  private static func agreeOnInstructionSet(_ communicator: Communicator) throws(TensorError) {
    if communicator.size == 1 { return }
    // Not those that are wider than what is asked for.
    let own = Array(instructionSets.drop { $0 != instructionSet })
    let all = try communicator.allGather(
      control: Array(own.joined(separator: " ").utf8), as: CollectiveLabel("start"))
    let sets = all.map {
      String(decoding: $0, as: UTF8.self).split(separator: " ").map(String.init)
    }
    guard Set(sets).count > 1, let common = widestCommon(sets) else { return }
    tk_use_instruction_set(common)
    if common != own.first {
      communicator.logger.notice(
        "kernels for \(common), which every rank has, rather than \(own.first ?? "none")")
    }
  }

  /// The widest of the instruction sets that all have; each list has its widest first.
  package static func widestCommon(_ sets: [[String]]) -> String? {
    sets.first?.first { name in sets.allSatisfy { $0.contains(name) } }
  }
}
