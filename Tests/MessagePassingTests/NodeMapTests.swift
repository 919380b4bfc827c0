import MessagePassing
import Testing

/// Who is on which node, and who deals with whom.
@Suite struct NodeMapTests {
  /// One node, even ones, uneven ones, ranks that do not follow each other, nodes of one rank.
  static let maps = [
    [[0, 1, 2]], [[0, 1], [2, 3]], [[0, 1, 2, 3], [4], [5, 6]], [[0, 3], [1, 2, 4]],
    [[0], [1], [2]],
  ].map { NodeMap($0) }

  @Test func ranksOfAMachineAreTogether() {
    let machines: [Int64] = [7, 7, 5, 7, 5]
    #expect(NodeMap(machines: machines, ranksPerNode: nil).nodes == [[0, 1, 3], [2, 4]])
    #expect(NodeMap(machines: machines, ranksPerNode: 2).nodes == [[0, 1], [2], [3], [4]])
    #expect(NodeMap(machines: machines, ranksPerNode: 9).nodes == [[0, 1, 3], [2, 4]])
  }

  @Test(arguments: [1, 2, 3]) func oneMachinePassesForSeveral(ranksPerNode: Int) {
    let map = NodeMap(machines: [0, 0, 0, 0, 0], ranksPerNode: ranksPerNode)
    #expect(
      map.nodes
        == [[[0], [1], [2], [3], [4]], [[0, 1], [2, 3], [4]], [[0, 1, 2], [3, 4]]][
          ranksPerNode - 1])
  }

  @Test(arguments: maps) func placesAreThoseOfTheNodes(map: NodeMap) {
    for (node, ranks) in map.nodes.enumerated() {
      for (position, rank) in ranks.enumerated() {
        #expect(map.node(of: rank) == node)
        #expect(map.position(of: rank) == position)
        #expect(map.neighbourhood(of: rank) == ranks)
      }
    }
  }

  @Test(arguments: maps) func everyRankIsDealtWithByOneOnEachNode(map: NodeMap) {
    let all = map.nodes.joined()
    for rank in all {
      for node in map.nodes.indices where node != map.node(of: rank) {
        let counterpart = map.counterpart(of: rank, on: node)
        #expect(map.node(of: counterpart) == node)
        let facing = all.filter {
          map.node(of: $0) == node && map.counterpart(of: $0, on: map.node(of: rank)) == rank
        }
        #expect(map.ranks(of: node, facing: rank) == facing.sorted())
      }
    }
  }

  @Test func aNodeThatCannotShareFallsApart() {
    let map = NodeMap([[0, 2, 4], [1, 3], [5]])
    #expect(map.splitting(nodesOf: []) == map)
    #expect(map.splitting(nodesOf: [4]).nodes == [[0], [1, 3], [2], [4], [5]])
    #expect(map.splitting(nodesOf: [3, 0]).nodes == [[0], [1], [2], [3], [4], [5]])
  }
}
