import Tessera

extension Case {
  /// Products of a series with itself, shifted by up to nine places.
  static func autocorrelation(_ scale: Scale) -> Case {
    let (count, lags) = (scale.size(2_000_000, quick: 1013), 0..<10)
    let share = Job.share(of: count)
    var pass = Pass.readDoubles(share)
    pass.times = lags.count
    return Case("jobs/autocorrelation", size: count, .memory([pass])) {
      let numbers = Noise(5).normal(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let expected = lags.map { lag in
        (lag..<count).reduce(0.0) { $0 + numbers[$1] * numbers[$1 - lag] }
      }
      return Trial(.near(1e-9, expected)) {
        [stack(lags.map { dot(x[..<(count - $0)], x[$0...]) })]
      }
    }
  }
}
