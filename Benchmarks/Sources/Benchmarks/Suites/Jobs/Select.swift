import Tessera

extension Case {
  /// Numbers of one tensor where another is above a half, and of a third elsewhere.
  static func selected(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let share = Job.share(of: count)
    return Case(
      "jobs/select", size: count, .memory([.copyDoubles(share), .readDoubles(2 * share)])
    ) {
      let (a, b) = (Noise(1).uniform(count), Noise(26).uniform(count))
      let x = Tensor<Double>(a, shape: [count], sharding: .sharded(axis: 0))
      let y = Tensor<Double>(b, shape: [count], sharding: .sharded(axis: 0))
      return Trial(.near(0, zip(a, b).map { $0 > 0.5 ? $0 : -$1 })) {
        [select(x .> 0.5, x, -y)]
      }
    }
  }
}
