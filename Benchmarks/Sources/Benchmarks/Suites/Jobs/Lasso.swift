import Tessera

extension Case {
  /// Lasso by iterative shrinkage (ISTA): ten steps on rows of 200 numbers.
  static func lassoShrinkage(_ scale: Scale) -> Case {
    let (rows, columns, steps) = (scale.size(20_000, quick: 211), 200, 10)
    let (rate, penalty) = (0.2, 0.1)
    let share = Job.share(of: rows) * columns
    return Case("jobs/lasso", size: rows, .memory([.readDoubles(share, times: 2 * steps)])) {
      let data = LassoData(rows: rows, columns: columns)
      let (x, y) = (data.x, data.y)
      var expected = [Double](repeating: 0, count: columns)
      for _ in 0..<steps {
        var gradient = [Double](repeating: 0, count: columns)
        for row in 0..<rows {
          let numbers = data.numbers[row * columns..<(row + 1) * columns]
          let error = zip(numbers, expected).reduce(-data.targets[row]) { $0 + $1.0 * $1.1 }
          for (column, number) in numbers.enumerated() { gradient[column] += number * error }
        }
        for column in 0..<columns {
          let moved = expected[column] - gradient[column] * rate / Double(rows)
          expected[column] = shrunk(moved, by: rate * penalty)
        }
      }
      return Trial(.near(1e-11, expected)) {
        var weights = Tensor<Double>.zeros([columns])
        for _ in 0..<steps {
          let error = matmul(x, weights) - y
          let moved = weights - matmul(x.transposed(), error) * (rate / Double(rows))
          weights = moved.sign() * relu(moved.abs() - rate * penalty)
        }
        return [weights]
      }
    }
  }

  /// Lasso by coordinate descent: rounds over ten columns of 442 numbers. The size is the number of
  /// rounds.
  static func lassoDescent(_ scale: Scale) -> Case {
    let (rounds, rows, columns) = (scale.size(100, quick: 2), 442, 10)
    let penalty = 0.1 * Double(rows)
    let operations = 4.0 * Double(rounds * rows * columns)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/lasso-descent", size: rounds, bound) {
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
        let numbers = x.unstacked(axis: 1).map { $0.evaluated() }
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

/// A number moved towards 0, at most as far as that.
private func shrunk(_ number: Double, by distance: Double) -> Double {
  number.magnitude <= distance ? 0 : number > 0 ? number - distance : number + distance
}

/// Rows, and what a tenth of the columns say of each, with some noise.
private struct LassoData {
  let numbers: [Double]
  let targets: [Double]
  let x: Tensor<Double>
  let y: Tensor<Double>

  init(rows: Int, columns: Int, sharding: Placement = .sharded(axis: 0)) {
    let (numbers, noise) = (Noise(9).normal(rows * columns), Noise(10).normal(rows))
    targets = (0..<rows).map { row in
      stride(from: 0, to: columns, by: 10).reduce(0.5 * noise[row]) {
        $0 + numbers[row * columns + $1]
      }
    }
    self.numbers = numbers
    x = Tensor(numbers, shape: [rows, columns], sharding: sharding)
    y = Tensor(targets, shape: [rows], sharding: sharding)
  }
}
