import Tessera

extension Case {
  /// Ten steps of the game of life on a torus.
  static func life(_ scale: Scale) -> Case {
    let (side, steps) = (scale.size(2000, quick: 53), 10)
    // Four cells are as long as a Float.
    let share = Job.share(of: side) * side / 4
    var pass = Pass.copy(share)
    pass.times = steps
    return Case("jobs/life", size: side, .memory([pass])) {
      let numbers = Noise(25).integers(side * side, below: 2).map { Int8($0) }
      let start = Tensor<Int8>(numbers, shape: [side, side], sharding: .sharded(axis: 0))
      var expected = numbers
      for _ in 0..<steps {
        let old = expected
        for row in 0..<side {
          let rows = [(row + side - 1) % side, row, (row + 1) % side].map { $0 * side }
          for column in 0..<side {
            let (left, right) = ((column + side - 1) % side, (column + 1) % side)
            var around = -old[row * side + column]
            for row in rows { around += old[row + left] + old[row + column] + old[row + right] }
            let lives = around == 3 || (around == 2 && old[row * side + column] == 1)
            expected[row * side + column] = lives ? 1 : 0
          }
        }
      }
      return Trial(.near(0, expected.map(Double.init))) {
        var cells = start
        for _ in 0..<steps {
          let columns = cells + cells.rolled(by: 1, axis: 0) + cells.rolled(by: -1, axis: 0)
          let around =
            columns + columns.rolled(by: 1, axis: 1) + columns.rolled(by: -1, axis: 1) - cells
          let lives = (around .== 3) .| ((around .== 2) .& (cells .== 1))
          cells = lives.converted(to: Int8.self)
        }
        return [cells]
      }
    }
  }
}
