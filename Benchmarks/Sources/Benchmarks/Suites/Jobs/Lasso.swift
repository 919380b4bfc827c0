import Tessera

extension Case {
  /// Lasso by iterative shrinkage (ISTA): ten steps on rows of 200 numbers.
  static func lasso(_ scale: Scale) -> Case {
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
}
