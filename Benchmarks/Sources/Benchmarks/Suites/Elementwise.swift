import Foundation
import Tessera

extension Suite {
  /// Float matrices, sharded by rows.
  static func elementwise(_ scale: Scale) -> [Case] {
    let (side, size) = (scale.side, scale.elements)
    let share = Job.share(of: side) * side
    let (a, b) = (Pattern.first, Pattern.second)
    let tolerance = 1e-6
    return [
      Case("elementwise/add", size: size, .memory([.add(share)])) {
        let (x, y) = (a.matrix(side, side), b.matrix(side, side))
        return Trial(tolerance: tolerance, expected: { a($0) + b($0) }) { x + y }
      },
      Case("elementwise/add-in-place", size: size, .memory([.update(share)])) {
        var x = a.matrix(side, side)
        let y = b.matrix(side, side)
        var calls = 0.0
        return Trial(
          tolerance: tolerance, isInPlace: true, expected: { a($0) + calls * b($0) }
        ) {
          x += y
          calls += 1
          return x
        }
      },
      Case("elementwise/add-into", size: size, .memory([.add(share)])) {
        let (x, y) = (a.matrix(side, side), b.matrix(side, side))
        var z = Tensor<Float>.zeros(like: x)
        return Trial(tolerance: tolerance, isInPlace: true, expected: { a($0) + b($0) }) {
          z[...] = x + y
          return z
        }
      },
      Case("elementwise/broadcast", size: size, .memory([.write(share)])) {
        let column = a.matrix(side, 1)
        let row = b.matrix(1, side, sharding: .replicated)
        return Trial(tolerance: tolerance, expected: { a($0 / side) + b($0 % side) }) {
          column + row
        }
      },
      Case("elementwise/exp", size: size, .memory([.copy(share)])) {
        let x = a.matrix(side, side)
        return Trial(tolerance: tolerance, expected: { Foundation.exp(a($0)) }) { x.exp() }
      },
      Case("elementwise/chain", size: size, .memory([.add(share)])) {
        let (x, y) = (a.matrix(side, side), b.matrix(side, side))
        return Trial(
          tolerance: tolerance, expected: { a($0) * b($0) + 2 * a($0) - Foundation.tanh(b($0)) }
        ) {
          x * y + 2 * x - tanh(y)
        }
      },
    ]
  }
}
