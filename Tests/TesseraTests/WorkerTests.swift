import Execution
import Machine
import MessagePassing
import Tessera
import Testing

/// The same bits for any number of workers on any number of NUMA nodes.
@Suite(.serialized)
struct WorkerTests {
  /// The elements' bits of results of every kind of local work, on blocks that are cut over nodes.
  private func results(cpus: [Int], workers: Int) -> [[UInt32]] {
    var next = 0
    let topology = Topology(
      nodes: cpus.enumerated().map { number, count in
        defer { next += count }
        return .init(number: number, cpus: Array(next..<next + count))
      })
    let runtime = Runtime(loopback: .process(), topology: topology, workers: workers)
    defer { runtime.pool.stop() }
    return runtime.makeCurrent {
      let x = Tensor<Float>.randn([701, 1031], key: Key(3))
      var written = x
      written[100..<500] = x[200..<600] * 3
      let results = [
        x, x * x + 1, x.transposed(), x.sum(axes: 0), x.sum(axes: 1), x.sum(), written,
        x[13...].max(axes: 1), x.cumulativeSum(axis: 0), matmul(x, x.transposed()),
        concatenate([x, x], axis: 1), x.argmax(axis: 1).converted(to: Float.self),
        x.taking(Array((0..<701).reversed())), x.taking([3, 0, 3], axis: 1),
        x.histogram(bins: 7, in: -3...3).converted(to: Float.self), x[x .> 0],
        (x .> 1).nonZero().converted(to: Float.self), x.sorted(axis: 0),
        x.reshaped(-1).sorted(), x.reshaped(-1).sorted(descending: true),
        Tensor<Float>.zeros([9]).scatteringSum(
          x.reshaped(-1), at: Tensor<Int64>.arange(x.elementCount) % 9, axis: 0),
        Tensor<Float>.zeros([9]).scatteringProduct(
          x.reshaped(-1), at: Tensor<Int64>.arange(x.elementCount) % 9, axis: 0),
      ]
      return results.map { $0.scalars.map(\.bitPattern) }
    }
  }

  @Test func resultsDoNotDependOnWorkersOrNodes() {
    let expected = results(cpus: [1], workers: 1)
    let machines = [
      ([2], 2), ([2], 5), ([1, 1], 2), ([1, 1], 3), ([3, 1], 7), ([1, 1, 1], 4),
    ]
    for (cpus, workers) in machines {
      #expect(results(cpus: cpus, workers: workers) == expected, "\(cpus), \(workers) workers")
    }
  }
}
