import Machine
import Synchronization
import Testing

/// Which workers take which tasks when tasks have a place in memory.
@Suite(.serialized)
struct DealTests {
  /// Nodes with so many CPUs each. This machine may lack them: pinning and placing then fail.
  private static func topology(_ cpuCounts: [Int]) -> Topology {
    var next = 0
    return Topology(
      nodes: cpuCounts.enumerated().map { number, count in
        defer { next += count }
        return .init(number: number, cpus: Array(next..<next + count))
      })
  }

  /// The worker of each task.
  private func workers(_ pool: WorkerPool, count: Int, at place: TaskPlace?) -> [Int] {
    let numbers = Dictionary(
      uniqueKeysWithValues: pool.places().map { (Int32($0.thread), $0.worker) })
    let executors = Mutex([Int](repeating: -1, count: count))
    pool.run(count: count, at: place) { task in
      let worker = numbers[KernelThread.number] ?? -2
      executors.withLock { $0[task] = worker }
    }
    return executors.withLock { $0 }
  }

  private func even(_ count: Int, _ workers: Int) -> [Int] {
    (0..<workers).flatMap { worker in
      [Int](
        repeating: worker, count: (worker + 1) * count / workers - worker * count / workers)
    }
  }

  @Test(arguments: [
    ([1, 1], 2), ([2, 2], 4), ([2, 2], 3), ([3, 1], 4), ([1, 1, 1], 3), ([2, 2], 6),
  ])
  func workersOfANodeTakeTheTasksOfItsSlab(cpus: [Int], workerCount: Int) throws {
    let topology = Self.topology(cpus)
    let pool = WorkerPool(topology: topology, workers: workerCount, spins: false)
    let arena = Arena(topology: topology, workers: workerCount, limit: nil)
    for byteCount in [3_000_000, (57 << 20) + 100, 64 << 20] {
      let storage = try arena.allocate(byteCount: byteCount)
      let slabs = arena.slabs(byteCount: byteCount)
      #expect(slabs.map(\.node) == pool.teams.map(\.node))
      for bytesPerTask in [1 << 16, 100_000] {
        let count = (byteCount + bytesPerTask - 1) / bytesPerTask
        let place = TaskPlace(storage: storage, firstByte: 0, bytesPerTask: bytesPerTask)
        let taken = workers(pool, count: count, at: place)
        let expected = (0..<count).map { task in
          let middle = task * bytesPerTask + bytesPerTask / 2
          return slabs.firstIndex { middle < $0.bytes.upperBound } ?? slabs.count - 1
        }
        let teams = taken.map { worker in pool.teams.firstIndex { $0.workers.contains(worker) } }
        #expect(teams == expected)
        #expect(taken == taken.sorted())
        // Within a team the parts differ by one task at most.
        for team in pool.teams {
          let counts = team.workers.map { worker in taken.count { $0 == worker } }
          #expect(counts.max()! - counts.min()! <= 1)
        }
      }
    }
  }

  @Test func dealingByCountAloneIsAnotherDeal() throws {
    let topology = Self.topology([2, 2])
    let pool = WorkerPool(topology: topology, workers: 4, spins: false)
    let arena = Arena(topology: topology, workers: 4, limit: nil)
    let storage = try arena.allocate(byteCount: 57 << 20)
    let place = TaskPlace(storage: storage, firstByte: 0, bytesPerTask: 1 << 17)
    #expect(workers(pool, count: 57 << 3, at: nil) == even(57 << 3, 4))
    #expect(workers(pool, count: 57 << 3, at: place) != even(57 << 3, 4))
  }

  @Test(arguments: [([1, 1], 2), ([2, 2], 4), ([3, 1], 4), ([1, 1, 1], 3), ([1, 1, 1], 6)])
  func aViewOfAPartKeepsAllNodesBusy(cpus: [Int], workerCount: Int) throws {
    let topology = Self.topology(cpus)
    let pool = WorkerPool(topology: topology, workers: workerCount, spins: false)
    let storage = try Arena(topology: topology, workers: workerCount, limit: nil)
      .allocate(byteCount: 64 << 20)
    for count in [2, 3, 7, 64, 100, 1001] {
      for firstByte in [0, 20 << 20, 40 << 20, 63 << 20] {
        for bytesPerTask in [1, 4096, 1 << 16, 1 << 20, 1 << 40] {
          let place = TaskPlace(
            storage: storage, firstByte: firstByte, bytesPerTask: bytesPerTask)
          let taken = workers(pool, count: count, at: place)
          #expect(taken == taken.sorted())
          #expect(taken.allSatisfy { $0 >= 0 })
          let most = (0..<workerCount).map { worker in taken.count { $0 == worker } }.max()!
          #expect(most <= 2 * count / workerCount + 2, "\(count) tasks, \(place)")
        }
      }
    }
  }

  @Test func whatIsNotCutOverTheseNodesIsDealtEvenly() throws {
    let topology = Self.topology([1, 1])
    let pool = WorkerPool(topology: topology, workers: 3, spins: false)
    let arena = Arena(topology: topology, workers: 3, limit: nil)
    let small = try arena.allocate(byteCount: 1 << 20)
    // Cut for other teams than the pool's.
    let foreign = try Arena(topology: topology, workers: 2, limit: nil)
      .allocate(byteCount: 57 << 20)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 20, alignment: 64)
    defer { bytes.deallocate() }
    let shared = Storage(sharing: bytes) {}
    for storage in [small, foreign, shared] {
      let place = TaskPlace(
        storage: storage, firstByte: storage.byteCount / 2, bytesPerTask: 1 << 10)
      #expect(workers(pool, count: 50, at: place) == even(50, 3))
    }
    let large = try arena.allocate(byteCount: 57 << 20)
    let withoutLength = TaskPlace(storage: large, firstByte: 0, bytesPerTask: 0)
    #expect(workers(pool, count: 50, at: withoutLength) == even(50, 3))
  }

  @Test func teamsFollowTheWorkersCPUs() {
    let topology = Self.topology([2, 2])
    #expect(
      topology.teams(forWorkers: 4) == [
        NodeTeam(node: 0, workers: 0..<2), NodeTeam(node: 1, workers: 2..<4),
      ])
    #expect(
      topology.teams(forWorkers: 3) == [
        NodeTeam(node: 0, workers: 0..<2), NodeTeam(node: 1, workers: 2..<3),
      ])
    #expect(topology.teams(forWorkers: 1) == [NodeTeam(node: 0, workers: 0..<1)])
    // More workers than CPUs.
    #expect(topology.teams(forWorkers: 8).map(\.workers) == [0..<4, 4..<8])
  }

  @Test func slabsAreAsLargeAsTheirNodesPartOfTheWorkers() {
    let arena = Arena(topology: Self.topology([3, 1]), limit: nil)
    #expect(
      arena.slabs(byteCount: 4 << 20) == [
        Slab(node: 0, bytes: 0..<3 << 20), Slab(node: 1, bytes: 3 << 20..<4 << 20),
      ])
    let few = Arena(topology: Self.topology([3, 1]), workers: 1, limit: nil)
    #expect(few.slabs(byteCount: 4 << 20) == [Slab(node: 0, bytes: 0..<4 << 20)])
    // So large that bytes times workers has no integer.
    let huge = 1 << 59
    let slabs = Arena(topology: Self.topology([64, 64]), limit: nil).slabs(byteCount: huge)
    #expect(slabs.map(\.bytes) == [0..<huge / 2, huge / 2..<huge])
  }
}
