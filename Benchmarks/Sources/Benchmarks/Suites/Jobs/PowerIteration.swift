import Tessera

extension Case {
  /// Twenty steps towards the greatest eigenvalue of a matrix in memory.
  static func powerIteration(_ scale: Scale) -> Case {
    let (side, steps) = (scale.size(2000, quick: 101), 20)
    let share = Job.share(of: side) * side
    let bound = Bound.memory([.readDoubles(share, times: steps)])
    return Case("jobs/power-iteration", size: side, bound) {
      let numbers = Noise(19).normal(side * side)
      let a = Tensor<Double>(numbers, shape: [side, side], sharding: .sharded(axis: 0))
      var expected = [Double](repeating: 1, count: side)
      var norm = 0.0
      for _ in 0..<steps {
        expected = (0..<side).map { row in
          (0..<side).reduce(0.0) { $0 + numbers[row * side + $1] * expected[$1] }
        }
        norm = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
        expected = expected.map { $0 / norm }
      }
      return Trial(.near(1e-10, [norm]), .near(1e-10, expected)) {
        var vector = Tensor<Double>.ones([side])
        var norm = Tensor<Double>(0)
        for _ in 0..<steps {
          vector = matmul(a, vector)
          norm = vector.norm()
          vector /= norm
        }
        return [norm, vector]
      }
    }
  }
}
