import Tessera

extension Case {
  /// Distances of all points of one set from all of another, in 16 dimensions.
  static func distances(_ scale: Scale) -> Case {
    let (count, axes) = (scale.size(5000, quick: 53), 16)
    let operations = 3.0 * Double(Job.share(of: count) * count * axes)
    return Case(
      "jobs/distances", size: count, .arithmetic(operations: operations, isDouble: false)
    ) {
      let (a, b) = (Noise(13).normal(count * axes), Noise(14).normal(count * axes))
      let p = Tensor<Float>(
        a.map { Float($0) }, shape: [count, axes], sharding: .sharded(axis: 0))
      let q = Tensor<Float>(b.map { Float($0) }, shape: [count, axes])
      return Trial(
        .near(1e-5, count * count) { place in
          let (first, second) = (place / count * axes, place % count * axes)
          let square = (0..<axes).reduce(0.0) {
            let difference = a[first + $1] - b[second + $1]
            return $0 + difference * difference
          }
          return square.squareRoot()
        }
      ) {
        [Tessera.distances(p, q)]
      }
    }
  }
}
