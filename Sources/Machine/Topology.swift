/// The CPUs that this process may use, grouped by the NUMA node whose memory is near them.
public struct Topology: Hashable, Sendable {
  /// One NUMA node.
  public struct Node: Hashable, Sendable {
    /// The kernel's number of the node.
    public var number: Int
    /// The kernel's numbers of the usable CPUs; hardware threads of one core are neighbours in this
    /// list.
    public var cpus: [Int]
    /// The number of physical cores that these CPUs belong to.
    public var coreCount: Int

    /// Creates a node; without `coreCount` every CPU counts as a core of its own.
    public init(number: Int, cpus: [Int], coreCount: Int? = nil) {
      self.number = number
      self.cpus = cpus
      self.coreCount = coreCount ?? cpus.count
    }
  }

  /// The nodes that have usable CPUs, ascending by number; never empty.
  public var nodes: [Node]

  /// Creates a topology of the given nodes. Without any CPU among them it has CPU 0 on node 0, so
  /// that there is always one to name.
  public init(nodes: [Node]) {
    let populated = nodes.filter { !$0.cpus.isEmpty }
    self.nodes = populated.isEmpty ? [Node(number: 0, cpus: [0])] : populated
  }

  /// All usable CPUs, node by node.
  public var cpus: [Int] { nodes.flatMap(\.cpus) }

  /// The number of physical cores.
  public var coreCount: Int { nodes.reduce(0) { $0 + $1.coreCount } }

  /// The number of the node that `cpu` belongs to, or nil for a CPU outside this topology.
  public func node(ofCPU cpu: Int) -> Int? {
    nodes.first { $0.cpus.contains(cpu) }?.number
  }

  /// One CPU for each of `count` workers: spread evenly over the CPUs and so over the nodes, in
  /// node order, so that workers with neighbouring numbers share a node; CPUs repeat where workers
  /// outnumber them.
  package func cpus(forWorkers count: Int) -> [Int] {
    let cpus = cpus
    return (0..<count).map { cpus[cpuIndex(ofWorker: $0, of: count)] }
  }

  /// The position in `cpus` of the CPU of one of `count` workers.
  func cpuIndex(ofWorker worker: Int, of count: Int) -> Int { worker * cpuCount / count }

  private var cpuCount: Int { nodes.reduce(0) { $0 + $1.cpus.count } }
}
