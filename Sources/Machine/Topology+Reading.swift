import Glibc

extension Topology {
  /// The topology of the calling thread's CPU mask, as the launcher or the user bound the process,
  /// and of the CPUs that its control groups grant.
  ///
  /// Where `/sys` tells nothing, as in some containers, all CPUs lie on one node, number 0.
  public static func current(limits: ProcessorLimits = .current()) -> Topology {
    let allowed = Affinity.cpus() ?? Array(0..<onlineCount)
    return Topology(allowed: limits.granted(of: allowed), systemRoot: "/sys")
  }

  /// How many CPUs the machine has running.
  public static var onlineCount: Int { max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) }

  /// Groups `allowed` by the nodes and cores that the tree at `systemRoot` describes in the manner
  /// of `/sys`. CPUs that it assigns to no node join the first one.
  package init(allowed: [Int], systemRoot: String) {
    let devices = systemRoot + "/devices/system"
    var unassigned = Set(allowed)
    var nodes: [(number: Int, cpus: [Int])] = []
    for number in CPUList.parse(TextFile.read("\(devices)/node/online") ?? "") {
      let listed = CPUList.parse(TextFile.read("\(devices)/node/node\(number)/cpulist") ?? "")
      let usable = listed.filter { unassigned.remove($0) != nil }
      if !usable.isEmpty { nodes.append((number, usable)) }
    }
    if !unassigned.isEmpty {
      if nodes.isEmpty { nodes.append((0, [])) }
      nodes[0].cpus = (nodes[0].cpus + unassigned).sorted()
    }
    self.init(
      nodes: nodes.map { number, cpus in
        let cores = Self.cores(of: cpus, devices: devices)
        return Node(number: number, cpus: cores.flatMap(\.self), coreCount: cores.count)
      })
  }

  /// `cpus` grouped into the hardware threads of one core each.
  private static func cores(of cpus: [Int], devices: String) -> [[Int]] {
    var remaining = Set(cpus)
    return cpus.compactMap { cpu in
      guard remaining.contains(cpu) else { return nil }
      let path = "\(devices)/cpu/cpu\(cpu)/topology/thread_siblings_list"
      let siblings = CPUList.parse(TextFile.read(path) ?? "")
      let core = [cpu] + siblings.filter { $0 != cpu && remaining.contains($0) }
      remaining.subtract(core)
      return core
    }
  }
}
