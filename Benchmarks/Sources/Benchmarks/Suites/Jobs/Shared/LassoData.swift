import Tessera

/// A number moved towards 0, at most as far as that.
func shrunk(_ number: Double, by distance: Double) -> Double {
  number.magnitude <= distance ? 0 : number > 0 ? number - distance : number + distance
}

/// Rows, and what a tenth of the columns say of each, with some noise.
struct LassoData {
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
