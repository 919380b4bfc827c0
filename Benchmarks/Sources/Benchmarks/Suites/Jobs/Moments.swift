import Foundation
import Tessera

extension Case {
  /// Mean, variance, skewness and excess kurtosis.
  static func moments(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    // The mean first, then what is relative to it.
    let bound = Bound.memory([.readDoubles(Job.share(of: count), times: 2)])
    return Case("jobs/moments", size: count, bound) {
      let numbers = Noise(1).uniform(count).map { $0 * $0 }
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let mean = numbers.reduce(0, +) / Double(count)
      let powers = [2.0, 3, 4].map { power in
        numbers.reduce(0) { $0 + Foundation.pow($1 - mean, power) } / Double(count)
      }
      let expected = [
        mean, powers[0], powers[1] / Foundation.pow(powers[0], 1.5),
        powers[2] / (powers[0] * powers[0]) - 3,
      ]
      return Trial(.near(1e-10, expected)) {
        [stack([x.mean(), x.variance(), x.skewness(), x.kurtosis()])]
      }
    }
  }
}
