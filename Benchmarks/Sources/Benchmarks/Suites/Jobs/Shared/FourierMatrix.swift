import Foundation
import Tessera

/// The unitary discrete Fourier transform of so many numbers, as a matrix: element (j, k) is
/// exp(−2πi·j·k / n) / √n.
struct FourierMatrix {
  let size: Int
  let cosines: [Double]
  /// Of the negative angles, so that they are the imaginary parts.
  let sines: [Double]

  init(_ size: Int) {
    self.size = size
    let turns = (0..<size * size).map { place -> Double in
      -2 * .pi * Double(place / size * (place % size) % size) / Double(size)
    }
    let scale = 1 / Double(size).squareRoot()
    cosines = turns.map { Foundation.cos($0) * scale }
    sines = turns.map { Foundation.sin($0) * scale }
  }

  var real: Tensor<Double> { Tensor(cosines, shape: [size, size]) }
  var imaginary: Tensor<Double> { Tensor(sines, shape: [size, size]) }
}
