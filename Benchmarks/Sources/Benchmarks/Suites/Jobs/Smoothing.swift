import Tessera

extension Case {
  /// Exponential smoothing, y[t] = 0.1 x[t] + 0.9 y[t − 1].
  static func smoothing(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    return Case("jobs/smoothing", size: count, .memory([.copyDoubles(Job.share(of: count))])) {
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      var level = 0.0
      let expected = numbers.map { number in
        level = 0.1 * number + 0.9 * level
        return level
      }
      return Trial(.near(1e-13, expected)) {
        [linearRecurrence(coefficients: 0.9, inputs: 0.1 * x, axis: 0)]
      }
    }
  }
}
