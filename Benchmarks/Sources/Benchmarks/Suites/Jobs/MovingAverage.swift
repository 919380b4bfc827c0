import Tessera

extension Case {
  /// Means of windows of fifty numbers.
  static func movingAverage(_ scale: Scale) -> Case {
    let (count, width) = (scale.size(2_000_000, quick: 1013), 50)
    let bound = Bound.memory([.copyDoubles(Job.share(of: count))])
    return Case("jobs/moving-average", size: count, bound) {
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      return Trial(
        .near(1e-8, count - width) { place in
          numbers[place + 1...place + width].reduce(0, +) / Double(width)
        }
      ) {
        let sums = x.cumulativeSum(axis: 0)
        return [(sums[width...] - sums[..<(count - width)]) / Double(width)]
      }
    }
  }
}
