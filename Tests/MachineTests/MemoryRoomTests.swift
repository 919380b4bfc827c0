import Machine
import Testing

/// What control groups and limits of processes leave, from trees as the kernel gives them.
@Suite struct MemoryRoomTests {
  private static let machine = "MemTotal: 16000000 kB\nMemAvailable:    8000000 kB\n"

  @Test func withoutGroupsItIsTheMachines() throws {
    let tree = try FakeTree(["proc/meminfo": Self.machine + "SwapFree: 1000 kB\n"])
    #expect(
      MemoryLimits(root: tree.root).room(needed: 1)
        == MemoryRoom(byteCount: 8_001_000 << 10, bound: "the memory of the machine"))
    #expect(MemoryLimits(root: "/nonexistent").room(needed: 1).byteCount == .max)
  }

  @Test func theSecondVersionTakesTheLeastOnTheWayUp() throws {
    let tree = try FakeTree([
      "proc/meminfo": Self.machine,
      "proc/self/cgroup": "0::/outer/inner\n",
      "sys/fs/cgroup/outer/inner/memory.max": "max\n",
      "sys/fs/cgroup/outer/inner/memory.high": "max\n",
      "sys/fs/cgroup/outer/inner/memory.current": "100000\n",
      "sys/fs/cgroup/outer/memory.max": "1000000\n",
      "sys/fs/cgroup/outer/memory.high": "900000\n",
      "sys/fs/cgroup/outer/memory.current": "400000\n",
      "sys/fs/cgroup/outer/memory.stat": "anon 1\nactive_file 30000\ninactive_file 20000\n",
      "sys/fs/cgroup/other/memory.max": "10\n",
      "sys/fs/cgroup/other/memory.current": "10\n",
    ])
    let limits = MemoryLimits(root: tree.root)
    let file = "\(tree.root)/sys/fs/cgroup/outer/memory.high"
    // What would be taken back is looked at only where it matters.
    #expect(limits.room(needed: 500_000) == MemoryRoom(byteCount: 500_000, bound: file))
    #expect(limits.room(needed: 500_001) == MemoryRoom(byteCount: 550_000, bound: file))
  }

  @Test func swapCountsAsFarAsTheGroupMayUseIt() throws {
    var files = [
      "proc/meminfo": Self.machine + "SwapFree: 100 kB\n",
      "proc/self/cgroup": "0::/job\n",
      "sys/fs/cgroup/unified/job/memory.max": "1000\n",
      "sys/fs/cgroup/unified/job/memory.current": "1200\n",
    ]
    func room() throws -> Int {
      let tree = try FakeTree(files)
      return withExtendedLifetime(tree) {
        MemoryLimits(root: tree.root).room(needed: 1 << 30).byteCount
      }
    }
    #expect(try room() == (100 << 10) - 200)
    files["sys/fs/cgroup/unified/job/memory.swap.max"] = "700\n"
    files["sys/fs/cgroup/unified/job/memory.swap.current"] = "300\n"
    #expect(try room() == 200)
    files["sys/fs/cgroup/unified/job/memory.swap.max"] = "0\n"
    #expect(try room() == 0)
  }

  @Test func theFirstVersionHasTwoLimits() throws {
    var files = [
      "proc/meminfo": Self.machine,
      "proc/self/cgroup": "9:memory:/a/b\n4:cpu,cpuacct:/\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "5000000\n",
      "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "1000000\n",
      "sys/fs/cgroup/memory/a/b/memory.usage_in_bytes": "700000\n",
      "sys/fs/cgroup/memory/a/b/memory.stat":
        "inactive_file 7\ntotal_inactive_file 1000\ntotal_active_file 500\n",
    ]
    func room() throws -> Int {
      let tree = try FakeTree(files)
      return withExtendedLifetime(tree) {
        MemoryLimits(root: tree.root).room(needed: 1 << 30).byteCount
      }
    }
    #expect(try room() == 301_500)
    files["sys/fs/cgroup/memory/a/b/memory.memsw.limit_in_bytes"] = "1000000\n"
    files["sys/fs/cgroup/memory/a/b/memory.memsw.usage_in_bytes"] = "900000\n"
    #expect(try room() == 101_500)
  }

  @Test func limitsOfTheProcess() {
    func room(_ addresses: UInt, _ data: UInt) -> MemoryRoom {
      ProcessMemoryLimits.room(
        addresses: addresses, data: data, pageCounts: "100 50 30 1 0 40 0\n", pageSize: 4096)
    }
    #expect(room(.max, .max).byteCount == .max)
    #expect(room(1_000_000, .max) == MemoryRoom(byteCount: 590_400, bound: "ulimit -v"))
    #expect(room(1_000_000, 200_000) == MemoryRoom(byteCount: 36_160, bound: "ulimit -d"))
    #expect(room(4096, .max).byteCount == 0)
  }
}
