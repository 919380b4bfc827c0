import Tessera

extension Suite {
  /// Of Float matrices, sharded by rows.
  static func shape(_ scale: Scale) -> [Case] {
    let (side, size) = (scale.side, scale.elements)
    let share = Job.share(of: side) * side
    let (a, b) = (Pattern.first, Pattern.second)
    return [
      Case("shape/transposed-copy", size: size, .memory([.copy(share)])) {
        let x = a.matrix(side, side)
        // Cut along the axis that the rows become, so that elements stay with their rank.
        var z = Tensor<Float>.zeros([side, side], sharding: .sharded(axis: 1))
        return Trial(
          tolerance: 0, isInPlace: true, expected: { a($0 % side * side + $0 / side) }
        ) {
          z[...] = x.transposed()
          return z
        }
      },
      Case("shape/concatenate-0", size: 2 * size, .memory([.copy(2 * share)])) {
        let (x, y) = (a.matrix(side, side), b.matrix(side, side))
        return Trial(tolerance: 0, expected: { $0 < size ? a($0) : b($0 - size) }) {
          concatenate([x, y], axis: 0)
        }
      },
      Case("shape/concatenate-1", size: 2 * size, .memory([.copy(2 * share)])) {
        let (x, y) = (a.matrix(side, side), b.matrix(side, side))
        return Trial(
          tolerance: 0,
          expected: {
            let (row, column) = $0.quotientAndRemainder(dividingBy: 2 * side)
            return column < side ? a(row * side + column) : b(row * side + column - side)
          }
        ) {
          concatenate([x, y], axis: 1)
        }
      },
    ]
  }
}
