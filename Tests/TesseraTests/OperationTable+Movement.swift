import Tessera
import TestSupport

extension OperationRow {
  /// Operations that move elements without changing them.
  static var movements: [OperationRow] { shapes + indices + joins + writes }

  private static var shapes: [OperationRow] {
    [
      movement("reshaped joining", { TableResult($0[0].reshaped(-1)) }) {
        Reference(shape: [$0[0].values.count], values: $0[0].values)
      },
      movement(
        "reshaped splitting", shapes: { [[$0.m * $0.n]] },
        {
          TableResult(
            $0[0].reshaped([$0[0].elementCount / 2 * 2 == $0[0].elementCount ? 2 : 1, -1]))
        }
      ) {
        let rows = $0[0].values.count.isMultiple(of: 2) ? 2 : 1
        return Reference(shape: [rows, $0[0].values.count / rows], values: $0[0].values)
      },
      movement(
        "reshaped regrouping", shapes: { [[$0.m, 6, $0.n]] },
        {
          let shape = $0[0].shape
          return TableResult($0[0].reshaped([shape[0] * 2, 3, shape[2]]))
        }
      ) {
        Reference(shape: [$0[0].shape[0] * 2, 3, $0[0].shape[2]], values: $0[0].values)
      },
      movement("transposed", { TableResult($0[0].transposed()) }) { $0[0].permuted([1, 0]) },
      movement(
        "permuted", shapes: { [[$0.m, $0.n, $0.k]] }, { TableResult($0[0].permuted(2, 0, 1)) }
      ) { $0[0].permuted([2, 0, 1]) },
      movement("expandingAxis", { TableResult($0[0].expandingAxis(at: 1)) }) {
        Reference(shape: [$0[0].shape[0], 1, $0[0].shape[1]], values: $0[0].values)
      },
      movement(
        "squeezed", shapes: { [[1, $0.m, 1]] }, { TableResult($0[0].squeezed(axes: [0, 2])) }
      ) { Reference(shape: [$0[0].shape[1]], values: $0[0].values) },
      movement(
        "expanded", shapes: { [[$0.m, 1]] },
        { TableResult($0[0].expanded(to: [2, $0[0].shape[0], 3])) }
      ) { operands in
        Reference(shape: [2, operands[0].shape[0], 3]) { operands[0][[$0[1], 0]] }
      },
      movement("flipped(axes: 0)", { TableResult($0[0].flipped(axes: 0)) }) { operands in
        let x = operands[0]
        return Reference(shape: x.shape) { x[[x.shape[0] - 1 - $0[0], $0[1]]] }
      },
      movement("flipped(axes: [0, 1])", { TableResult($0[0].flipped(axes: [0, 1])) }) {
        Reference(shape: $0[0].shape, values: $0[0].values.reversed())
      },
      movement("redistributed 0", { TableResult($0[0].redistributed(to: .sharded(axis: 0))) }) {
        $0[0]
      },
      movement("redistributed 1", { TableResult($0[0].redistributed(to: .sharded(axis: 1))) }) {
        $0[0]
      },
      movement("redistributed", { TableResult($0[0].redistributed(to: .replicated)) }) { $0[0] },
    ]
  }

  private static var indices: [OperationRow] {
    [
      movement("x[-1]", shapes: { [[$0.m + 1, $0.n]] }, { TableResult($0[0][-1]) }) { operands in
        let x = operands[0]
        return Reference(shape: [x.shape[1]]) { x[[x.shape[0] - 1, $0[0]]] }
      },
      movement("x[1, 0]", shapes: { [[$0.m + 2, $0.n + 1]] }, { TableResult($0[0][1, 0]) }) {
        Reference(shape: [], values: [$0[0][[1, 0]]])
      },
      movement("x[1..<3]", { TableResult($0[0][1..<3]) }) { operands in
        let x = operands[0]
        return Reference(shape: [max(min(3, x.shape[0]) - 1, 0), x.shape[1]]) {
          x[[$0[0] + 1, $0[1]]]
        }
      },
      movement("x[..., .slice(1, -1)]", { TableResult($0[0][..., .slice(1, -1)]) }) { operands in
        let x = operands[0]
        return Reference(shape: [x.shape[0], max(x.shape[1] - 2, 0)]) { x[[$0[0], $0[1] + 1]] }
      },
      movement("x[.stride(by: 2)]", { TableResult($0[0][.stride(by: 2)]) }) { operands in
        let x = operands[0]
        return Reference(shape: [(x.shape[0] + 1) / 2, x.shape[1]]) { x[[$0[0] * 2, $0[1]]] }
      },
      movement("x[.stride(by: -2), .newAxis]", { TableResult($0[0][.stride(by: -2), .newAxis]) }) {
        operands in
        let x = operands[0]
        return Reference(shape: [(x.shape[0] + 1) / 2, 1, x.shape[1]]) {
          x[[x.shape[0] - 1 - $0[0] * 2, $0[2]]]
        }
      },
      movement("a slice of a slice", { TableResult($0[0][1..., 1...][..<2] + 1) }) { operands in
        let x = operands[0]
        return Reference(
          shape: [min(max(x.shape[0] - 1, 0), 2), max(x.shape[1] - 1, 0)]
        ) { x[[$0[0] + 1, $0[1] + 1]] + 1 }
      },
    ]
  }

