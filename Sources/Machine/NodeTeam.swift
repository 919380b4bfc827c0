/// The workers of one NUMA node.
public struct NodeTeam: Hashable, Sendable {
  /// The kernel's number of the node.
  public var node: Int
  /// The numbers of its workers in their pool.
  public var workers: Range<Int>

  public init(node: Int, workers: Range<Int>) {
    self.node = node
    self.workers = workers
  }
}

extension Topology {
  /// `count` workers by the node of their CPUs, ascending by worker; a node without a worker has no
  /// team.
  package func teams(forWorkers count: Int) -> [NodeTeam] {
    let nodeOfCPU = nodes.indices.flatMap { index in nodes[index].cpus.map { _ in index } }
    var teams: [NodeTeam] = []
    var last: Int?
    for worker in 0..<count {
      let index = nodeOfCPU[cpuIndex(ofWorker: worker, of: count)]
      if index == last {
        teams[teams.count - 1].workers = teams[teams.count - 1].workers.lowerBound..<worker + 1
      } else {
        teams.append(NodeTeam(node: nodes[index].number, workers: worker..<worker + 1))
      }
      last = index
    }
    return teams
  }
}
