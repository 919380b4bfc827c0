import Tessera
import TestSupport

/// Positions made of an operand's elements, and the same of its reference: x² modulo an extent.
private func positions<S: NumericTensorScalar>(_ x: Tensor<S>, below extent: Int) -> Tensor<Int64> {
  x.converted(to: Int64.self).square() % Int64(max(extent, 1))
}

private func positions(_ x: Reference, below extent: Int) -> [Int] {
  x.values.map { Int($0) * Int($0) % max(extent, 1) }
}

extension OperationRow {
  /// Operations whose places are named by tensors.
  static var indexing: [OperationRow] { taking + masks + puts + along }

  private static var taking: [OperationRow] {
    let rows: @Sendable (Extents) -> [[Int]] = { [[$0.m + 1, $0.n], [$0.k]] }
    return [
      movement(
        "x[indices]", shapes: rows,
        { TableResult($0[0][positions($0[1], below: $0[0].shape[0])]) }
      ) { operands in
        let (x, p) = (operands[0], positions(operands[1], below: operands[0].shape[0]))
        return Reference(shape: [p.count, x.shape[1]]) { x[[p[$0[0]], $0[1]]] }
      },
      movement(
        "x[indices] counted from the end", shapes: rows,
        { TableResult($0[0][-1 - positions($0[1], below: $0[0].shape[0])]) }
      ) { operands in
        let (x, p) = (operands[0], positions(operands[1], below: operands[0].shape[0]))
        return Reference(shape: [p.count, x.shape[1]]) {
          x[[x.shape[0] - 1 - p[$0[0]], $0[1]]]
        }
      },
      // So many rows that none but those that are named come to the ranks.
      movement(
        "taking few of many", shapes: { [[12 * $0.m + 1, $0.n], [$0.k]] },
        { TableResult($0[0].taking(positions($0[1], below: $0[0].shape[0]))) }
      ) { operands in
        let (x, p) = (operands[0], positions(operands[1], below: operands[0].shape[0]))
        return Reference(shape: [p.count, x.shape[1]]) { x[[p[$0[0]], $0[1]]] }
      },
      movement(
        "taking matrices of indices, axis 1", shapes: { [[$0.m, $0.n + 1], [2, $0.k]] },
        {
          TableResult($0[0].taking(positions($0[1], below: $0[0].shape[1]), axis: 1))
        }
      ) { operands in
        let (x, p) = (operands[0], positions(operands[1], below: operands[0].shape[1]))
        let k = operands[1].shape[1]
        return Reference(shape: [x.shape[0], 2, k]) { x[[$0[0], p[$0[1] * k + $0[2]]]] }
      },
      movement(
        "x[..., indices]", shapes: { [[$0.m, $0.n + 1], [$0.m]] },
        { TableResult($0[0][1..., positions($0[1], below: $0[0].shape[1])]) }
      ) { operands in
        let (x, p) = (operands[0], positions(operands[1], below: operands[0].shape[1]))
        return Reference(shape: [max(x.shape[0] - 1, 0), p.count]) { x[[$0[0] + 1, p[$0[1]]]] }
      },
      movement(
        "x[rows, columns]", shapes: { [[$0.m + 1, $0.n + 1], [$0.k], [2, 1]] },
        {
          let shape = $0[0].shape
          return TableResult(
            $0[0][positions($0[1], below: shape[0]), positions($0[2], below: shape[1])])
        }
      ) { operands in
        let x = operands[0]
        let rows = positions(operands[1], below: x.shape[0])
        let columns = positions(operands[2], below: x.shape[1])
        return Reference(shape: [2, rows.count]) { x[[rows[$0[1]], columns[$0[0]]]] }
      },
      movement(
        "x[index]", shapes: { [[$0.m + 1, $0.n], []] },
        { TableResult($0[0][positions($0[1], below: $0[0].shape[0])]) }
      ) { operands in
        let (x, p) = (operands[0], positions(operands[1], below: operands[0].shape[0]))
        return Reference(shape: [x.shape[1]]) { x[[p[0], $0[0]]] }
      },
    ]
  }

