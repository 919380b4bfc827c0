import Tessera

extension Case {
  /// The hundred largest of many numbers, and where they are.
  static func topK(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    return Case("jobs/top-k", size: count, .memory([.readDoubles(Job.share(of: count))])) {
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let best = numbers.indices.sorted { numbers[$0] > numbers[$1] }.prefix(100).map { $0 }
      return Trial(.equal(100) { numbers[best[$0]] }, .equal(100) { Double(best[$0]) }) {
        let largest = x.topK(100)
        return [largest.values, largest.indices]
      }
    }
  }
}
