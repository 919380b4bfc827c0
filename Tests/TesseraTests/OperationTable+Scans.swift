import Execution
import Tessera
import TestSupport

extension OperationRow {
  /// What comes of all elements up to each, in plain loops.
  private static func running(
    _ x: Reference, _ axis: Int, _ next: (Double, Double) -> Double
  ) -> Reference {
    Reference(shape: x.shape) { place in
      var own = place
      return (0...place[axis]).map {
        own[axis] = $0
        return x[own]
      }.reduce(nil) { before, value in before.map { next($0, value) } ?? value }!
    }
  }

  /// h[t] = a[t] · h[t − 1] + b[t], of operands that have been broadcast.
  private static func recurrence(
    _ a: Reference, _ b: Reference, axis: Int, from initial: ([Int]) -> Double = { _ in 0 }
  ) -> Reference {
    let a = Reference.broadcast([a, b]) { $0[0] }
    let b = Reference.broadcast([a, b]) { $0[1] }
    return Reference(shape: a.shape) { place in
      var own = place
      own[axis] = 0
      var h = initial(own)
      for t in 0...place[axis] {
        own[axis] = t
        h = a[own] * h + b[own]
      }
      return h
    }
  }

  /// Rows of running products and extremes, and of recurrences.
  static var scans: [OperationRow] { running + recurrences }

  private static var running: [OperationRow] {
    [
      movement("cumulativeProduct(axis: 0)", { TableResult($0[0].cumulativeProduct(axis: 0)) }) {
        running($0[0], 0, *)
      },
      movement("cumulativeProduct(axis: -1)", { TableResult($0[0].cumulativeProduct(axis: -1)) }) {
        running($0[0], 1, *)
      },
      movement("cumulativeMaximum(axis: 0)", { TableResult($0[0].cumulativeMaximum(axis: 0)) }) {
        running($0[0], 0, max)
      },
      movement("cumulativeMinimum(axis: 1)", { TableResult($0[0].cumulativeMinimum(axis: 1)) }) {
        running($0[0], 1, min)
      },
      movement(
        "cumulativeMaximum of a row", shapes: { [[$0.m * $0.n]] },
        { TableResult($0[0].cumulativeMaximum(axis: 0)) }
      ) { running($0[0], 0, max) },
    ]
  }

  /// Recurrences that do not grow: those that do ask the ranks one after the other, which no plan
  /// knows before.
  private static var recurrences: [OperationRow] {
    let isFloatingPoint = Scalar.scalarType.isFloatingPoint
    let coefficient = isFloatingPoint ? 0.5 : 3
    let number = Scalar(scalarValue: ScalarValue(coefficient, as: Scalar.scalarType))
    let rows: [OperationRow] = [
      movement(
        "linearRecurrence", shapes: { [[$0.m, $0.n], [$0.m, $0.n]] },
        { TableResult(linearRecurrence(coefficients: $0[0], inputs: $0[1], axis: 0)) }
      ) { recurrence($0[0], $0[1], axis: 0) },
      movement(
        "linearRecurrence of columns", shapes: { [[$0.m, 1], [$0.n]] },
        { TableResult(linearRecurrence(coefficients: $0[0], inputs: $0[1], axis: 1)) }
      ) { recurrence($0[0], $0[1], axis: 1) },
      movement(
        "linearRecurrence from initial values", shapes: { [[$0.n], [$0.m, $0.n], [$0.n]] },
        {
          TableResult(
            linearRecurrence(coefficients: $0[0], inputs: $0[1], initial: $0[2], axis: 0))
        }
      ) { operands in
        recurrence(operands[0], operands[1], axis: 0) { operands[2][[$0[1]]] }
      },
      movement(
        "linearRecurrence along the last axis", shapes: { [[$0.m, $0.n], [$0.m, $0.n], [$0.m]] },
        {
          TableResult(
            linearRecurrence(coefficients: $0[0], inputs: $0[1], initial: $0[2], axis: -1))
        }
      ) { operands in
        recurrence(operands[0], operands[1], axis: 1) { operands[2][[$0[0]]] }
      },
      movement(
        "linearRecurrence with one coefficient", shapes: { [[$0.m, $0.n], []] },
        {
          TableResult(
            linearRecurrence(coefficients: number, inputs: $0[0], initial: $0[1], axis: 1))
        }
      ) { operands in
        recurrence(Reference(shape: [1], values: [coefficient]), operands[0], axis: 1) { _ in
          operands[1].values[0]
        }
      },
    ]
    return rows.map { row in
      var row = row
      let element = row.element
      if isFloatingPoint { row.element = { element($0) / 8 } }
      return row
    }
  }
}
