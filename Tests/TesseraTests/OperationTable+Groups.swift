import Foundation
import Tessera
import TestSupport

extension OperationRow {
  /// What lies beyond the ends of an axis, and grids.
  static var margins: [OperationRow] {
    func padded(_ name: String, _ padding: Tensor<Scalar>.Padding, _ walk: Walk) -> OperationRow {
      movement(
        "padded by \(name)", { TableResult($0[0].padded([(2, 1), (0, 5)], by: padding)) }
      ) { operands in
        let x = operands[0]
        guard !x.shape.contains(0) else { return nil }
        return Reference(shape: [x.shape[0] + 3, x.shape[1] + 5]) { place in
          x[[walk.position(place[0] - 2, x.shape[0]), walk.position(place[1], x.shape[1])]]
        }
      }
    }
    return [
      padded("edge", .edge, .stay), padded("reflection", .reflection, .turn),
      padded("mirroring", .mirroring, .turnOnEdge), padded("wrapping", .wrapping, .jump),
      movement(
        "meshGrid", shapes: { [[$0.m], [$0.n]] },
        {
          let grid = meshGrid([$0[0], $0[1]])
          return TableResult(grid[0] + 3 * grid[1])
        }
      ) { operands in
        Reference(shape: [operands[1].shape[0], operands[0].shape[0]]) {
          operands[0][[$0[1]]] + 3 * operands[1][[$0[0]]]
        }
      },
      movement(
        "meshGrid of rows", shapes: { [[$0.m], [$0.n], [2]] },
        { operands in
          let grid = meshGrid(operands, order: .rowsFirst)
          return TableResult(grid[0] + 3 * grid[1] * grid[2])
        }
      ) { operands in
        Reference(shape: operands.map { $0.shape[0] }) {
          operands[0][[$0[0]]] + 3 * operands[1][[$0[1]]] * operands[2][[$0[2]]]
        }
      },
    ]
  }

  /// How often what occurs.
  static var counting: [OperationRow] {
    [
      unary("floorDivided by 3", { TableResult($0.floorDivided(by: 3)) }) {
        ($0 / 3).rounded(.down)
      },
      binary("floorDivided", { TableResult($0.floorDivided(by: $1.square() + 1)) }) {
        ($0 / ($1 * $1 + 1)).rounded(.down)
      },
      movement("mean of a mask", { TableResult(($0[0] .> 0).mean(axes: 1)) }) {
        $0[0].reduced([1]) { Double($0.count { $0 > 0 }) / Double($0.count) }
      }.withoutDerivative(),
      movement("binCounts", { TableResult(numbers($0[0]).binCounts(bins: 4)) }) { operands in
        Reference(shape: [4]) { bin in
          Double(operands[0].values.count { $0.rounded(.towardZero) == Double(bin[0]) })
        }
      },
      movement("binCounts of what it finds", { TableResult(numbers($0[0]).binCounts()) }) {
        let values = $0[0].values.map { $0.rounded(.towardZero) }
        return Reference(shape: [Int(max(-1, values.max() ?? -1)) + 1]) { bin in
          Double(values.count { $0 == Double(bin[0]) })
        }
      },
      movement(
        "binCounts with weights", shapes: { [[$0.m, $0.n], [$0.m, $0.n]] },
        { TableResult(numbers($0[1]).binCounts(bins: 3, weights: $0[0])) }
      ) { operands in
        let labels = operands[1].values.map { $0.rounded(.towardZero) }
        return Reference(shape: [3]) { bin in
          zip(operands[0].values, labels).reduce(0) { $0 + ($1.1 == Double(bin[0]) ? $1.0 : 0) }
        }
      },
      movement(
        "histogram of its range",
        {
          let found = $0[0].converted(to: Double.self).histogram(bins: 4)
          return TableResult(concatenate([found.counts.converted(to: Double.self), found.edges]))
        }
      ) { operands in
        let values = operands[0].values
        var (low, high) = (values.min() ?? 0, values.max() ?? 1)
        if low == high { (low, high) = (low - 0.5, high + 0.5) }
        let edges = (0...4).map { low + Double($0) * (high - low) / 4 }
        let counts = (0..<4).map { bin in
          values.count { $0 >= edges[bin] && ($0 < edges[bin + 1] || bin == 3) }
        }
        return Reference(shape: [9], values: counts.map { Double($0) } + edges)
      }.withoutDerivative(),
      uniqued("values", { TableResult($0[0].uniqued().values) }) { values, _ in values },
      uniqued("positions", { TableResult($0[0].uniqued().positions) }) { values, all in
        values.map { Double(all.firstIndex(of: $0)!) }
      },
      uniqued("counts", { TableResult($0[0].uniqued().counts) }) { values, all in
        values.map { value in Double(all.count { $0 == value }) }
      },
      movement("uniqued, inverse", { TableResult($0[0].uniqued().inverse) }) { operands in
        let values = Set(operands[0].values).sorted()
        return operands[0].map { Double(values.firstIndex(of: $0)!) }
      },
    ]
  }

