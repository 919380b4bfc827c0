import Dispatch
import Foundation
import Machine
import Synchronization
import Testing

/// A counter for each task, to be raised from any thread.
private final class Tally: Sendable {
  private let counts: Mutex<[Int]>

  init(_ count: Int) { counts = Mutex([Int](repeating: 0, count: count)) }

  func raise(_ task: Int) { counts.withLock { $0[task] += 1 } }

  var values: [Int] { counts.withLock { $0 } }
}

@Suite(.serialized)
struct WorkerPoolTests {
  static let topology = Topology.current()

  @Test(arguments: 1...4, [false, true])
  func everyTaskRunsExactlyOnce(workers: Int, spins: Bool) {
    let pool = WorkerPool(topology: Self.topology, workers: workers, spins: spins)
    #expect(pool.workerCount == workers)
    for count in [0, 1, 2, 3, 4, 5, 7, 64, 1001] {
      let tally = Tally(count)
      pool.run(count: count) { tally.raise($0) }
      #expect(tally.values == [Int](repeating: 1, count: count))
    }
  }

  @Test(arguments: 2...4)
  func eachWorkerTakesItsContiguousTasks(workers: Int) {
    let pool = WorkerPool(topology: Self.topology, workers: workers, spins: false)
    let threads = pool.places().map { Int32($0.thread) }
    #expect(Set(threads).count == workers)
    for count in [2, workers, 3 * workers + 1, 100] {
      let executors = Mutex([Int32](repeating: 0, count: count))
      pool.run(count: count) { task in
        executors.withLock { $0[task] = KernelThread.number }
      }
      var expected: [Int32] = []
      for worker in 0..<workers {
        let tasks = worker * count / workers..<(worker + 1) * count / workers
        expected += tasks.map { _ in threads[worker] }
      }
      #expect(executors.withLock { $0 } == expected)
    }
  }

  @Test(.enabled(if: topology.cpus.count > 1)) func theCallerLeavesTheCPUOfAWorker() throws {
    let pool = WorkerPool(topology: Self.topology, workers: 2, spins: true)
    let taken = try #require(pool.places()[1].requestedCPU)
    let allowed = try #require(Affinity.cpus())
    try #require(Affinity.set([taken]) == nil)
    // Where it was, though it may go elsewhere: nobody else lets it.
    let caller = KernelThread.number
    let cpus = Mutex([Int?]())
    defer { _ = Affinity.set(allowed) }
    for _ in 0..<20 {
      _ = Affinity.set([taken])
      _ = Affinity.set(allowed)
      pool.run(count: 2) { _ in
        if KernelThread.number == caller { cpus.withLock { $0.append(Affinity.currentCPU) } }
      }
    }
    #expect(cpus.withLock { $0.count } == 20)
    // The system may put it back at any time, but hardly at once.
    #expect(cpus.withLock { $0.count { $0 != taken } } >= 15)
    #expect(Affinity.cpus() == allowed)
    // Who may run there alone stays.
    _ = Affinity.set([taken])
    pool.run(count: 2) { _ in }
    #expect(Affinity.cpus() == [taken])
  }

  @Test func writesOfTheTasksAreVisibleAfterwards() {
    let pool = WorkerPool(topology: Self.topology, workers: 3, spins: false)
    var values = [Int](repeating: 0, count: 3000)
    for round in 1...50 {
      values.withUnsafeMutableBufferPointer { values in
        pool.run(count: values.count) { values[$0] += round * $0 }
      }
    }
    #expect(values == (0..<3000).map { $0 * 50 * 51 / 2 })
  }

