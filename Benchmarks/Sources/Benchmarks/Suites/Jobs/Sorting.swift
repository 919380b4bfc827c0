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
