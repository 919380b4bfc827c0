import Tessera

extension Case {
  /// Twenty steps of conjugate gradients with a matrix in memory.
  static func conjugateGradients(_ scale: Scale) -> Case {
    let (side, steps) = (scale.size(2000, quick: 101), 20)
    let share = Job.share(of: side) * side
    let bound = Bound.memory([.readDoubles(share, times: steps)])
    return Case("jobs/conjugate-gradients", size: side, bound) {
      let noise = Noise(15).uniform(side * side)
      let numbers = (0..<side * side).map { place in
        let (row, column) = (place / side, place % side)
        let entry = 0.01 * (noise[place] + noise[column * side + row]) - 0.01
        return row == column ? entry + 1 + 0.5 * Double(row) : entry
      }
      let target = Noise(16).normal(side)
      let a = Tensor<Double>(numbers, shape: [side, side], sharding: .sharded(axis: 0))
      let b = Tensor<Double>(target, shape: [side], sharding: .sharded(axis: 0))
      return Trial(.near(1e-9, solution(numbers, target, steps))) {
        var x = Tensor<Double>.zeros(like: b)
        var rest = b
        var direction = b
        var square = dot(rest, rest)
        for _ in 0..<steps {
          let image = matmul(a, direction)
          let length = square / dot(direction, image)
          x += length * direction
          rest -= length * image
          let next = dot(rest, rest)
          direction = rest + next / square * direction
          square = next
        }
        return [x]
      }
    }
  }

  private static func solution(_ a: [Double], _ b: [Double], _ steps: Int) -> [Double] {
    func product(_ x: [Double], _ y: [Double]) -> Double {
      zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let side = b.count
    var x = [Double](repeating: 0, count: side)
    var (rest, direction) = (b, b)
    var square = product(rest, rest)
    for _ in 0..<steps {
      let image = (0..<side).map { row in
        (0..<side).reduce(0.0) { $0 + a[row * side + $1] * direction[$1] }
      }
      let length = square / product(direction, image)
      for row in 0..<side {
        x[row] += length * direction[row]
        rest[row] -= length * image[row]
      }
      let next = product(rest, rest)
      for row in 0..<side { direction[row] = rest[row] + next / square * direction[row] }
      square = next
    }
    return x
  }
}
