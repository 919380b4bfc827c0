import Execution
import Machine
import MessagePassing
import Tessera

/// The workers of a node write the slab of that node.
///
/// Memory is left unplaced here, so that each page lies on the node of the thread that wrote it
/// first: pages tell who did the work. Huge pages must be off, else one write decides for 2 MiB.
enum SharedWork {
  static func check() {
    let topology = Topology.current()
    // The calling thread is worker 0, and roams unless its owner pins it.
    if let refusal = Affinity.set([topology.cpus[0]]) {
      Report.check("the calling thread is pinned", false, [refusal])
    }
    for workers in [2, 3, 4] {
      let runtime = Runtime(
        loopback: .process(), topology: topology, workers: workers, placesSlabs: false)
      defer { runtime.pool.stop() }
      runtime.makeCurrent {
        for count in [4 << 20, 57 << 16] {
          expect("filling \(count) floats, \(workers) workers", runtime) {
            Tensor<Float>.full([count], 2)
          }
        }
        if workers == 4 { checkOperations(runtime) }
      }
    }
    checkControls(topology)
  }

  /// Operations of every kind, on a number of elements whose even parts are not the slabs.
  private static func checkOperations(_ runtime: Runtime) {
    let count = 57 << 16
    let x = Tensor<Float>.full([count], 2)
    expect("drawing random numbers", runtime) { Tensor<Float>.randn([count], key: Key(1)) }
    expect("a sum of tensors", runtime) { x + x }
    expect("a function of a tensor", runtime) { (-x) }
    expect("a conversion", runtime) { x.converted(to: Double.self) }
    expect("broadcasting", runtime) {
      Tensor<Float>.full([57, 1], 2) + Tensor<Float>.full([1 << 16], 1)
    }
    expect("a sum over an axis", runtime) { Tensor<Float>.full([2, count], 1).sum(axes: 0) }
    let table = x.reshaped([57 << 6, 1 << 10])
    expect("picking rows", runtime) { table.taking(Array((0..<57 << 6).reversed())) }
    expect("running sums", runtime) { table.cumulativeSum(axis: 1) }
    let a = Tensor<Float>.full([2048, 4], 1)
    expect("a matrix product", runtime) { matmul(a, Tensor<Float>.full([4, 2048], 1)) }
    expect("a copy in order", runtime) { copied(x, [0]) }
    expect("a copy in another order", runtime) { copied(table, [1, 0]) }
  }

  /// A copy of all elements with the axes in the given order.
  private static func copied(_ tensor: Tensor<Float>, _ axes: [Int]) -> Tensor<Float> {
    let runtime = tensor.body.runtime
    return orEnd { () throws(TensorError) in
      let source = try tensor.body.block.permuted(axes)
      let target = try runtime.allocate(source.shape, source.type)
      runtime.executor.copy(source, into: target)
      let description = TensorDescription(
        shape: source.shape, scalarType: source.type, sharding: .replicated(on: runtime.mesh))
      return Tensor(Body(description, target, runtime: runtime))
    }
  }

  /// Checks where the pages of a fresh result lie. Those of the task on the cut may be on either
  /// side of it.
  private static func expect<S>(_ name: String, _ runtime: Runtime, _ make: () -> Tensor<S>) {
    // Cached blocks have their pages already.
    runtime.arena.trim()
    make().withUnsafeBuffer { scalars in
      let bytes = UnsafeRawBufferPointer(scalars)
      let allowed =
        HostExecutor.elementsPerTask * MemoryLayout<S>.stride / 2 / SystemMemory.pageSize
      let census = runtime.arena.census(of: bytes)
      Report.check(
        "\(name): each slab is written on its node",
        census.misplaced <= allowed && census.isConfirmed
          && census.figures.count == runtime.pool.teams.count + 1,
        ["\(census.misplaced) pages elsewhere, \(allowed) allowed"] + census.figures)
    }
  }

  /// Work that is dealt by count alone, and work of one thread, must not pass.
  private static func checkControls(_ topology: Topology) {
    let pool = WorkerPool(topology: topology, workers: 4, spins: false)
    defer { pool.stop() }
    for (name, isShared) in [("dealt by count alone", true), ("done by one thread", false)] {
      let arena = Arena(topology: topology, workers: 4, limit: nil, placesSlabs: false)
      let storage = orEnd { () throws(TensorError) in try arena.allocate(byteCount: 57 << 18) }
      let perTask = 1 << 16
      if isShared {
        pool.run(count: storage.byteCount / perTask) { task in
          (storage.address + task * perTask)
            .initializeMemory(as: UInt8.self, repeating: 1, count: perTask)
        }
      } else {
        storage.touch()
      }
      let census = arena.census(of: storage)
      Report.check(
        "work \(name) writes slabs of other nodes", census.misplaced > 16,
        ["\(census.misplaced) pages elsewhere"] + census.figures)
    }
  }
}

/// A rank that is bound to one node has its memory there, without any slabs.
enum OneNode {
  static func check() {
    let topology = Topology.current()
    let runtime = Runtime(loopback: .process(), topology: topology, workers: topology.cpus.count)
    defer { runtime.pool.stop() }
    runtime.makeCurrent {
      Tensor<Float>.full([16 << 20], 1).withUnsafeBuffer { scalars in
        let census = runtime.arena.census(of: UnsafeRawBufferPointer(scalars))
        Report.check(
          "a rank bound to node 1 has its workers and its memory there",
          topology.nodes.map(\.number) == [1] && topology.cpus == [2, 3]
            && runtime.pool.places()[1].node == 1 && census.misplaced == 0 && census.isConfirmed
            && census.policies == ["default"],
          census.figures)
      }
    }
  }
}
