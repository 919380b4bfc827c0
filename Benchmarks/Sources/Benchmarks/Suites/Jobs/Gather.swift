import CLimits
import Tessera

extension Case {
  /// Numbers picked at random places.
  static func gather(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let noise = Noise(28)
    let bound = Bound.indexing {
      let places = Job.part(of: noise.integers(count, below: count))
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
}
