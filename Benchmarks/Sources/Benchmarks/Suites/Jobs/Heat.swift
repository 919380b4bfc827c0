import Tessera

extension Case {
  /// Ten steps of the heat equation by five slices of a square.
  static func heat(_ scale: Scale) -> Case {
    let (side, steps) = (scale.size(2000, quick: 53), 10)
    let share = Job.share(of: side) * side
    return Case("jobs/heat", size: side, .memory([.copyDoubles(share, times: steps)])) {
      let numbers = Noise(12).uniform(side * side)
      let start = Tensor<Double>(numbers, shape: [side, side], sharding: .sharded(axis: 0))
      var expected = numbers
      for _ in 0..<steps {
        let old = expected
        for row in 1..<side - 1 {
          for place in row * side + 1..<(row + 1) * side - 1 {
            let around = old[place - side] + old[place + side] + old[place - 1] + old[place + 1]
            expected[place] = old[place] + 0.1 * (around - 4 * old[place])
          }
        }
      }
      return Trial(.near(1e-13, expected)) {
        var u = start
        for _ in 0..<steps {
          let inner = u[1 ..<- 1, 1 ..<- 1]
          let around =
            u[..<-2, 1 ..<- 1] + u[2..., 1 ..<- 1] + u[1 ..<- 1, ..<-2] + u[1 ..<- 1, 2...]
          u[1 ..<- 1, 1 ..<- 1] = inner + 0.1 * (around - 4 * inner)
        }
        return [u]
      }
    }
  }
}
