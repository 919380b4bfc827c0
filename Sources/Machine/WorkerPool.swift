import Dispatch
import Glibc
import Synchronization

/// Threads that share out the tasks of one rank: one worker a CPU, in the order of the NUMA nodes.
///
/// Worker 0 is the thread that calls `run`; it is the program's own and never pinned, but steps
/// aside where it finds itself on another worker's CPU. Every other worker is a long-running item
/// on a Dispatch queue of its own, pinned to its CPU, with memory preferred from that CPU's node.
/// Queues and tasks started from inside a worker inherit its pinning, so do not start any there.
public final class WorkerPool: Sendable {
  /// The most worker threads that all pools of a process have together: Dispatch starts no more
  /// than 255 threads, and the program needs some of them.
  public static let threadLimit = 200

  private static let threadCount = Atomic<Int>(0)

  /// The number of workers, the calling thread included; fewer than asked for where `threadLimit`
  /// was met.
  public let workerCount: Int
  /// The workers by NUMA node.
  public let teams: [NodeTeam]

  private let topology: Topology
  private let workers: [Worker]
  private let spins: Bool
  /// The CPU that is left to the calling thread, and those of the other workers.
  private let ownCPU: Int
  private let workerCPUs: Set<Int>
  private let group = DispatchGroup()
  /// Held by the thread that uses the workers; after `stop`, for ever by nobody.
  private let isTaken = Atomic<Bool>(false)
  private let isStopped = Atomic<Bool>(false)
  private let roundNumber = Atomic<UInt64>(Worker.ready)

  /// Starts `workers` − 1 threads, spread evenly over the topology's CPUs, and waits until they are
  /// pinned.
  ///
  /// With `spins`, waiting threads look for work for some tens of microseconds before they sleep,
  /// which makes a round cost less than a microsecond; pass false when the ranks of a machine
  /// outnumber its CPUs. Pools with more workers than CPUs never spin.
  public init(topology: Topology, workers requested: Int, spins: Bool) {
    ForkedChild.watch()
    let threads = Self.reserveThreads(max(0, requested - 1))
    let count = threads + 1
    let cpus = topology.cpus(forWorkers: count)
    let spins = spins && count <= topology.cpus.count
    self.topology = topology
    self.spins = spins
    workerCount = count
    teams = topology.teams(forWorkers: count)
    ownCPU = cpus[0]
    workerCPUs = Set(cpus[1..<count]).subtracting([cpus[0]])
    workers = (1..<count).map { Worker(index: $0, cpu: cpus[$0], spins: spins) }
    for worker in workers { worker.start(in: group) }
    for worker in workers {
      _ = worker.completions.wait(spinning: false) { $0 == Worker.ready }
    }
  }

  deinit { stop() }

  /// Whether the calling thread is carrying out a task of some pool, where operations that
  /// communicate are forbidden and nested runs are serial.
  public static var isInsideTask: Bool { WorkerThread.isInside }

  /// Runs code that leaves the workers of all pools to others: each `run` inside takes the calling
  /// thread alone.
  package static func withoutWorkers<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    if WorkerThread.isInside { return try body() }
    WorkerThread.enter()
    defer { WorkerThread.leave() }
    return try body()
  }

  /// Calls `body(task)` once for each task in 0..<`count` and returns when all calls have returned.
  ///
  /// Worker w of W takes the contiguous tasks `w * count / W ..< (w + 1) * count / W`, in ascending
  /// order; a single task runs on the caller. With a `place` in a block that is cut over NUMA
  /// nodes, the workers of a node take the tasks whose bytes lie there, as long as that gives
  /// nobody more than twice an even part. Results must not depend on who takes what.
  ///
  /// `body` is **called concurrently from several threads** although its type does not say so: what
  /// it captures must tolerate that. Called from inside a task of any pool, while another thread
  /// uses this pool, or after `stop`, all tasks run on the caller.
  public func run(count: Int, at place: TaskPlace? = nil, _ body: (_ task: Int) -> Void) {
    ForkedChild.endIfComputing()
    guard count > 1, !workers.isEmpty, !WorkerThread.isInside, take() else {
      for task in 0..<max(0, count) { body(task) }
      return
    }
    let deal = Deal(count: count, workerCount: workerCount, teams: teams, place: place)
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: Round(body: body)) { share($0, deal) }
    }
    isTaken.store(false, ordering: .releasing)
  }

  /// What the kernel reports of each worker at this moment; after `stop`, of the calling thread
  /// alone.
  public func places() -> [WorkerPlace] {
    let caller = WorkerPlace(
      worker: 0, thread: KernelThread.number, requestedCPU: nil, note: nil, topology: topology)
    if isStopped.load(ordering: .acquiring) { return [caller] }
    return [caller]
      + workers.map {
        WorkerPlace(
          worker: $0.index, thread: $0.thread, requestedCPU: $0.cpu, note: $0.note,
          topology: topology)
      }
  }

  /// Ends the worker threads' work items, after the round in progress if there is one, and waits
  /// until their CPU masks and memory policies are restored. The pool stays usable, on the caller
  /// alone. Must not be called from inside a task of this pool.
  public func stop() {
    guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else {
      group.wait()
      return
    }
    while !take() { sched_yield() }
    announce(Worker.stop, to: workers[...])
    group.wait()
    Self.threadCount.subtract(workers.count, ordering: .relaxed)
  }

  private func take() -> Bool {
    !isTaken.exchange(true, ordering: .acquiring)
  }

  private func share(_ round: UnsafePointer<Round>, _ deal: Deal) {
    let number = roundNumber.wrappingAdd(1, ordering: .relaxed).newValue
    var own = 0..<0
    deal.forEachWorker { index, tasks in
      guard index > 0 else {
        own = tasks
        return
      }
      let worker = workers[index - 1]
      worker.tasks = tasks
      // Who has none is left asleep.
      if tasks.isEmpty { return }
      worker.round = round
      worker.orders.announce(number)
    }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    for worker in workers where !worker.tasks.isEmpty { worker.orders.wake() }

    stepAside()
    WorkerThread.enter()
    round.pointee.perform(own)
    WorkerThread.leave()

    for worker in workers where !worker.tasks.isEmpty {
      _ = worker.completions.wait(spinning: spins) { $0 == number }
    }
  }

  /// Leaves the CPU of a worker, which could go nowhere else. The system puts a thread there that
  /// has waited for something while that worker slept, and then lets the two take turns for many
  /// milliseconds.
  private func stepAside() {
    guard spins, let cpu = Affinity.currentCPU, workerCPUs.contains(cpu) else { return }
    Affinity.move(to: ownCPU)
  }

  private func announce(_ number: UInt64, to workers: ArraySlice<Worker>) {
    for worker in workers { worker.orders.announce(number) }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    for worker in workers { worker.orders.wake() }
  }

  /// Takes up to `count` of the threads that the process has left.
  private static func reserveThreads(_ count: Int) -> Int {
    var taken = threadCount.load(ordering: .relaxed)
    while true {
      let granted = max(0, min(count, threadLimit - taken))
      let (exchanged, original) = threadCount.weakCompareExchange(
        expected: taken, desired: taken + granted, ordering: .relaxed)
      if exchanged { return granted }
      taken = original
    }
  }
}
