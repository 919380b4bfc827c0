import Tessera

extension Case {
  /// Numbers in order.
  static func sorted(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    return Case("jobs/sorted", size: count, .memory([.copyDoubles(Job.share(of: count))])) {
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      return Trial(.near(0, numbers.sorted())) { [x.sorted()] }
    }
  }
}
