import Tessera

extension Suite {
  /// Of a Float matrix, sharded by rows.
  static func reduction(_ scale: Scale) -> [Case] {
    let (side, size) = (scale.side, scale.elements)
    let bound = Bound.memory([.read(Job.share(of: side) * side)])
    let a = Pattern.first
    // Summing n numbers in chunks loses some units in the last place, not n of them.
    let tolerance = 1e-5
    return [
      Case("reduction/sum", size: size, bound) {
        let x = a.matrix(side, side)
        return Trial(tolerance: tolerance, expected: { _ in a.sum(upTo: size) }) { x.sum() }
      },
      Case("reduction/sum-axis-0", size: size, bound) {
        let x = a.matrix(side, side)
        return Trial(
          tolerance: tolerance,
          expected: { column in (0..<side).reduce(0.0) { $0 + a($1 * side + column) } }
        ) {
          x.sum(axes: 0)
        }
      },
      Case("reduction/sum-axis-1", size: size, bound) {
        let x = a.matrix(side, side)
        return Trial(
          tolerance: tolerance,
          expected: { row in a.sum(upTo: (row + 1) * side) - a.sum(upTo: row * side) }
        ) {
          x.sum(axes: 1)
        }
      },
      Case("reduction/max", size: size, bound) {
        var x = a.matrix(side, side)
        // The only one of its size, so that it must be found.
        x[side * 2 / 3, side / 3] = 5
        return Trial(tolerance: 0, expected: { _ in 5 }) { [x] in x.max() }
      },
    ]
  }
}