  private static var joins: [OperationRow] {
    let two: @Sendable (Extents) -> [[Int]] = { [[$0.m, $0.n], [$0.m, $0.n]] }
    return [
      movement(
        "concatenate 0", shapes: { [[$0.m, $0.n], [$0.k, $0.n]] },
        {
          TableResult(concatenate([$0[0], $0[1]], axis: 0))
        }
      ) { .concatenate($0, axis: 0) },
      movement("concatenate 1", shapes: two, { TableResult(concatenate($0, axis: 1)) }) {
        .concatenate($0, axis: 1)
      },
      movement(
        "concatenate three", shapes: two,
        {
          TableResult(concatenate([$0[0], $0[1], $0[0]], axis: -2))
        }
      ) { .concatenate([$0[0], $0[1], $0[0]], axis: 0) },
      movement("stack", shapes: two, { TableResult(stack($0, axis: 1)) }) { operands in
        let x = operands[0]
        return Reference(shape: [x.shape[0], 2, x.shape[1]]) { operands[$0[1]][[$0[0], $0[2]]] }
      },
      movement(
        "split", shapes: { [[$0.m * 2, $0.n]] },
        {
          let parts = $0[0].split(2)
          return TableResult(parts[1] - parts[0])
        }
      ) { operands in
        let x = operands[0]
        let half = x.shape[0] / 2
        return Reference(shape: [half, x.shape[1]]) {
          x[[$0[0] + half, $0[1]]] - x[[$0[0], $0[1]]]
        }
      },
    ]
  }

  private static var writes: [OperationRow] {
    [
      movement(
        "x[1..<3] = y", shapes: { [[$0.m + 3, $0.n], [2, $0.n]] },
        {
          var x = $0[0]
          x[1..<3] = $0[1]
          return TableResult(x)
        }
      ) { operands in
        var x = operands[0]
        for row in 0..<2 {
          for column in 0..<x.shape[1] { x[[row + 1, column]] = operands[1][[row, column]] }
        }
        return x
      },
      movement(
        "x[2] = row", shapes: { [[$0.m + 3, $0.n], [$0.n]] },
        {
          var x = $0[0]
          x[2] = $0[1]
          return TableResult(x)
        }
      ) { operands in
        var x = operands[0]
        for column in 0..<x.shape[1] { x[[2, column]] = operands[1][[column]] }
        return x
      },
      movement(
        "x[1, 0] = 17; x[..<2, ...] = 12", shapes: { [[$0.m + 3, $0.n + 1]] },
        {
          var x = $0[0]
          x[..<2, ...] = 12
          x[2, 0] = 17
          return TableResult(x)
        }
      ) { operands in
        var x = operands[0]
        for column in 0..<x.shape[1] {
          x[[0, column]] = 12
          x[[1, column]] = 12
        }
        x[[2, 0]] = 17
        return x
      },
      movement(
        "x[1...] = x[..<(-1)]", shapes: { [[$0.m + 1, $0.n]] },
        {
          var x = $0[0]
          x[1...] = x[..<(-1)]
          return TableResult(x)
        }
      ) { operands in
        let x = operands[0]
        return Reference(shape: x.shape) { x[[max($0[0] - 1, 0), $0[1]]] }
      },
      movement(
        "x[.stride(by: 2)] += 1",
        {
          var x = $0[0]
          x[.stride(by: 2)] += 1
          return TableResult(x)
        }
      ) { operands in
        let x = operands[0]
        return Reference(shape: x.shape) { x[$0] + ($0[0].isMultiple(of: 2) ? 1 : 0) }
      },
      movement(
        "x[...] = x + y", shapes: { [[$0.m, $0.n], [$0.m, $0.n]] },
        {
          var x = $0[0]
          x[...] = x + $0[1]
          return TableResult(x)
        }
      ) { Reference.broadcast($0) { $0[0] + $0[1] } },
    ]
  }
}
