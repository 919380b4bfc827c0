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

  /// The covariances of 50 columns.
  static func covariance(_ scale: Scale) -> Case {
    let (rows, columns) = (scale.size(100_000, quick: 211), 50)
    let operations = 2.0 * Double(Job.share(of: rows) * columns * columns)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/covariance", size: rows, bound) {
      let numbers = Noise(23).normal(rows * columns)
      let x = Tensor<Double>(numbers, shape: [rows, columns], sharding: .sharded(axis: 0))
      var means = [Double](repeating: 0, count: columns)
      for (place, number) in numbers.enumerated() { means[place % columns] += number }
      means = means.map { $0 / Double(rows) }
      var expected = [Double](repeating: 0, count: columns * columns)
      for row in 0..<rows {
        for first in 0..<columns {
          let distance = numbers[row * columns + first] - means[first]
          for second in 0..<columns {
            expected[first * columns + second] +=
              distance * (numbers[row * columns + second] - means[second])
          }
        }
      }
      expected = expected.map { $0 / Double(rows - 1) }
      return Trial(.near(1e-11, expected)) {
        [x.transposed().covariance()]
      }
    }
  }
}