  private static var masks: [OperationRow] {
    [
      movement(
        "x[mask]", shapes: { [[$0.m, $0.n], [$0.m, $0.n]] },
        { TableResult($0[0][$0[1] .> 0]) }
      ) { operands in
        let picked = zip(operands[0].values, operands[1].values).filter { $1 > 0 }.map(\.0)
        return Reference(shape: [picked.count], values: picked)
      },
      movement(
        "x[mask of rows]", shapes: { [[$0.m, $0.n], [$0.m]] },
        { TableResult($0[0][$0[1] .> 0]) }
      ) { operands in
        let (x, mask) = (operands[0], operands[1].values)
        let rows = mask.indices.filter { mask[$0] > 0 }
        return Reference(shape: [rows.count, x.shape[1]]) { x[[rows[$0[0]], $0[1]]] }
      },
      movement(
        "x[..., mask]", shapes: { [[$0.m, $0.n], [$0.n]] },
        { TableResult($0[0][..., $0[1] .> 0]) }
      ) { operands in
        let (x, mask) = (operands[0], operands[1].values)
        let columns = mask.indices.filter { mask[$0] > 0 }
        return Reference(shape: [x.shape[0], columns.count]) { x[[$0[0], columns[$0[1]]]] }
      },
      movement("nonZero", { TableResult(($0[0] .> 2).nonZero()) }) { operands in
        let x = operands[0]
        let places = Reference.positions(of: x.shape).filter { x[$0] > 2 }
        return Reference(shape: [places.count, 2]) { Double(places[$0[0]][$0[1]]) }
      },
    ]
  }

  private static var puts: [OperationRow] {
    [
      movement(
        "x[mask] = 7", shapes: { [[$0.m, $0.n], [$0.m, $0.n]] },
        {
          var x = $0[0]
          x[$0[1] .> 0] = 7
          return TableResult(x)
        }
      ) { Reference.broadcast($0) { $0[1] > 0 ? 7 : $0[0] } },
      movement(
        "x[mask of rows] = row", shapes: { [[$0.m, $0.n], [$0.m], [$0.n]] },
        {
          var x = $0[0]
          x[$0[1] .> 0] = $0[2]
          return TableResult(x)
        }
      ) { operands in
        let (x, mask, row) = (operands[0], operands[1], operands[2])
        return Reference(shape: x.shape) { mask[[$0[0]]] > 0 ? row[[$0[1]]] : x[$0] }
      },
      movement(
        "x[mask] = x[mask] + 1", shapes: { [[$0.m, $0.n], [$0.m, $0.n]] },
        {
          var x = $0[0]
          let mask = $0[1] .> 0
          x[mask] += 1
          return TableResult(x)
        }
      ) { Reference.broadcast($0) { $0[1] > 0 ? $0[0] + 1 : $0[0] } },
      movement(
        "x[..., mask] = columns", shapes: { [[$0.m, $0.n], [$0.n]] },
        {
          var x = $0[0]
          let mask = $0[1] .> 0
          x[..., mask] = x[..., mask].flipped(axes: 1)
          return TableResult(x)
        }
      ) { operands in
        let (x, mask) = (operands[0], operands[1].values)
        let columns = mask.indices.filter { mask[$0] > 0 }
        return Reference(shape: x.shape) { place in
          guard let order = columns.firstIndex(of: place[1]) else { return x[place] }
          return x[[place[0], columns[columns.count - 1 - order]]]
        }
      },
      movement(
        "x[indices] = rows", shapes: { [[$0.m + 1, $0.n], [$0.k], [$0.k, $0.n]] },
        {
          var x = $0[0]
          x[positions($0[1], below: x.shape[0])] = $0[2]
          return TableResult(x)
        }
      ) { operands in
        var x = operands[0]
        for (row, place) in positions(operands[1], below: x.shape[0]).enumerated() {
          for column in 0..<x.shape[1] { x[[place, column]] = operands[2][[row, column]] }
        }
        return x
      },
      movement(
        "x[1..., indices] += 1", shapes: { [[$0.m, $0.n + 1], [$0.k]] },
        {
          var x = $0[0]
          x[1..., positions($0[1], below: x.shape[1])] += 1
          return TableResult(x)
        }
      ) { operands in
        let x = operands[0]
        let columns = Set(positions(operands[1], below: x.shape[1]))
        return Reference(shape: x.shape) {
          x[$0] + ($0[0] >= 1 && columns.contains($0[1]) ? 1 : 0)
        }
      },
      movement(
        "x[rows, columns] = 7", shapes: { [[$0.m + 1, $0.n + 1], [$0.k]] },
        {
          var x = $0[0]
          x[positions($0[1], below: x.shape[0]), positions($0[1], below: x.shape[1])] = 7
          return TableResult(x)
        }
      ) { operands in
        var x = operands[0]
        let rows = positions(operands[1], below: x.shape[0])
        for (row, column) in zip(rows, positions(operands[1], below: x.shape[1])) {
          x[[row, column]] = 7
        }
        return x
      },
      movement(
        "x[.stride(by: -2)] = y", shapes: { [[$0.m, $0.n], [($0.m + 1) / 2, $0.n]] },
        {
          var x = $0[0]
          x[.stride(by: -2)] = $0[1]
          return TableResult(x)
        }
      ) { operands in
        var x = operands[0]
        for row in 0..<operands[1].shape[0] {
          for column in 0..<x.shape[1] {
            x[[x.shape[0] - 1 - 2 * row, column]] = operands[1][[row, column]]
          }
        }
        return x
      },
    ]
  }

