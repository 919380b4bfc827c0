import Tessera

extension Case {
  /// A thousand sums of a hundred numbers, one after another. The size is how many.
  static func smallSums(_ scale: Scale) -> Case {
    let (steps, count) = (scale.size(1000, quick: 3), 100)
    let operations = Double(steps * count)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/small-sums", size: steps, bound) {
      let (a, b) = (Noise(1).uniform(count), Noise(26).uniform(count))
      let (x, y) = (Tensor<Double>(a), Tensor<Double>(b))
      return Trial(.near(1e-12, zip(a, b).map { $0 + Double(steps) * $1 })) {
        var sum = x
        for _ in 0..<steps { sum = sum + y }
        return [sum]
      }
    }
  }

  /// Products of many small matrices.
  static func smallProducts(_ scale: Scale) -> Case {
    let (count, side) = (scale.size(20_000, quick: 53), 8)
    let share = Job.share(of: count) * side * side
    return Case("jobs/small-products", size: count, .memory([.add(share)])) {
      let (a, b) = (Noise(30).normal(count * side * side), Noise(31).normal(count * side * side))
      let shape: Shape = [count, side, side]
      let x = Tensor<Float>(a.map { Float($0) }, shape: shape, sharding: .sharded(axis: 0))
      let y = Tensor<Float>(b.map { Float($0) }, shape: shape, sharding: .sharded(axis: 0))
      return Trial(
        .near(2e-5, count * side * side) { place in
          let (row, column) = (
            place / side * side, place / (side * side) * side * side + place % side
          )
          return (0..<side).reduce(0.0) { $0 + a[row + $1] * b[column + $1 * side] }
        }
      ) {
        [matmul(x, y)]
      }
    }
  }
}
