import Tessera

extension Case {
  /// Products of many small matrices.
  static func smallProducts(_ scale: Scale) -> Case {
    let (count, side) = (scale.size(20_000, quick: 53), 8)
    let share = Job.share(of: count) * side * side
    let bound = Bound.memory([.add(share)])
    return Case("jobs/small-products", size: count, bound) {
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
