/// Where one worker runs, as the kernel reports it.
public struct WorkerPlace: Hashable, Sendable {
  /// The worker's number in its pool; 0 is the calling thread.
  public var worker: Int
  /// The kernel's number of the worker's thread.
  public var thread: Int
  /// The CPU that the worker asked for; nil for the calling thread, which is never pinned.
  public var requestedCPU: Int?
  /// The CPUs on which the kernel lets the thread run, read back; empty where it does not say.
  public var mask: [Int]
  /// The NUMA node of that mask, or nil where it spans several.
  public var node: Int?
  /// What the kernel refused, such as pinning in a container that forbids it.
  public var note: String?

  /// Whether the kernel confirms the requested CPU as the only one.
  public var isPinned: Bool { requestedCPU.map { mask == [$0] } ?? false }
}

extension WorkerPlace {
  /// Reads the mask of `thread` back and fills in the rest.
  init(worker: Int, thread: Int32, requestedCPU: Int?, note: String?, topology: Topology) {
    let mask = Affinity.cpus(ofThread: thread) ?? []
    let nodes = Set(mask.map { topology.node(ofCPU: $0) })
    self.init(
      worker: worker, thread: Int(thread), requestedCPU: requestedCPU, mask: mask,
      node: nodes.count == 1 ? nodes.first ?? nil : nil, note: note)
  }
}
