/// Which rank is on which node, the same on all ranks.
///
/// A rank has a *counterpart* on every other node: the one at the same position there, counted
/// around where that node has fewer ranks. What belongs to a rank crosses between its node and
/// another one by way of its counterpart, so that all ranks of a node share its messages.
package struct NodeMap: Equatable, Sendable {
  /// The ranks of each node, ascending; nodes follow each other as their first ranks do.
  package let nodes: [[Int]]
  /// By rank.
  private let nodeNumbers: [Int]
  /// By rank: which one of its node's it is.
  private let positions: [Int]

  package init(_ nodes: [[Int]]) {
    self.nodes = nodes
    let size = nodes.reduce(0) { $0 + $1.count }
    var nodeNumbers = [Int](repeating: 0, count: size)
    var positions = nodeNumbers
    for (number, ranks) in nodes.enumerated() {
      for (position, rank) in ranks.enumerated() {
        nodeNumbers[rank] = number
        positions[rank] = position
      }
    }
    self.nodeNumbers = nodeNumbers
    self.positions = positions
  }

  /// Ranks of one machine are on one node, or on several that each have so many consecutive
  /// numbers.
  ///
  /// - Parameter machines: a number for the machine of each rank.
  package init(machines: [Int64], ranksPerNode: Int?) {
    struct Place: Hashable {
      var machine: Int64
      var group: Int
    }
    var numbers: [Place: Int] = [:]
    var nodes: [[Int]] = []
    for (rank, machine) in machines.enumerated() {
      let place = Place(machine: machine, group: ranksPerNode.map { rank / $0 } ?? 0)
      if let number = numbers[place] {
        nodes[number].append(rank)
      } else {
        numbers[place] = nodes.count
        nodes.append([rank])
      }
    }
    self.init(nodes)
  }

  /// The same without the nodes of some ranks: each rank there is a node of its own.
  package func splitting(nodesOf ranks: [Int]) -> NodeMap {
    let split = Set(ranks.map(node(of:)))
    let parts = nodes.enumerated().flatMap { number, ranks in
      split.contains(number) ? ranks.map { [$0] } : [ranks]
    }
    return NodeMap(parts.sorted { $0[0] < $1[0] })
  }

  /// The number of a rank's node.
  package func node(of rank: Int) -> Int { nodeNumbers[rank] }

  /// The ranks of a rank's own node.
  package func neighbourhood(of rank: Int) -> [Int] { nodes[nodeNumbers[rank]] }

  /// Which one of its node's a rank is, from 0.
  package func position(of rank: Int) -> Int { positions[rank] }

  /// The rank of another node that deals with a rank.
  package func counterpart(of rank: Int, on node: Int) -> Int {
    nodes[node][positions[rank] % nodes[node].count]
  }

  /// The ranks of another node with which a rank deals: none, one, or several where that node has
  /// more ranks.
  package func ranks(of node: Int, facing rank: Int) -> [Int] {
    let step = neighbourhood(of: rank).count
    return stride(from: positions[rank], to: nodes[node].count, by: step).map { nodes[node][$0] }
  }
}
