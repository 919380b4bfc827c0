import Foundation

/// The loss of a perceptron with rectifiers and some of its gradients, in plain loops of Double.
struct PlainStep {
  /// The mean cross entropy of the rows.
  private(set) var loss = 0.0
  /// Of each parameter, weights and biases in turn, what the gradient is at some positions.
  private(set) var gradients: [[Sample]] = []

  /// A gradient at one position.
  struct Sample {
    var position: Int
    var value: Double
    /// How far it may be off, as some sums may be rectified otherwise in Float.
    var doubt: Double
  }

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

    // What comes into each layer, and the sums that the last one gives; where others are close to
    // zero.
    var inputs = [images]
    var isUncertain: [[Bool]] = []
    for layer in 0..<count {
      let biases = parameters[2 * layer + 1].map(Double.init)
      let sums = Self.product(inputs[layer], weights[layer], plus: biases, rows: rows)
      isUncertain.append(sums.map { abs($0) < Self.uncertain })
      inputs.append(layer < count - 1 ? sums.map { max($0, 0) } : sums)
    }

    // The derivatives with respect to the sums of a layer, [rows, outputs], from the last layer on.
    let classes = layers[count]
    var cotangents = [Double](repeating: 0, count: rows * classes)
    var doubts = cotangents
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
      // Sums over the rows, of inputs with derivatives.
      func sample(_ position: Int, _ output: Int, _ input: (Int) -> Double) -> Sample {
        (0..<rows).reduce(into: Sample(position: position, value: 0, doubt: 0)) { sample, row in
          sample.value += input(row) * cotangents[row * outputs + output]
          sample.doubt += abs(input(row)) * doubts[row * outputs + output]
        }
      }
      let columns = Self.some(of: outputs)
      let ofWeights = Self.some(of: extent).flatMap { input in
        columns.map { output in
          sample(input * outputs + output, output) { inputs[layer][$0 * extent + input] }
        }
      }
      gradients = [ofWeights, columns.map { sample($0, $0) { _ in 1 } }] + gradients
      guard layer > 0 else { continue }
      // Of the first layer only those sums that are looked at.
      let wanted = layer == 1 ? Self.some(of: extent) : Array(0..<extent)
      var earlier = [Double](repeating: 0, count: rows * extent)
      var earlierDoubts = earlier
      for row in 0..<rows {
        for unit in wanted {
          let place = row * extent + unit
          let isPassed = inputs[layer][place] > 0
          let isUncertain = isUncertain[layer - 1][place]
          guard isPassed || isUncertain else { continue }
          var (derivative, doubt) = (0.0, 0.0)
          for output in 0..<outputs {
            let weight = weights[layer][unit * outputs + output]
            derivative += cotangents[row * outputs + output] * weight
            doubt += doubts[row * outputs + output] * abs(weight)
          }
          if isPassed { earlier[place] = derivative }
          earlierDoubts[place] = doubt + (isUncertain ? abs(derivative) : 0)
        }
      }
      doubts = earlierDoubts
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
