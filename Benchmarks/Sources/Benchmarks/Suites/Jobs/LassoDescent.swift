import Tessera

extension Case {
  /// Lasso by coordinate descent: rounds over ten columns of 442 numbers. The size is the number of
  /// rounds.
  static func lassoDescent(_ scale: Scale) -> Case {
    let (rounds, rows, columns) = (scale.size(100, quick: 2), 442, 10)
    let penalty = 0.1 * Double(rows)
    let operations = 4.0 * Double(rounds * rows * columns)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/lasso-descent", size: rounds, bound, hasSmallSteps: true) {
      let data = LassoData(rows: rows, columns: columns, sharding: .replicated)
      var expected = [Double](repeating: 0, count: columns)
      var rest = data.targets
      for _ in 0..<rounds {
        for column in 0..<columns {
          let numbers = (0..<rows).map { data.numbers[$0 * columns + column] }
          let square = numbers.reduce(0) { $0 + $1 * $1 }
          let along = zip(numbers, rest).reduce(square * expected[column]) { $0 + $1.0 * $1.1 }
          let moved = shrunk(along, by: penalty) / square
          for row in 0..<rows { rest[row] -= numbers[row] * (moved - expected[column]) }
          expected[column] = moved
        }
      }
      let (x, y) = (data.x, data.y)
      return Trial(.near(1e-10, expected)) {
        let numbers = x.unstacked(axis: 1).map { $0.contiguous() }
        let squares = x.square().sum(axes: 0).scalars
        var weights = [Double](repeating: 0, count: columns)
        var rest = y
        for _ in 0..<rounds {
          for column in 0..<columns {
            let along = dot(numbers[column], rest).item() + squares[column] * weights[column]
            let moved = shrunk(along, by: penalty) / squares[column]
            rest -= numbers[column] * (moved - weights[column])
            weights[column] = moved
          }
        }
        return [Tensor(weights)]
      }
    }
  }
}