  @Test(arguments: [
    (workers: 2, spins: true, rounds: 100_000), (2, false, 100_000), (4, true, 20_000),
    (4, false, 20_000), (3, false, 20_000),
  ])
  func manyShortRoundsEnd(workers: Int, spins: Bool, rounds: Int) {
    let pool = WorkerPool(topology: Self.topology, workers: workers, spins: spins)
    let sum = Atomic<Int>(0)
    for _ in 0..<rounds {
      pool.run(count: workers) { sum.add($0 + 1, ordering: .relaxed) }
    }
    #expect(sum.load(ordering: .relaxed) == rounds * workers * (workers + 1) / 2)
  }

  @Test func sleepingWorkersWakeForLaterRounds() {
    let pool = WorkerPool(topology: Self.topology, workers: 2, spins: true)
    let sum = Atomic<Int>(0)
    for round in 0..<20 {
      // Around the time at which spinning gives way to sleep.
      usleep(UInt32(round * 10))
      pool.run(count: 2) { sum.add($0 + 1, ordering: .relaxed) }
    }
    #expect(sum.load(ordering: .relaxed) == 60)
  }

  @Test func nestedRunsAreSerial() {
    let pool = WorkerPool(topology: Self.topology, workers: 2, spins: false)
    let other = WorkerPool(topology: Self.topology, workers: 2, spins: false)
    let tally = Tally(80)
    let strayed = Atomic<Int>(0)
    #expect(!WorkerPool.isInsideTask)
    pool.run(count: 8) { outer in
      if !WorkerPool.isInsideTask { strayed.add(1, ordering: .relaxed) }
      let thread = KernelThread.number
      for (index, inner) in [pool, other].enumerated() {
        inner.run(count: 5) { task in
          if KernelThread.number != thread { strayed.add(1, ordering: .relaxed) }
          tally.raise(outer * 10 + index * 5 + task)
        }
      }
    }
    #expect(tally.values == [Int](repeating: 1, count: 80))
    #expect(strayed.load(ordering: .relaxed) == 0)
    #expect(!WorkerPool.isInsideTask)
  }

