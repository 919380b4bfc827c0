import Tessera

extension Case {
  /// The power spectra of rows of 512 numbers, their Fourier transforms by products.
  static func powerSpectrum(_ scale: Scale) -> Case {
    let (rows, length) = (scale.size(4000, quick: 23), 512)
    let operations = 4.0 * Double(Job.share(of: rows) * length * length)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/power-spectrum", size: rows, bound) {
      let numbers = Noise(31).normal(rows * length)
      let x = Tensor<Double>(numbers, shape: [rows, length], sharding: .sharded(axis: 0))
      let matrix = FourierMatrix(length)
      let (real, imaginary) = (matrix.real, matrix.imaginary)
      return Trial(
        .near(1e-10, rows * length) { place in
          let (row, frequency) = (place / length, place % length)
          var (re, im) = (0.0, 0.0)
          for column in 0..<length {
            re += numbers[row * length + column] * matrix.cosines[column * length + frequency]
            im += numbers[row * length + column] * matrix.sines[column * length + frequency]
          }
          return re * re + im * im
        }
      ) {
        [matmul(x, real).square() + matmul(x, imaginary).square()]
      }
    }
  }
}
