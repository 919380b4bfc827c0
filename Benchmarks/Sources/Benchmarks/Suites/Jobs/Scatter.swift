import CLimits
import Tessera

extension Case {
  /// Numbers put at places in random order.
  static func scatter(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let noise = Noise(29)
    let bound = Bound.indexing {
      let places = Job.part(of: noise.permutation(count))
      return Indexing(kind: LIMIT_SCATTER, indices: places, valueCount: count, resultCount: count)
    }
    return Case("jobs/scatter", size: count, bound) {
      let places = noise.permutation(count)
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let indices = Tensor<Int64>(places, shape: [count], sharding: .sharded(axis: 0))
      var expected = numbers
      for (place, number) in zip(places, numbers) { expected[Int(place)] = number }
      return Trial(.near(0, expected)) {
        [Tensor<Double>.zeros(like: x).scattering(x, at: indices, axis: 0)]
      }
    }
  }
}