  @Test func severalThreadsMayShareAPool() {
    let pool = WorkerPool(topology: Self.topology, workers: 3, spins: false)
    let wrong = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      for round in 0..<500 {
        let tally = Tally(round % 17)
        pool.run(count: round % 17) { tally.raise($0) }
        if tally.values.contains(where: { $0 != 1 }) { wrong.add(1, ordering: .relaxed) }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }

  @Test func aBusyPoolServesOthersSerially() {
    let pool = WorkerPool(topology: Self.topology, workers: 2, spins: false)
    let intruder = DispatchQueue(label: "intruder")
    let strayed = Atomic<Int>(0)
    let tally = Tally(10)
    pool.run(count: 2) { task in
      guard task == 0 else { return }
      // Ends although the pool's round cannot end before it.
      intruder.sync {
        let thread = KernelThread.number
        pool.run(count: 10) {
          if KernelThread.number != thread { strayed.add(1, ordering: .relaxed) }
          tally.raise($0)
        }
      }
    }
    #expect(tally.values == [Int](repeating: 1, count: 10))
    #expect(strayed.load(ordering: .relaxed) == 0)
  }

  @Test func aStoppedPoolRunsOnTheCaller() {
    let pool = WorkerPool(topology: Self.topology, workers: 3, spins: true)
    pool.run(count: 3) { _ in }
    pool.stop()
    pool.stop()
    let thread = KernelThread.number
    let tally = Tally(9)
    pool.run(count: 9) {
      #expect(KernelThread.number == thread)
      tally.raise($0)
    }
    #expect(tally.values == [Int](repeating: 1, count: 9))
    #expect(pool.places().map(\.worker) == [0])
  }

  @Test func poolsStartAndStopAgainAndAgain() {
    for round in 0..<60 {
      let pool = WorkerPool(topology: Self.topology, workers: 5, spins: round.isMultiple(of: 2))
      // Threads given back must not count against the limit, or later pools come out smaller.
      #expect(pool.workerCount == 5)
      let tally = Tally(11)
      pool.run(count: 11) { tally.raise($0) }
      #expect(tally.values == [Int](repeating: 1, count: 11))
      if round.isMultiple(of: 3) { pool.stop() }
    }
  }

  @Test func aProcessHasALimitedNumberOfWorkers() {
    let pool = WorkerPool(topology: Self.topology, workers: 10_000, spins: false)
    #expect(pool.workerCount <= WorkerPool.threadLimit + 1)
    #expect(pool.workerCount > 1)
    let tally = Tally(1000)
    pool.run(count: 1000) { tally.raise($0) }
    #expect(tally.values == [Int](repeating: 1, count: 1000))
  }

  @Test func workersArePinnedAsTheKernelReports() throws {
    let mask = try #require(Affinity.cpus())
    let pool = WorkerPool(topology: Self.topology, workers: 4, spins: false)
    let places = pool.places()
    #expect(places.map(\.worker) == [0, 1, 2, 3])
    #expect(places[0].mask == mask)
    #expect(places[0].requestedCPU == nil)
    #expect(!places[0].isPinned)
    let cpus = Self.topology.cpus(forWorkers: 4)
    for place in places.dropFirst() {
      #expect(place.requestedCPU == cpus[place.worker])
      // A container may forbid pinning, and then the note says so.
      #expect(place.isPinned || place.note != nil)
      if place.isPinned { #expect(place.node == Self.topology.node(ofCPU: cpus[place.worker])) }
    }
    #expect(Affinity.cpus() == mask)
  }

  @Test func aRefusedCPUGivesANoteAndStillWorks() {
    // No machine has this CPU.
    let topology = Topology(nodes: [.init(number: 0, cpus: [0, 1 << 20])])
    let pool = WorkerPool(topology: topology, workers: 2, spins: false)
    let place = pool.places()[1]
    #expect(!place.isPinned)
    #expect(place.note?.contains("not pinned") == true)
    let tally = Tally(4)
    pool.run(count: 4) { tally.raise($0) }
    #expect(tally.values == [1, 1, 1, 1])
  }

  @Test func memoryIsLocalInsideWorkers() {
    let pool = WorkerPool(topology: Self.topology, workers: 2, spins: false)
    let policies = Mutex([MemoryPolicy?](repeating: nil, count: 2))
    pool.run(count: 2) { task in
      policies.withLock { $0[task] = MemoryPolicy.current() }
    }
    let seen = policies.withLock { $0 }
    #expect(seen[0] == MemoryPolicy.current())
    #expect(seen[1] == .local || pool.places()[1].note != nil)
  }

  @Test func threadsGoBackToDispatchAsTheyCame() throws {
    let mask = try #require(Affinity.cpus())
    let policy = MemoryPolicy.current()
    let pool = WorkerPool(topology: Self.topology, workers: 6, spins: false)
    let threads = pool.places().dropFirst().map { Int32($0.thread) }
    pool.stop()
    // Dispatch keeps idle threads for some seconds, and the kernel tells of those that live.
    let masks = threads.compactMap { Affinity.cpus(ofThread: $0) }
    #expect(!masks.isEmpty)
    #expect(masks.allSatisfy { $0 == mask })

    // Queues held at the same time take many of the threads that Dispatch has idle.
    let group = DispatchGroup()
    let gate = DispatchSemaphore(value: 0)
    let arrivals = DispatchSemaphore(value: 0)
    let strayed = Atomic<Int>(0)
    for index in 0..<24 {
      DispatchQueue(label: "later \(index)").async(group: group) {
        if Affinity.cpus() != mask || MemoryPolicy.current() != policy {
          strayed.add(1, ordering: .relaxed)
        }
        arrivals.signal()
        gate.wait()
      }
    }
    for _ in 0..<24 { arrivals.wait() }
    for _ in 0..<24 { gate.signal() }
    group.wait()
    #expect(strayed.load(ordering: .relaxed) == 0)
  }
}
