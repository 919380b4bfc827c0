import CLimits
import Tessera

extension Case {
  /// Numbers picked at random places.
  static func gather(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let noise = Noise(28)
    let bound = Bound.indexing {
      let places = own(noise.integers(count, below: count))
      return Indexing(kind: LIMIT_GATHER, indices: places, valueCount: count, resultCount: count)
    }
    return Case("jobs/gather", size: count, bound) {
      let places = noise.integers(count, below: count)
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let indices = Tensor<Int64>(places, shape: [count], sharding: .sharded(axis: 0))
      return Trial(.near(0, places.map { numbers[Int($0)] })) { [x.taking(indices)] }
    }
  }

  /// Numbers put at places in random order.
  static func scatter(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let noise = Noise(29)
    let bound = Bound.indexing {
      let places = own(noise.permutation(count))
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

  /// This rank's share of the indices.
  private static func own(_ indices: [Int64]) -> [Int64] {
    let first = indices.count * Job.rank / Job.ranks
    return Array(indices[first..<first + Job.share(of: indices.count)])
  }
}
