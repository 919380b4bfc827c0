import Tessera

extension Case {
  /// The covariances of 50 columns.
  static func covariance(_ scale: Scale) -> Case {
    let (rows, columns) = (scale.size(100_000, quick: 211), 50)
    let operations = 2.0 * Double(Job.share(of: rows) * columns * columns)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/covariance", size: rows, bound) {
      let numbers = Noise(23).normal(rows * columns)
      let x = Tensor<Double>(numbers, shape: [rows, columns], sharding: .sharded(axis: 0))
      var means = [Double](repeating: 0, count: columns)
      for (place, number) in numbers.enumerated() { means[place % columns] += number }
      means = means.map { $0 / Double(rows) }
      var expected = [Double](repeating: 0, count: columns * columns)
      for row in 0..<rows {
        for first in 0..<columns {
          let distance = numbers[row * columns + first] - means[first]
          for second in 0..<columns {
            expected[first * columns + second] +=
              distance * (numbers[row * columns + second] - means[second])
          }
        }
      }
      expected = expected.map { $0 / Double(rows - 1) }
      return Trial(.near(1e-11, expected)) {
        [x.transposed().covariance()]
      }
    }
  }
}
