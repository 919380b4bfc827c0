import Tessera

extension Case {
  /// A histogram of a hundred bins.
  static func histogram(_ scale: Scale) -> Case {
    let (count, bins) = (scale.size(2_000_000, quick: 1013), 100)
    return Case("jobs/histogram", size: count, .memory([.read(Job.share(of: count))])) {
      let numbers = Noise(1).uniform(count).map { Float($0) }
      let x = Tensor<Float>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let edges = (0...bins).map { Float(Double($0) / Double(bins)) }
      var expected = [Double](repeating: 0, count: bins)
      for number in numbers {
        var bin = min(Int(number * Float(bins)), bins - 1)
        while number < edges[bin] { bin -= 1 }
        while bin < bins - 1, number >= edges[bin + 1] { bin += 1 }
        expected[bin] += 1
      }
      return Trial(.near(0, expected)) { [x.histogram(bins: bins, in: 0...1)] }
    }
  }
}
