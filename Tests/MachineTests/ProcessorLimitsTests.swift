import Machine
import Testing

struct ProcessorLimitsTests {
  @Test(arguments: [
    ("150000 100000\n", 1.5), ("max 100000\n", nil), ("-1\n 100000\n", nil), ("", nil),
    ("100000", nil), ("0 100000", nil), ("100000 0", nil), ("x y", nil),
  ])
  func parsesMaxima(text: String, quota: Double?) {
    #expect(ProcessorLimits.parseMaximum(text) == quota)
  }

  @Test func parsesMembership() {
    let second = ProcessorLimits.parseMembership("0::/user.slice/job\n")
    #expect(second.unified == "/user.slice/job")
    #expect(second.cpuController == "/")
    let first = ProcessorLimits.parseMembership("9:cpuset:/a\n4:cpu,cpuacct:/b:c\n1:name=x:/d\n")
    #expect(first.unified == "/")
    #expect(first.cpuController == "/b:c")
  }

  @Test func ancestorsEndAtTheTop() {
    #expect(ProcessorLimits.ancestors(of: "/a/b") == ["/a/b", "/a", ""])
    #expect(ProcessorLimits.ancestors(of: "/") == [""])
  }

  @Test func takesTheLeastQuotaOnTheWayUp() throws {
    let tree = try FakeTree([
      "proc/self/cgroup": "0::/outer/inner\n",
      "sys/fs/cgroup/outer/inner/cpu.max": "800000 100000\n",
      "sys/fs/cgroup/outer/cpu.max": "250000 100000\n",
      "sys/fs/cgroup/other/cpu.max": "10000 100000\n",
    ])
    #expect(ProcessorLimits(root: tree.root).quota == 2.5)
  }

  @Test func readsTheFirstVersion() throws {
    let tree = try FakeTree([
      "proc/self/cgroup": "3:cpu,cpuacct:/invisible/here\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ])
    #expect(ProcessorLimits(root: tree.root).quota == 0.5)
  }

  @Test func withoutFilesThereIsNoQuota() {
    #expect(ProcessorLimits(root: "/nonexistent").quota == nil)
  }

  @Test func workerCountIsTheLeastOfCoresAndQuota() {
    let topology = Topology(nodes: [.init(number: 0, cpus: [0, 4, 1, 5], coreCount: 2)])
    #expect(ProcessorLimits(quota: nil).workerCount(for: topology) == 2)
    #expect(ProcessorLimits(quota: 1.1).workerCount(for: topology) == 2)
    #expect(ProcessorLimits(quota: 1).workerCount(for: topology) == 1)
    #expect(ProcessorLimits(quota: 0.01).workerCount(for: topology) == 1)
    #expect(ProcessorLimits(quota: 1e30).workerCount(for: topology) == 2)
  }
}
