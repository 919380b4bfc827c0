/// How much processor time the process's control groups grant, which may be less than its CPU mask
/// allows.
public struct ProcessorLimits: Hashable, Sendable {
  /// The CPUs' worth of time granted, such as 1.5, or nil without a limit.
  public var quota: Double?

  public init(quota: Double?) {
    self.quota = quota
  }

  /// The number of workers that suits a process alone on `topology`: one a physical core, at most
  /// the quota rounded up, at least one. The calling thread is one of them.
  public func workerCount(for topology: Topology) -> Int {
    let granted = quota.map { Int(min($0.rounded(.up), Double(topology.coreCount))) }
    return max(1, min(topology.coreCount, granted ?? topology.coreCount))
  }

  /// The limits of this process: the least quota of its control group and the groups above it, in
  /// both versions of the kernel's interface.
  public static func current() -> ProcessorLimits { ProcessorLimits(root: "/") }

  /// Reads the limits from a tree that has `proc/self/cgroup` and `sys/fs/cgroup` as the kernel
  /// gives them.
  package init(root: String) {
    let groups = root + "/sys/fs/cgroup"
    let membership = Self.parseMembership(TextFile.read(root + "/proc/self/cgroup") ?? "")
    var quotas: [Double] = []
    for path in Self.ancestors(of: membership.unified) {
      // Version 2 is mounted at the top, or beside the controllers of version 1.
      for mount in [groups, groups + "/unified"] {
        let maximum = TextFile.read("\(mount)\(path)/cpu.max") ?? ""
        if let quota = Self.parseMaximum(maximum) { quotas.append(quota) }
      }
    }
    for path in Self.ancestors(of: membership.cpuController) {
      for mount in ["/cpu", "/cpu,cpuacct", "/cpuacct,cpu"].map({ groups + $0 }) {
        let quota = TextFile.read("\(mount)\(path)/cpu.cfs_quota_us") ?? ""
        let period = TextFile.read("\(mount)\(path)/cpu.cfs_period_us") ?? ""
        if let quota = Self.parseMaximum("\(quota) \(period)") { quotas.append(quota) }
      }
    }
    self.init(quota: quotas.min())
  }

  /// The CPUs' worth of `cpu.max`, such as `150000 100000`, or of the two files of version 1 one
  /// after the other; nil for `max`, for −1 and for anything else that sets no limit.
  package static func parseMaximum(_ text: String) -> Double? {
    let fields = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard fields.count == 2, let quota = fields[0], let period = fields[1] else { return nil }
    return quota > 0 && period > 0 ? quota / period : nil
  }

  /// The paths of the process's groups in the text of `/proc/self/cgroup`: that of version 2 and
  /// that of version 1's cpu controller; the root where the text names none.
  package static func parseMembership(_ text: String) -> (unified: String, cpuController: String) {
    var membership = (unified: "/", cpuController: "/")
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[0] == "0" && fields[1].isEmpty { membership.unified = String(fields[2]) }
      if fields[1].split(separator: ",").contains("cpu") {
        membership.cpuController = String(fields[2])
      }
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
