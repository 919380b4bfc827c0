import Foundation
import Tessera

extension Case {
  /// Logistic regression, by a job that gives the weights after some steps.
  static func regression(
    _ name: String, _ scale: Scale,
    job: @escaping (LogisticData, _ steps: Int) -> Tensor<Double>
  ) -> Case {
    let steps = scale.size(1000, quick: 3)
    // A multiplication and an addition for each number, on both ways.
    let operations = 4.0 * Double(LogisticData.rows * 30 * steps)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case(name, size: steps, bound, hasSmallSteps: true) {
      let data = LogisticData()
      return Trial(.near(1e-9, data.expected(steps))) { [job(data, steps)] }
    }
  }
}

/// Rows that belong to one of two classes, as a plane divides them, with some noise.
struct LogisticData {
  static let rows = 569
  static let rate = 0.1

  let numbers = Noise(6).normal(rows * 30)
  let classes: [Double]
  /// Small, so each rank has all of it.
  let x: Tensor<Double>
  let y: Tensor<Double>

  init() {
    let (plane, noise) = (Noise(7).normal(30), Noise(8).normal(Self.rows))
    classes = (0..<Self.rows).map { [numbers] row -> Double in
      var height = noise[row]
      for column in 0..<30 { height += numbers[row * 30 + column] * plane[column] }
      return height > 0 ? 1 : 0
    }
    x = Tensor(numbers, shape: [Self.rows, 30])
    y = Tensor(classes, shape: [Self.rows])
  }

  func expected(_ steps: Int) -> [Double] {
    var weights = [Double](repeating: 0, count: 30)
    for _ in 0..<steps {
      var gradient = [Double](repeating: 0, count: 30)
      for row in 0..<Self.rows {
        var z = 0.0
        for column in 0..<30 { z += numbers[row * 30 + column] * weights[column] }
        let error = 1 / (1 + Foundation.exp(-z)) - classes[row]
        for column in 0..<30 { gradient[column] += numbers[row * 30 + column] * error }
      }
      for column in 0..<30 {
        weights[column] -= gradient[column] * (Self.rate / Double(Self.rows))
      }
    }
    return weights
  }
}
