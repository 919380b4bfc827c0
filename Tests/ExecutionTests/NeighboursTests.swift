import Execution
import Machine
import Testing

struct NeighboursTests {
  private func neighbours(
    count: Int, sharing: Int = 1, cpus: [Int], cores: Int? = nil, quota: Double? = nil,
    grant: [Int]? = nil, isLaunched: Bool = true, online: Int = 8
  ) -> Neighbours {
    Neighbours(
      count: count, sharing: sharing,
      topology: Topology(nodes: [.init(number: 0, cpus: cpus, coreCount: cores)]),
      limits: ProcessorLimits(quota: quota, cpus: grant), isLaunched: isLaunched, online: online)
  }

  @Test func ranksShareCoresAndQuota() {
    #expect(neighbours(count: 2, sharing: 2, cpus: Array(0..<8)).workersPerRank == 4)
    #expect(neighbours(count: 2, sharing: 1, cpus: Array(0..<4)).workersPerRank == 4)
    #expect(neighbours(count: 2, sharing: 1, cpus: Array(0..<4), quota: 4).workersPerRank == 2)
    #expect(neighbours(count: 9, sharing: 9, cpus: Array(0..<8)).workersPerRank == 1)
  }

  @Test func onlyRanksWithCPUsOfTheirOwnMaySpin() {
    #expect(neighbours(count: 2, sharing: 2, cpus: Array(0..<8)).hasOwnCPUs(workers: 4))
    #expect(!neighbours(count: 2, sharing: 2, cpus: Array(0..<8)).hasOwnCPUs(workers: 5))
    #expect(!neighbours(count: 9, sharing: 9, cpus: Array(0..<8)).hasOwnCPUs(workers: 1))
    #expect(!neighbours(count: 2, cpus: Array(0..<4), quota: 4).hasOwnCPUs(workers: 3))
  }

  @Test func aLauncherThatBindsToOneCoreIsTold() {
    let advice = neighbours(count: 1, cpus: [3]).bindingAdvice
    #expect(
      advice == """
        the launcher bound the only rank of this machine to one core, though it has 8 CPUs; \
        mpirun --bind-to none lifts that, TESSERA_WORKERS=1 says that it is meant
        """)
    #expect(
      neighbours(count: 2, cpus: [3]).bindingAdvice?.contains("each of the 2 ranks") == true)
    // Two hardware threads of one core.
    #expect(neighbours(count: 1, cpus: [0, 4], cores: 1).bindingAdvice != nil)
  }

  @Test func whatIsAsGoodAsItCanBeIsNotTold() {
    #expect(neighbours(count: 1, cpus: [3, 4]).bindingAdvice == nil)
    #expect(neighbours(count: 1, cpus: [3], isLaunched: false).bindingAdvice == nil)
    #expect(neighbours(count: 8, cpus: [3]).bindingAdvice == nil)
    #expect(neighbours(count: 1, cpus: [0], online: 1).bindingAdvice == nil)
    #expect(neighbours(count: 1, cpus: [0, 1], cores: 1, online: 2).bindingAdvice == nil)
    // The container has no more to give.
    #expect(neighbours(count: 1, cpus: [3], grant: [3]).bindingAdvice == nil)
    #expect(neighbours(count: 1, cpus: [3], quota: 1).bindingAdvice == nil)
  }
}
