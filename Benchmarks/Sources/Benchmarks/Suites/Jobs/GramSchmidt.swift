import Tessera

extension Case {
  /// Columns made orthogonal, each taken out of those behind it.
  static func gramSchmidt(_ scale: Scale) -> Case {
    let (rows, columns) = (scale.size(2000, quick: 211), 100)
    let operations = 2.0 * Double(Job.share(of: rows) * columns * columns)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/gram-schmidt", size: rows, bound, hasSmallSteps: true) {
      let numbers = Noise(11).normal(rows * columns)
      let a = Tensor<Double>(numbers, shape: [rows, columns], sharding: .sharded(axis: 0))
      var expected = (0..<columns).map { column in
        (0..<rows).map { numbers[$0 * columns + column] }
      }
      for column in 0..<columns {
        let norm = expected[column].reduce(0) { $0 + $1 * $1 }.squareRoot()
        for row in 0..<rows { expected[column][row] /= norm }
        for other in column + 1..<columns {
          let along = zip(expected[column], expected[other]).reduce(0) { $0 + $1.0 * $1.1 }
          for row in 0..<rows { expected[other][row] -= along * expected[column][row] }
        }
      }
      return Trial(
        .near(1e-11, rows * columns) { [expected] in expected[$0 % columns][$0 / columns] }
      ) {
        var q = a
        for column in 0..<columns {
          let unit = q[..., column] / q[..., column].norm()
          q[..., column] = unit
          guard column + 1 < columns else { break }
          let rest = (column + 1)...
          q[..., rest] -= outer(unit, matmul(unit, q[..., rest]))
        }
        return [q]
      }
    }
  }
}
