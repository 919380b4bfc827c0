import Foundation
import Tessera
import TesseraTraining

extension Case {
  /// A perceptron with 16 hidden units on 569 rows of 30 numbers, by gradient descent with a tape.
  /// The size is the number of steps.
  static func perceptron(_ scale: Scale) -> Case {
    let (steps, hidden) = (scale.size(200, quick: 2), 16)
    let operations = 4.0 * Double(LogisticData.rows * 30 * hidden * steps)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/perceptron", size: steps, bound, hasSmallSteps: true) {
      let data = LogisticData()
      let y = data.y.reshaped(-1, 1)
      let model = Sequential(
        Linear<Double>(30, hidden, key: Key(1)), Tanh<Double>(),
        Linear<Double>(hidden, 1, key: Key(2)))
      let start = model.parameters.map(\.value)
      let optimizer = SGD(learningRate: LogisticData.rate)
      let expected = data.perceptron(start.map(\.scalars), steps)
      return Trial(
        .near(1e-9, expected[0]), .near(1e-9, expected[1]), .near(1e-9, expected[2]),
        .near(1e-9, expected[3])
      ) {
        for (parameter, value) in zip(model.parameters, start) { try! parameter.assign(value) }
        for _ in 0..<steps {
          let tape = GradientTape()
          let loss = tape.record {
            let z = model(data.x)
            return (softplus(z) - y * z).mean()
          }
          optimizer.update(
            model.parameters, along: tape.gradients(of: loss, at: model.parameters))
        }
        return model.parameters.map { $0.value }
      }
    }
  }
}

extension LogisticData {
  /// The parameters after some steps: weight and bias of both layers.
  fileprivate func perceptron(_ start: [[Double]], _ steps: Int) -> [[Double]] {
    var parameters = start
    let hidden = start[1].count
    for _ in 0..<steps {
      var gradients = parameters.map { [Double](repeating: 0, count: $0.count) }
      for row in 0..<Self.rows {
        var units = parameters[1]
        for column in 0..<30 {
          let number = numbers[row * 30 + column]
          for unit in 0..<hidden { units[unit] += number * parameters[0][column * hidden + unit] }
        }
        units = units.map(Foundation.tanh)
        let z = zip(units, parameters[2]).reduce(parameters[3][0]) { $0 + $1.0 * $1.1 }
        let error = (1 / (1 + Foundation.exp(-z)) - classes[row]) / Double(Self.rows)
        gradients[3][0] += error
        for unit in 0..<hidden {
          gradients[2][unit] += error * units[unit]
          units[unit] = error * parameters[2][unit] * (1 - units[unit] * units[unit])
          gradients[1][unit] += units[unit]
        }
        for column in 0..<30 {
          let number = numbers[row * 30 + column]
          for unit in 0..<hidden { gradients[0][column * hidden + unit] += number * units[unit] }
        }
      }
      for (place, gradient) in gradients.enumerated() {
        for index in gradient.indices { parameters[place][index] -= Self.rate * gradient[index] }
      }
    }
    return parameters
  }
}
