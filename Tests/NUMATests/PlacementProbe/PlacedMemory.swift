import Execution
import Machine
import MessagePassing
import Tessera

/// Pages lie where their slab belongs, whoever touches them first.
enum PlacedMemory {
  /// Of size classes that are cut evenly, unevenly and inside a huge page.
  private static let sizes = [2 << 20, (5 << 20) + 3, 57 << 18, 16 << 20]

  static func check() {
    let topology = Topology.current()
    checkWorkers(topology)
    for workers in [2, 3, 4] {
      let teams = topology.teams(forWorkers: workers)
      for size in workers == 4 ? sizes : [16 << 20] {
        let arena = Arena(topology: topology, workers: workers, limit: nil)
        checkPages("\(size) bytes for \(workers) workers", arena, teams, size)
      }
    }
    checkControl(topology)
    checkReuse(topology)
  }

  private static func checkWorkers(_ topology: Topology) {
    let pool = WorkerPool(topology: topology, workers: 4, spins: false)
    let places = pool.places()
    let isRight = places.dropFirst().allSatisfy { place in
      place.isPinned && place.note == nil
        && pool.teams.contains { $0.node == place.node && $0.workers.contains(place.worker) }
    }
    let cpus = topology.nodes.map { "node \($0.number): CPUs \($0.cpus)" }
    Report.check(
      "workers are pinned, two on each of two nodes",
      topology.nodes.map(\.cpus.count) == [2, 2] && pool.teams.map(\.workers) == [0..<2, 2..<4]
        && isRight,
      cpus
        + places.dropFirst().map {
          "worker \($0.worker): CPUs \($0.mask), node \($0.node ?? -1), asked: \($0.requestedCPU!)"
        })
  }

  private static func checkPages(
    _ name: String, _ arena: Arena, _ teams: [NodeTeam], _ byteCount: Int
  ) {
    let storage = orEnd { () throws(TensorError) in try arena.allocate(byteCount: byteCount) }
    storage.touch()
    let census = arena.census(of: storage)
    Report.check(
      "one thread touches \(name): each slab is on its node",
      census.misplaced == 0 && arena.slabs(byteCount: byteCount).map(\.node) == teams.map(\.node)
        && census.policies == teams.map { "prefer:\($0.node)" } && census.isConfirmed
        && arena.notes.isEmpty,
      census.figures + arena.notes)
  }

  /// The same without placement must not pass: else the check would see nothing.
  private static func checkControl(_ topology: Topology) {
    let arena = Arena(topology: topology, workers: 4, limit: nil, placesSlabs: false)
    let size = 16 << 20
    let storage = orEnd { () throws(TensorError) in try arena.allocate(byteCount: size) }
    storage.touch()
    let census = arena.census(of: storage)
    Report.check(
      "without placement, one thread touches \(size) bytes: a slab is on another node",
      census.misplaced > 0 && census.isConfirmed && census.policies == ["default", "default"],
      ["\(census.misplaced) pages are not on their slab's node"] + census.figures)
  }

  /// A freed block serves others of its class, whose slabs are then where its pages already lie.
  private static func checkReuse(_ topology: Topology) {
    let arena = Arena(topology: topology, workers: 4, limit: nil)
    var first: Storage? = orEnd { () throws(TensorError) in
      try arena.allocate(byteCount: 16 << 20)
    }
    first!.touch()
    let address = first!.address
    first = nil
    let second = orEnd { () throws(TensorError) in try arena.allocate(byteCount: 61 << 18) }
    let census = arena.census(of: second)
    Report.check(
      "a reused block is placed for its next user",
      second.address == address && arena.statistics.systemAllocations == 1
        && census.misplaced == 0 && census.isConfirmed,
      census.figures)

    let runtime = Runtime(loopback: .process(), topology: topology, workers: 4)
    defer { runtime.pool.stop() }
    runtime.makeCurrent {
      var x = Tensor<Float>.randn([4 << 20], key: Key(1))
      for _ in 0..<2 { x = ((x + 1) * x).evaluated() }
      let asked = runtime.arena.statistics.systemAllocations
      for _ in 0..<3 { x = ((x + 1) * x).evaluated() }
      let isSteady = runtime.arena.statistics.systemAllocations == asked
      x.withUnsafeBuffer { scalars in
        let census = runtime.arena.census(of: UnsafeRawBufferPointer(scalars))
        Report.check(
          "a chain of operations in reused memory stays placed",
          isSteady && census.misplaced == 0 && census.isConfirmed,
          ["asked the system \(asked) times"] + census.figures)
      }
    }
  }
}

/// Ends the program where the system has no memory.
func orEnd<R>(_ body: () throws(TensorError) -> R) -> R {
  do throws(TensorError) {
    return try body()
  } catch {
    FailurePath.end(error, on: nil)
  }
}
