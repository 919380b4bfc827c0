import Machine
import Testing

struct TopologyTests {
  /// Two nodes of two cores with two hardware threads each, numbered as firmware likes to.
  private static func twoNodes() throws -> FakeTree {
    var files = [
      "devices/system/node/online": "0-1\n",
      "devices/system/node/node0/cpulist": "0-1,4-5\n",
      "devices/system/node/node1/cpulist": "2-3,6-7\n",
    ]
    for cpu in 0..<8 {
      files["devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list"] =
        "\(cpu % 4),\(cpu % 4 + 4)\n"
    }
    return try FakeTree(files)
  }

  @Test func groupsCPUsByNodeAndCore() throws {
    let tree = try Self.twoNodes()
    let topology = Topology(allowed: Array(0..<8), systemRoot: tree.root)
    #expect(
      topology.nodes == [
        .init(number: 0, cpus: [0, 4, 1, 5], coreCount: 2),
        .init(number: 1, cpus: [2, 6, 3, 7], coreCount: 2),
      ])
    #expect(topology.cpus == [0, 4, 1, 5, 2, 6, 3, 7])
    #expect(topology.coreCount == 4)
    #expect(topology.node(ofCPU: 6) == 1)
    #expect(topology.node(ofCPU: 8) == nil)
  }

  @Test func leavesOutCPUsAndNodesThatTheProcessMayNotUse() throws {
    let tree = try Self.twoNodes()
    let topology = Topology(allowed: [3, 6, 7], systemRoot: tree.root)
    #expect(topology.nodes == [.init(number: 1, cpus: [3, 7, 6], coreCount: 2)])
  }

  @Test func keepsGapsInTheNumbersOfNodes() throws {
    let tree = try FakeTree([
      "devices/system/node/online": "0,8\n",
      "devices/system/node/node0/cpulist": "\n",
      "devices/system/node/node8/cpulist": "1\n",
    ])
    let topology = Topology(allowed: [1], systemRoot: tree.root)
    #expect(topology.nodes == [.init(number: 8, cpus: [1])])
  }

  @Test func cpusOfNoNodeJoinTheFirst() throws {
    let tree = try Self.twoNodes()
    let topology = Topology(allowed: [2, 9], systemRoot: tree.root)
    #expect(topology.nodes == [.init(number: 1, cpus: [2, 9])])
  }

  @Test func withoutATreeAllCPUsLieOnOneNode() {
    let topology = Topology(allowed: [1, 3], systemRoot: "/nonexistent")
    #expect(topology.nodes == [.init(number: 0, cpus: [1, 3])])
  }

  @Test func isNeverEmpty() {
    #expect(Topology(nodes: []).cpus == [0])
    #expect(Topology(nodes: [.init(number: 3, cpus: [])]).nodes.count == 1)
    #expect(Topology(allowed: [], systemRoot: "/nonexistent").cpus == [0])
  }

  @Test func currentIsTheAffinityMask() throws {
    let mask = try #require(Affinity.cpus())
    #expect(Topology.current().cpus.sorted() == mask)
  }

  @Test func workersSpreadOverNodesInOrder() throws {
    let tree = try Self.twoNodes()
    let topology = Topology(allowed: Array(0..<8), systemRoot: tree.root)
    #expect(topology.cpus(forWorkers: 1) == [0])
    // One a node, then one a core, then one a hardware thread, then wrapped round.
    #expect(topology.cpus(forWorkers: 2) == [0, 2])
    #expect(topology.cpus(forWorkers: 4) == [0, 1, 2, 3])
    #expect(topology.cpus(forWorkers: 8) == topology.cpus)
    #expect(topology.cpus(forWorkers: 16) == topology.cpus.flatMap { [$0, $0] })
    for count in 1...20 {
      let nodes = topology.cpus(forWorkers: count).map { topology.node(ofCPU: $0) ?? -1 }
      #expect(nodes == nodes.sorted())
      #expect(abs(nodes.count { $0 == 0 } - nodes.count { $0 == 1 }) <= 1)
    }
  }
}
