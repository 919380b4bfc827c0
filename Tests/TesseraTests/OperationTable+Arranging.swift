import Foundation
import Tessera
import TestSupport

extension OperationRow {
  /// Copies and parts of tensors, functions of the user's own, counts.
  static var arranging: [OperationRow] { copies + triangles + counts }

  private static var copies: [OperationRow] {
    [
      movement("tiled(2, 3)", { TableResult($0[0].tiled(2, 3)) }) { operands in
        let x = operands[0]
        return Reference(shape: [2 * x.shape[0], 3 * x.shape[1]]) {
          x[[$0[0] % x.shape[0], $0[1] % x.shape[1]]]
        }
      },
      // More copies than ranks.
      movement("tiled(9, 1)", { TableResult($0[0].tiled(9, 1)) }) { operands in
        let x = operands[0]
        return Reference(shape: [9 * x.shape[0], x.shape[1]]) {
          x[[$0[0] % x.shape[0], $0[1]]]
        }
      },
      movement("tiled(2, 1, 1)", { TableResult($0[0].tiled(2, 1, 1)) }) { operands in
        let x = operands[0]
        return Reference(shape: [2] + x.shape) { x[Array($0[1...])] }
      },
      movement("repeated, axis 0", { TableResult($0[0].repeated(3, axis: 0)) }) { operands in
        let x = operands[0]
        return Reference(shape: [3 * x.shape[0], x.shape[1]]) { x[[$0[0] / 3, $0[1]]] }
      },
      movement("repeated, axis 1", { TableResult($0[0].repeated(2, axis: -1)) }) { operands in
        let x = operands[0]
        return Reference(shape: [x.shape[0], 2 * x.shape[1]]) { x[[$0[0], $0[1] / 2]] }
      },
      movement("rolled", { TableResult($0[0].rolled(by: 4, axis: 0).rolled(by: -1, axis: 1)) }) {
        operands in
        let x = operands[0]
        let (m, n) = (x.shape[0], x.shape[1])
        return Reference(shape: x.shape) { x[[(($0[0] - 4) % m + m) % m, ($0[1] + 1) % n]] }
      },
      movement("padded", { TableResult($0[0].padded([(1, 0), (0, 2)], with: 9)) }) { operands in
        let x = operands[0]
        return Reference(shape: [x.shape[0] + 1, x.shape[1] + 2]) {
          $0[0] >= 1 && $0[1] < x.shape[1] ? x[[$0[0] - 1, $0[1]]] : 9
        }
      },
      movement(
        "rows, unstacked", shapes: { [[$0.m + 1, $0.n + 2]] },
        {
          let x = $0[0]
          return TableResult(
            stack(x.rows.map { $0 * 2 }) - x.expandingAxis(at: 0)[0] + x.unstacked(axis: 1)[1][0])
        }
      ) { operands in operands[0].map { $0 + operands[0][[0, 1]] } },
      movement(
        "map",
        { TableResult($0[0].map { (x: Scalar) -> Int64 in x > 0 ? 1 : 2 }) }
      ) { $0[0].map { $0 > 0 ? 1 : 2 } },
      movement(
        "map2", shapes: { [[$0.m, $0.n], [$0.m, 1]] },
        { TableResult(map2($0[0], $0[1]) { $0 > $1 ? $0 : $1 }) }
      ) { Reference.broadcast($0) { max($0[0], $0[1]) } }.withoutDerivative(),
      movement("evaluated", { TableResult($0[0].evaluated()) }) { $0[0] },
    ]
  }

  private static var triangles: [OperationRow] {
    func diagonal(_ offset: Int) -> OperationRow {
      movement("diagonal(\(offset))", { TableResult($0[0].diagonal(offset: offset)) }) {
        operands in
        let x = operands[0]
        let (down, right) = (max(-offset, 0), max(offset, 0))
        let length = max(0, min(x.shape[0] - down, x.shape[1] - right))
        return Reference(shape: [length]) { x[[$0[0] + down, $0[0] + right]] }
      }
    }
    return [
      diagonal(0), diagonal(1), diagonal(-2), diagonal(100),
      movement("triangular(.lower)", { TableResult($0[0].triangular(.lower)) }) { operands in
        Reference(shape: operands[0].shape) { $0[1] <= $0[0] ? operands[0][$0] : 0 }
      },
      movement("triangular(.upper)", { TableResult($0[0].triangular(.upper, offset: 1)) }) {
        operands in
        Reference(shape: operands[0].shape) { $0[1] >= $0[0] + 1 ? operands[0][$0] : 0 }
      },
    ]
  }