  private static var along: [OperationRow] {
    let two: @Sendable (Extents) -> [[Int]] = { [[$0.m + 1, $0.n], [$0.k, $0.n]] }
    let three: @Sendable (Extents) -> [[Int]] = { [[$0.m + 1, $0.n], [$0.k, $0.n], [$0.k, 1]] }
    @Sendable func scattered(_ operands: [Reference], _ join: (Double, Double) -> Double)
      -> Reference
    {
      var x = operands[0]
      let p = positions(operands[1], below: x.shape[0])
      let n = x.shape[1]
      for (number, place) in p.enumerated() {
        x[[place, number % n]] = join(x[[place, number % n]], operands[2][[number / n, 0]])
      }
      return x
    }
    return [
      movement(
        "gathered, axis 0", shapes: two,
        { TableResult($0[0].gathered(at: positions($0[1], below: $0[0].shape[0]), axis: 0)) }
      ) { operands in
        let (x, i) = (operands[0], operands[1])
        let p = positions(i, below: x.shape[0])
        return Reference(shape: i.shape) { x[[p[$0[0] * i.shape[1] + $0[1]], $0[1]]] }
      },
      movement(
        "gathered, axis 1", shapes: { [[$0.m, $0.n + 1], [$0.m, $0.k]] },
        { TableResult($0[0].gathered(at: positions($0[1], below: $0[0].shape[1]), axis: 1)) }
      ) { operands in
        let (x, i) = (operands[0], operands[1])
        let p = positions(i, below: x.shape[1])
        return Reference(shape: i.shape) { x[[$0[0], p[$0[0] * i.shape[1] + $0[1]]]] }
      },
      movement(
        "scattering", shapes: three,
        {
          TableResult(
            $0[0].scattering($0[2], at: positions($0[1], below: $0[0].shape[0]), axis: 0))
        }
      ) { scattered($0) { $1 } },
      movement(
        "scatteringSum", shapes: three,
        {
          TableResult(
            $0[0].scatteringSum($0[2], at: positions($0[1], below: $0[0].shape[0]), axis: 0))
        }
      ) { scattered($0, +) },
      movement(
        "scatteringProduct", shapes: three,
        {
          TableResult(
            $0[0].scatteringProduct($0[2], at: positions($0[1], below: $0[0].shape[0]), axis: 0))
        }
      ) { scattered($0, *) },
      movement(
        "scatteringMinimum", shapes: three,
        {
          TableResult(
            $0[0].scatteringMinimum($0[2], at: positions($0[1], below: $0[0].shape[0]), axis: 0))
        }
      ) { scattered($0) { Swift.min($0, $1) } },
      movement(
        "scatteringMaximum", shapes: three,
        {
          TableResult(
            $0[0].scatteringMaximum($0[2], at: positions($0[1], below: $0[0].shape[0]), axis: 0))
        }
      ) { scattered($0) { Swift.max($0, $1) } },
    ]
  }
}
