import Tessera

extension Suite {
  /// Square matrices, the left one sharded by rows and the right one on every rank.
  static func matmul(_ scale: Scale) -> [Case] {
    scale.products.flatMap { side in
      [
        product("matmul/float32", side, Float.self, tolerance: 1e-5),
        product("matmul/float64", side, Double.self, tolerance: 1e-13),
      ]
    }
  }

  private static func product<S: FloatingPointTensorScalar>(
    _ name: String, _ side: Int, _ type: S.Type, tolerance: Double
  ) -> Case {
    let operations = 2 * Double(Job.share(of: side)) * Double(side) * Double(side)
    let bound = Bound.arithmetic(operations: operations, isDouble: S.self == Double.self)
    return Case(name, size: side, bound) {
      let (a, b) = (Pattern.first, Pattern.second)
      let x = a.matrix(side, side, S.self)
      let y = b.matrix(side, side, S.self, sharding: .replicated)
      return Trial(
        tolerance: tolerance,
        expected: { position in
          let (row, column) = position.quotientAndRemainder(dividingBy: side)
          return (0..<side).reduce(0.0) { $0 + a(row * side + $1) * b($1 * side + column) }
        }
      ) {
        Tessera.matmul(x, y)
      }
    }
  }
}
