import Tessera

extension Case {
  /// The numbers above a half.
  static func masked(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let share = Job.share(of: count)
    let bound = Bound.memory([.readDoubles(share), .copyDoubles(share / 2)])
    return Case("jobs/masked", size: count, bound) {
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      return Trial(.near(0, numbers.filter { $0 > 0.5 })) { [x[x .> 0.5]] }
    }
  }
}
