import Tessera

extension Case {
  /// The ten nearest of many points in 16 dimensions, for a tenth as many others.
  static func nearestNeighbours(_ scale: Scale) -> Case {
    let (count, axes, kept) = (scale.size(10_000, quick: 211), 16, 10)
    let queries = count / 10
    let operations = 2.0 * Double(Job.share(of: queries) * count * axes)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/nearest-neighbours", size: count, bound) {
      let (a, b) = (Noise(21).normal(queries * axes), Noise(22).normal(count * axes))
      let q = Tensor<Double>(a, shape: [queries, axes], sharding: .sharded(axis: 0))
      let p = Tensor<Double>(b, shape: [count, axes])
      var best: [(square: Double, point: Int)] = []
      for query in 0..<queries {
        var found: [(square: Double, point: Int)] = []
        for point in 0..<count {
          var square = 0.0
          for axis in 0..<axes {
            let difference = a[query * axes + axis] - b[point * axes + axis]
            square += difference * difference
          }
          if found.count == kept, square >= found[kept - 1].square { continue }
          let place = found.firstIndex { square < $0.square } ?? found.count
          found.insert((square, point), at: place)
          if found.count > kept { found.removeLast() }
        }
        best += found
      }
      return Trial(
        .near(1e-11, best.count) { [best] in best[$0].square },
        .equal(best.count) { [best] in Double(best[$0].point) }
      ) {
        let products = matmul(q, p.transposed())
        let squares =
          q.square().sum(axes: 1, keepingAxes: true) + p.square().sum(axes: 1) - 2 * products
        let nearest = squares.topK(kept, axis: 1, largest: false)
        return [nearest.values, nearest.indices]
      }
    }
  }
}