  private static func uniqued(
    _ name: String, _ run: @escaping @Sendable ([Tensor<Scalar>]) throws -> TableResult,
    _ find: @escaping @Sendable (_ values: [Double], _ all: [Double]) -> [Double]
  ) -> OperationRow {
    movement("uniqued, \(name)", run) { operands in
      let found = find(Set(operands[0].values).sorted(), operands[0].values)
      return Reference(shape: [found.count], values: found)
    }.withoutDerivative()
  }

  /// Labels, which are no groups where they are negative or too large.
  private static func numbers(_ x: Tensor<Scalar>) -> Tensor<Int16> { x.converted(to: Int16.self) }

  /// Reductions by group, over three groups and a fourth one that often has no element.
  static var groups: [OperationRow] {
    func row(
      _ name: String, _ axis: Int, nothing: Double,
      _ run: @escaping @Sendable (Tensor<Scalar>.Groups) -> TableResult,
      _ reduce: @escaping @Sendable (Double, Double) -> Double
    ) -> OperationRow {
      movement(
        "\(name) by group, axis \(axis)", shapes: { [[$0.m, $0.n], [axis == 0 ? $0.m : $0.n]] },
        { run($0[0].grouped(by: numbers($0[1]), into: 4, axis: axis)) }
      ) { operands in
        let x = operands[0]
        var shape = x.shape
        shape[axis] = 4
        return Reference(shape: shape) { place in
          (0..<x.shape[axis]).reduce(nothing) { result, position in
            var own = place
            own[axis] = position
            let isOwn = operands[1][[position]].rounded(.towardZero) == Double(place[axis])
            return isOwn ? reduce(result, x[own]) : result
          }
        }
      }
    }
    return [
      row("sums", 0, nothing: 0, { TableResult($0.sum()) }, +),
      row("sums", 1, nothing: 0, { TableResult($0.sum()) }, +),
      // Groups without an element have the ends of the type, which are brought near.
      row("minima", 0, nothing: 9, { TableResult(minimum($0.min(), 9)) }) { min($0, $1) },
      row("maxima", 1, nothing: -9, { TableResult(maximum($0.max(), -9)) }) { max($0, $1) },
      movement(
        "sizes of groups", shapes: { [[$0.m]] },
        { TableResult($0[0].grouped(by: numbers($0[0]), into: 2).sizes) }
      ) { operands in
        Reference(shape: [2]) { group in
          Double(operands[0].values.count { $0.rounded(.towardZero) == Double(group[0]) })
        }
      },
    ]
  }
}

/// What a walk beyond the ends of an axis does there.
private enum Walk {
  case stay, turn, turnOnEdge, jump

  func position(_ place: Int, _ extent: Int) -> Int {
    if (0..<extent).contains(place) { return place }
    var position = place < 0 ? 0 : extent - 1
    var step = place < 0 ? -1 : 1
    for _ in 0..<(place < 0 ? -place : place - extent + 1) {
      if (0..<extent).contains(position + step) {
        position += step
        continue
      }
      switch self {
      case .stay: break
      case .turn:
        step = -step
        if extent > 1 { position += step }
      case .turnOnEdge: step = -step
      case .jump: position = step < 0 ? extent - 1 : 0
      }
    }
    return position
  }
}
