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
    #expect(first.cpusetController == "/a")
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

  @Test func withoutFilesThereAreNoLimits() {
    let limits = ProcessorLimits(root: "/nonexistent")
    #expect(limits.quota == nil)
    #expect(limits.cpus == nil)
    #expect(limits.cpuCount(online: 8) == 8)
    #expect(limits.granted(of: [3, 5]) == [3, 5])
  }

  @Test func readsCPUSetsOfTheSecondVersion() throws {
    let tree = try FakeTree([
      "proc/self/cgroup": "0::/outer/inner\n",
      "sys/fs/cgroup/cpuset.cpus.effective": "0-7\n",
      "sys/fs/cgroup/outer/cpuset.cpus.effective": "2-5\n",
      // A group without the controller has no file; one that is being set up has an empty one.
      "sys/fs/cgroup/outer/inner/cpuset.cpus.effective": "\n",
      "sys/fs/cgroup/other/cpuset.cpus.effective": "7\n",
    ])
    #expect(ProcessorLimits(root: tree.root).cpus == [2, 3, 4, 5])
  }

  @Test func readsCPUSetsBesideTheFirstVersion() throws {
    let tree = try FakeTree([
      "proc/self/cgroup": "0::/unit\n",
      "sys/fs/cgroup/unified/unit/cpuset.cpus.effective": "1,3\n",
    ])
    #expect(ProcessorLimits(root: tree.root).cpus == [1, 3])
  }

  @Test func readsCPUSetsOfTheFirstVersion() throws {
    let tree = try FakeTree([
      "proc/self/cgroup": "7:cpuset:/job\n3:cpu,cpuacct:/\n",
      "sys/fs/cgroup/cpuset/cpuset.effective_cpus": "0-3\n",
      // An older kernel has the configured set alone.
      "sys/fs/cgroup/cpuset/job/cpuset.cpus": "1-2\n",
      "sys/fs/cgroup/cpuset/other/cpuset.cpus": "0\n",
    ])
    #expect(ProcessorLimits(root: tree.root).cpus == [1, 2])
  }

  @Test func masksStayWithinTheGrant() {
    let limits = ProcessorLimits(quota: nil, cpus: [2, 3, 9])
    #expect(limits.granted(of: [0, 1, 2, 3]) == [2, 3])
    #expect(limits.granted(of: [0, 1]) == [0, 1])
    #expect(limits.cpuCount(online: 16) == 3)
    #expect(limits.cpuCount(online: 2) == 2)
    #expect(ProcessorLimits(quota: 1.5, cpus: [2, 3, 9]).cpuCount(online: 16) == 2)
    #expect(ProcessorLimits(quota: 0.1, cpus: [2, 3, 9]).cpuCount(online: 16) == 1)
  }

  @Test func theTopologyStaysWithinTheGrant() throws {
    let mask = try #require(Affinity.cpus())
    let last = [mask.last!]
    #expect(Topology.current(limits: ProcessorLimits(quota: nil, cpus: last)).cpus == last)
    #expect(
      Topology.current(limits: ProcessorLimits(quota: nil, cpus: [1 << 20])).cpus.sorted() == mask)
  }

  @Test func workerCountIsTheLeastOfCoresAndQuota() {
    let topology = Topology(nodes: [.init(number: 0, cpus: [0, 4, 1, 5], coreCount: 2)])
    #expect(ProcessorLimits(quota: nil).workerCount(for: topology) == 2)
    #expect(ProcessorLimits(quota: 1.1).workerCount(for: topology) == 2)
    #expect(ProcessorLimits(quota: 1).workerCount(for: topology) == 1)
    #expect(ProcessorLimits(quota: 0.01).workerCount(for: topology) == 1)
    #expect(ProcessorLimits(quota: 1e30).workerCount(for: topology) == 2)
  }

  @Test func processesShareTheQuotaAndTheirCores() {
    let topology = Topology(nodes: [.init(number: 0, cpus: Array(0..<8))])
    let limits = ProcessorLimits(quota: 6)
    #expect(limits.workerCount(for: topology, processes: 2) == 3)
    #expect(limits.workerCount(for: topology, processes: 4) == 2)
    #expect(limits.workerCount(for: topology, processes: 100) == 1)
    #expect(limits.workerCount(for: topology, processes: 2, sharing: 2) == 3)
    #expect(ProcessorLimits(quota: nil).workerCount(for: topology, processes: 2) == 8)
    #expect(ProcessorLimits(quota: nil).workerCount(for: topology, processes: 2, sharing: 2) == 4)
    #expect(ProcessorLimits(quota: nil).workerCount(for: topology, processes: 9, sharing: 9) == 1)
  }
}