  private static var counts: [OperationRow] {
    [
      movement(
        "diff, axis 0",
        { $0[0].shape[0] == 0 ? TableResult($0[0]) : TableResult($0[0].diff(axis: 0)) }
      ) {
        operands in
        let x = operands[0]
        if x.shape[0] == 0 { return x }
        return Reference(shape: [x.shape[0] - 1, x.shape[1]]) {
          x[[$0[0] + 1, $0[1]]] - x[[$0[0], $0[1]]]
        }
      },
      unary("clamped", { TableResult($0.clamped(to: 1...3)) }) { min(max($0, 1), 3) },
      movement("histogram", { TableResult($0[0].histogram(bins: 4, in: 0...4)) }) { operands in
        Reference(shape: [4]) { bin in
          let low = Double(bin[0])
          return Double(
            operands[0].values.count { $0 >= low && ($0 < low + 1 || bin[0] == 3 && $0 == 4) })
        }
      },
      movement(
        "oneHot",
        { TableResult($0[0].converted(to: Int32.self).oneHot(classes: 3, as: Double.self)) }
      ) { operands in
        Reference(shape: operands[0].shape + [3]) {
          operands[0][Array($0[..<2])] == Double($0[2]) ? 1 : 0
        }
      }.withoutDerivative(),
      movement("cumulativeSum of a mask", { TableResult(($0[0] .> 0).cumulativeSum(axis: 0)) }) {
        operands in
        Reference(shape: operands[0].shape) { place in
          Double((0...place[0]).count { operands[0][[$0, place[1]]] > 0 })
        }
      },
    ]
  }
}

extension OperationRow where Scalar: IntegerTensorScalar {
  /// Rows for integers only.
  static var integers: [OperationRow] { bitwise + integerMoments }

  private static var bitwise: [OperationRow] {
    func bits(_ f: @escaping @Sendable (Int32, Int32) -> Int32)
      -> @Sendable (Double, Double) -> Double
    { { Double(f(Int32($0), Int32($1))) } }
    return [
      binary("x & y", { TableResult($0 & $1) }, bits { $0 & $1 }),
      binary("x | y", { TableResult($0 | $1) }, bits { $0 | $1 }),
      binary("x ^ y", { TableResult($0 ^ $1) }, bits { $0 ^ $1 }),
      binary("x << y", { TableResult($0 << $1) }, bits { $0 << $1 }),
      binary("x >> y", { TableResult($0 >> $1) }, bits { $0 >> $1 }),
      unary("~x & 6 | 1", { TableResult(~$0 & 6 | 1) }) { Double(~Int32($0) & 6 | 1) },
      unary("1 << x.abs()", { TableResult(1 << $0.abs()) }) { Double(1 << abs(Int32($0))) },
      binary(
        "x <<= y",
        {
          var x = $0
          x <<= $1.abs()
          return TableResult(x)
        }, bits { $0 << abs($1) }),
    ]
  }
}

extension OperationRow where Scalar: FloatingPointTensorScalar {
  /// Rows along lines of numbers, for floating point only.
  static var lines: [OperationRow] {
    @Sendable func softmax(_ line: [Double]) -> [Double] {
      let largest = line.max() ?? 0
      let exponentials = line.map { Foundation.exp($0 - largest) }
      return exponentials.map { $0 / exponentials.reduce(0, +) }
    }
    return [
      movement("softmax, axis 1", { TableResult($0[0].softmax()) }) { operands in
        let x = operands[0]
        return Reference(shape: x.shape) { place in
          softmax((0..<x.shape[1]).map { x[[place[0], $0]] })[place[1]]
        }
      },
      movement("logSoftmax, axis 0", { TableResult($0[0].logSoftmax(axis: 0)) }) { operands in
        let x = operands[0]
        return Reference(shape: x.shape) { place in
          Foundation.log(softmax((0..<x.shape[0]).map { x[[$0, place[1]]] })[place[0]])
        }
      },
      movement(
        "allClose", shapes: { [[$0.m, $0.n], [$0.m, $0.n]] },
        { operands in
          let near = operands[0].allClose(operands[0] + 1e-9)
          let far = operands[0].elementCount > 0 && operands[0].allClose(operands[0] + 1)
          return TableResult(Tensor<Int32>([near ? 1 : 0, far ? 1 : 0]))
        }
      ) { _ in Reference(shape: [2], values: [1, 0]) },
    ]
  }
}
