import Tessera

extension Case {
  /// How often each of 256 integers appears.
  static func binCounts(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    return Case("jobs/bin-counts", size: count, .memory([.readDoubles(Job.share(of: count))])) {
      let numbers = Noise(4).integers(count, below: 256)
      let x = Tensor<Int64>(numbers, shape: [count], sharding: .sharded(axis: 0))
      var expected = [Double](repeating: 0, count: 256)
      for number in numbers { expected[Int(number)] += 1 }
      return Trial(.near(0, expected)) { [x.binCounts(bins: 256)] }
    }
  }
}
