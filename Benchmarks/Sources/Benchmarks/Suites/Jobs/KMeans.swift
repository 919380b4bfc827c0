import Tessera

extension Case {
  /// Five steps of k-means: 16 centres, points in eight dimensions.
  static func kMeans(_ scale: Scale) -> Case {
    let (count, axes, groups, steps) = (scale.size(100_000, quick: 211), 8, 16, 5)
    // Products with the centres, and sums of the points of each.
    let operations = 4.0 * Double(Job.share(of: count) * axes * groups * steps)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/k-means", size: count, bound) {
      let numbers = Noise(20).normal(count * axes)
      let x = Tensor<Double>(numbers, shape: [count, axes], sharding: .sharded(axis: 0))
      var expected = Array(numbers[..<(groups * axes)])
      for _ in 0..<steps {
        var sums = [Double](repeating: 0, count: groups * axes)
        var counts = [Double](repeating: 0, count: groups)
        for point in 0..<count {
          var (nearest, least) = (0, Double.infinity)
          for group in 0..<groups {
            var square = 0.0
            for axis in 0..<axes {
              let difference = numbers[point * axes + axis] - expected[group * axes + axis]
              square += difference * difference
            }
            if square < least { (nearest, least) = (group, square) }
          }
          counts[nearest] += 1
          for axis in 0..<axes { sums[nearest * axes + axis] += numbers[point * axes + axis] }
        }
        expected = sums.indices.map { sums[$0] / counts[$0 / axes] }
      }
      return Trial(.near(1e-10, expected)) {
        var centres = x[..<groups]
        for _ in 0..<steps {
          // Without the square of the point, which is the same for all centres.
          let squares = centres.square().sum(axes: 1) - 2 * matmul(x, centres.transposed())
          centres = x.grouped(by: squares.argmin(axis: 1), into: groups).mean()
        }
        return [centres]
      }
    }
  }
}
