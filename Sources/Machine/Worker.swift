import Dispatch
import Glibc
import Synchronization

/// One round of work: what a `run` does for each of its tasks.
struct Round {
  var body: (Int) -> Void

  // Not inlined, so that every reference to the body's captures is dropped before the worker
  // reports.
  @inline(never)
  func perform(_ tasks: Range<Int>) {
    for task in tasks { body(task) }
  }
}

// Sendable by protocol, not by type: `round` and `tasks` are written by the thread that holds the
// pool before it announces an order and read by the worker after it saw the order; `thread` and
// `note` are written by the worker before its first completion and read after that was seen.
// Nothing else is mutable outside atomics.
/// A thread of a pool: a long-running work item on a Dispatch queue of its own.
final class Worker: @unchecked Sendable {
  /// Orders and completions of a pool's life: `ready` is the completion of starting up, `stop` the
  /// last order, and rounds are counted between them.
  static let ready: UInt64 = 1
  static let stop = UInt64.max

  private typealias CacheLines = InlineArray<16, UInt64>

  let index: Int
  let cpu: Int
  private let spins: Bool
  private(set) var thread: Int32 = 0
  private(set) var note: String?

  // What the pool writes and what the worker writes lie on different cache lines, and apart from
  // everything else: on two lines each, because processors fetch them in pairs.
  private let padding0 = CacheLines(repeating: 0)
  var round: UnsafePointer<Round>?
  var tasks = 0..<0
  let orders = Baton()
  private let padding1 = CacheLines(repeating: 0)
  let completions = Baton()
  private let padding2 = CacheLines(repeating: 0)

  init(index: Int, cpu: Int, spins: Bool) {
    self.index = index
    self.cpu = cpu
    self.spins = spins
  }

  /// Submits the work item. The queue is serial: on a concurrent one only as many items start as
  /// there are CPUs, and the program's own queues would starve.
  func start(in group: DispatchGroup) {
    DispatchQueue(label: "tessera.worker.\(index)").async(group: group) { self.work() }
  }

  private func work() {
    let earlier = ThreadState.current()
    thread = KernelThread.number
    note = settle(earlier)
    WorkerThread.enter()
    report(Self.ready)

    var order = Self.ready
    while true {
      let previous = order
      order = orders.wait(spinning: spins) { $0 != previous && $0 != 0 }
      if order == Self.stop { break }
      round?.pointee.perform(tasks)
      report(order)
    }

    WorkerThread.leave()
    // The thread goes back to Dispatch, which lends it to anyone.
    earlier.restore()
  }

  private func report(_ number: UInt64) {
    completions.announce(number)
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    completions.wake()
  }

  /// Pins the thread and makes its memory local; what cannot be restored later is not changed.
  private func settle(_ earlier: ThreadState) -> String? {
    var notes: [String] = []
    if earlier.cpus == nil {
      notes.append("not pinned: the kernel does not tell the thread's CPU mask")
    } else if let refusal = Affinity.set([cpu]) {
      notes.append("not pinned: \(refusal)")
    }
    if earlier.policy == nil {
      notes.append("memory policy unchanged: the kernel does not tell the thread's")
    } else if let refusal = MemoryPolicy.local.install() {
      notes.append("memory policy unchanged: \(refusal)")
    }
    return notes.isEmpty ? nil : notes.joined(separator: "; ")
  }
}

/// What a worker changes about its thread.
private struct ThreadState {
  var cpus: [Int]?
  var policy: MemoryPolicy?

  static func current() -> ThreadState {
    ThreadState(cpus: Affinity.cpus(), policy: MemoryPolicy.current())
  }

  /// A refusal leaves nothing to do: the same calls succeeded when the worker started.
  func restore() {
    _ = cpus.map { Affinity.set($0) }
    _ = policy.map { $0.install() }
  }
}

/// Knows whether the calling thread takes part in a round of some pool.
enum WorkerThread {
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    guard pthread_key_create(&key, nil) == 0 else {
      fatalError("worker pool: the process has no thread-specific key left")
    }
    return key
  }()

  static var isInside: Bool { pthread_getspecific(key) != nil }

  static func enter() { pthread_setspecific(key, UnsafeRawPointer(bitPattern: 1)) }

  static func leave() { pthread_setspecific(key, nil) }
}
