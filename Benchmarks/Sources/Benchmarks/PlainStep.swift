import Foundation

/// The loss of a perceptron with rectifiers and some of its gradients, in plain loops of Double.
struct PlainStep {
  /// The mean cross entropy of the rows.
  private(set) var loss = 0.0
  /// Of each parameter, weights and biases in turn, what the gradient is at some positions.
  private(set) var gradients: [[(position: Int, value: Double)]] = []

  /// Sums so close to zero may be rectified otherwise in Float.
  private static let uncertain = 1e-4

  /// - Parameters:
  ///   - layers: how many numbers come into the first layer, and go out of each.
  ///   - parameters: weights in row-major order and biases, layer after layer.
  init(_ layers: [Int], parameters: [[Float]], images: [Double], labels: [Int]) {
    let rows = labels.count
    let weights = stride(from: 0, to: parameters.count, by: 2).map {
      parameters[$0].map(Double.init)
    }
    let count = weights.count

    // What comes into each layer, and the sums that the last one gives.
    var inputs = [images]
    var isCertain: [[Bool]] = []
    for layer in 0..<count {
      let biases = parameters[2 * layer + 1].map(Double.init)
      let sums = Self.product(inputs[layer], weights[layer], plus: biases, rows: rows)
      let outputs = layers[layer + 1]
      var certain = [Bool](repeating: true, count: outputs)
      if layer < count - 1 {
        for index in sums.indices where abs(sums[index]) < Self.uncertain {
          certain[index % outputs] = false
        }
      }
      isCertain.append(certain)
      inputs.append(layer < count - 1 ? sums.map { max($0, 0) } : sums)
    }

    // The derivatives with respect to the sums of a layer, [rows, outputs], from the last layer on.
    let classes = layers[count]
    var cotangents = [Double](repeating: 0, count: rows * classes)
    for row in 0..<rows {
      let logits = inputs[count][(row * classes)..<((row + 1) * classes)]
      let largest = logits.max()!
      let total = logits.reduce(0) { $0 + exp($1 - largest) }
      loss += (log(total) + largest - logits[logits.startIndex + labels[row]]) / Double(rows)
      for (label, logit) in logits.enumerated() {
        let isRight = label == labels[row] ? 1.0 : 0
        cotangents[row * classes + label] =
          (exp(logit - largest) / total - isRight) / Double(rows)
      }
    }
    for layer in (0..<count).reversed() {
      let (extent, outputs) = (layers[layer], layers[layer + 1])
      let columns = Self.some(of: outputs).filter { isCertain[layer][$0] }
      let sampled = Self.some(of: extent).flatMap { input in
        columns.map { output in
          let value = (0..<rows).reduce(0.0) {
            $0 + inputs[layer][$1 * extent + input] * cotangents[$1 * outputs + output]
          }
          return (position: input * outputs + output, value: value)
        }
      }
      let ofBiases = columns.map { output in
        (
          position: output,
          value: (0..<rows).reduce(0.0) { $0 + cotangents[$1 * outputs + output] }
        )
      }
      gradients = [sampled, ofBiases] + gradients
      guard layer > 0 else { continue }
      // Of the first layer only those sums that are looked at.
      let wanted = layer == 1 ? Self.some(of: extent) : Array(0..<extent)
      var earlier = [Double](repeating: 0, count: rows * extent)
      for row in 0..<rows {
        for unit in wanted where inputs[layer][row * extent + unit] > 0 {
          earlier[row * extent + unit] = (0..<outputs).reduce(0.0) {
            $0 + cotangents[row * outputs + $1] * weights[layer][unit * outputs + $1]
          }
        }
      }
      cotangents = earlier
    }
  }

  /// Some numbers below a count, the last one among them.
  private static func some(of count: Int) -> [Int] {
    Array(Set(stride(from: 0, to: count, by: count / 12 + 1)).union([count - 1])).sorted()
  }

  private static func product(
    _ left: [Double], _ right: [Double], plus biases: [Double], rows: Int
  ) -> [Double] {
    let (inner, columns) = (left.count / rows, biases.count)
    var result = Array(repeatElement(biases, count: rows).joined())
    result.withUnsafeMutableBufferPointer { result in
      right.withUnsafeBufferPointer { right in
        for row in 0..<rows {
          for index in 0..<inner where left[row * inner + index] != 0 {
            let factor = left[row * inner + index]
            for column in 0..<columns {
              result[row * columns + column] += factor * right[index * columns + column]
            }
          }
        }
      }
    }
    return result
  }
}
