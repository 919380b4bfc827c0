import Tessera

extension Case {
  /// The order of numbers.
  static func argsort(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    return Case("jobs/argsort", size: count, .memory([.copyDoubles(Job.share(of: count))])) {
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let order = numbers.indices.sorted { (numbers[$0], $0) < (numbers[$1], $1) }
      return Trial(.equal(count) { Double(order[$0]) }) { [x.argsort()] }
    }
  }
}
