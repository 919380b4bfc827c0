import Tessera

extension Case {
  /// The different ones of integers that appear some twenty times each.
  static func unique(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    return Case("jobs/unique", size: count, .memory([.readDoubles(Job.share(of: count))])) {
      let numbers = Noise(24).integers(count, below: count / 20)
      let x = Tensor<Int64>(numbers, shape: [count], sharding: .sharded(axis: 0))
      return Trial(.near(0, Set(numbers).sorted().map(Double.init))) { [x.unique()] }
    }
  }
}
