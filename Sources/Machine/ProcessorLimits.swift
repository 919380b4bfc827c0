/// What the process's control groups grant of the machine's processors, which may be less than its
/// CPU mask allows.
public struct ProcessorLimits: Hashable, Sendable {
  /// The CPUs' worth of time granted, such as 1.5, or nil without a limit.
  public var quota: Double?
  /// The kernel's numbers of the CPUs granted, ascending, or nil without a limit.
  public var cpus: [Int]?

  public init(quota: Double?, cpus: [Int]? = nil) {
    self.quota = quota
    self.cpus = cpus
  }

  /// The number of workers that suits each of some processes that share these limits and run on
  /// `topology`, `sharing` of them on each of its CPUs: one a physical core, at most the quota's
  /// part rounded up, at least one. The calling thread is one of them.
  public func workerCount(
    for topology: Topology, processes: Int = 1, sharing: Int = 1
  ) -> Int {
    let cores = topology.coreCount / sharing
    return max(1, min(cores, whole(quota.map { $0 / Double(processes) }) ?? cores))
  }

  /// Those of the CPUs in a process's mask that are granted. The kernel keeps masks within the
  /// grant; where something else hands out both and they have nothing in common, the mask holds.
  package func granted(of mask: [Int]) -> [Int] {
    guard let cpus else { return mask }
    let granted = mask.filter(cpus.contains)
    return granted.isEmpty ? mask : granted
  }

  /// How many CPUs a process could be given at most on a machine with so many.
  public func cpuCount(online: Int) -> Int {
    let granted = min(online, cpus?.count ?? online)
    return max(1, min(granted, whole(quota) ?? granted))
  }

  /// A quota rounded up; those beyond any machine are cut off.
  private func whole(_ quota: Double?) -> Int? {
    quota.map { Int(min($0.rounded(.up), 1e6)) }
  }

  /// The limits of this process: the least of its control group and the groups above it, in both
  /// versions of the kernel's interface.
  public static func current() -> ProcessorLimits { ProcessorLimits(root: "/") }

  /// Reads the limits from a tree that has `proc/self/cgroup` and `sys/fs/cgroup` as the kernel
  /// gives them.
  package init(root: String) {
    let groups = root + "/sys/fs/cgroup"
    let membership = Self.parseMembership(TextFile.read(root + "/proc/self/cgroup") ?? "")
    var quotas: [Double] = []
    var sets: [Set<Int>] = []
    for path in Self.ancestors(of: membership.unified) {
      // Version 2 is mounted at the top, or beside the controllers of version 1.
      for mount in [groups, groups + "/unified"] {
        let maximum = TextFile.read("\(mount)\(path)/cpu.max") ?? ""
        if let quota = Self.parseMaximum(maximum) { quotas.append(quota) }
        sets.append(Self.cpus("\(mount)\(path)/cpuset.cpus.effective"))
      }
    }
    for path in Self.ancestors(of: membership.cpuController) {
      for mount in ["/cpu", "/cpu,cpuacct", "/cpuacct,cpu"].map({ groups + $0 }) {
        let quota = TextFile.read("\(mount)\(path)/cpu.cfs_quota_us") ?? ""
        let period = TextFile.read("\(mount)\(path)/cpu.cfs_period_us") ?? ""
        if let quota = Self.parseMaximum("\(quota) \(period)") { quotas.append(quota) }
      }
    }
    for path in Self.ancestors(of: membership.cpusetController) {
      let set = Self.cpus("\(groups)/cpuset\(path)/cpuset.effective_cpus")
      sets.append(set.isEmpty ? Self.cpus("\(groups)/cpuset\(path)/cpuset.cpus") : set)
    }
    // A file without numbers sets no limit.
    let limits = sets.filter { !$0.isEmpty }
    let common = limits.dropFirst().reduce(limits.first) { $0?.intersection($1) }
    self.init(quota: quotas.min(), cpus: common.map { $0.sorted() })
  }

  private static func cpus(_ path: String) -> Set<Int> {
    Set(CPUList.parse(TextFile.read(path) ?? ""))
  }

  /// The CPUs' worth of `cpu.max`, such as `150000 100000`, or of the two files of version 1 one
  /// after the other; nil for `max`, for −1 and for anything else that sets no limit.
  package static func parseMaximum(_ text: String) -> Double? {
    let fields = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard fields.count == 2, let quota = fields[0], let period = fields[1] else { return nil }
    return quota > 0 && period > 0 ? quota / period : nil
  }

  /// The paths of the process's groups in the text of `/proc/self/cgroup`: that of version 2 and
  /// those of version 1's controllers; the root where the text names none.
  package static func parseMembership(
    _ text: String
  ) -> (
    unified: String, cpuController: String, cpusetController: String, memoryController: String
  ) {
    var membership = (
      unified: "/", cpuController: "/", cpusetController: "/", memoryController: "/"
    )
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[0] == "0" && fields[1].isEmpty { membership.unified = String(fields[2]) }
      let controllers = fields[1].split(separator: ",")
      if controllers.contains("cpu") { membership.cpuController = String(fields[2]) }
      if controllers.contains("cpuset") { membership.cpusetController = String(fields[2]) }
      if controllers.contains("memory") { membership.memoryController = String(fields[2]) }
    }
    return membership
  }

  /// `path` and the paths above it, without trailing slashes: `/a/b` gives `/a/b`, `/a` and the
  /// empty path. Inside a container the lower ones may not be visible, while its own limit is at
  /// the top.
  package static func ancestors(of path: String) -> [String] {
    let parts = path.split(separator: "/")
    return (0...parts.count).reversed().map { parts[..<$0].map { "/" + $0 }.joined() }
  }
}
