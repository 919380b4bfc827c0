import Execution

/// The order of the first two axes of `meshGrid`.
public enum GridOrder: Sendable {
  /// The axis of the first row comes second, as of pictures: [y, x, …]. What NumPy and PyTorch call
  /// "xy".
  case columnsFirst
  /// Axes come in the order of the rows: [x, y, …]. What NumPy and PyTorch call "ij".
  case rowsFirst
}

/// The coordinates of all points of a grid whose axes have the given coordinates: for each row a
/// tensor of the grid's shape, which varies along the row's own axis. Of x with m and y with n
/// elements two tensors of shape [n, m]; [m, n] in the order of rows.
///
/// Views: nothing is stored until they are written to or read as wholes. Local.
///
/// - Parameters:
///   - rows: at most 32, of one axis each.
///   - order: which axis of the grid the first two rows vary along; NumPy's default.
public func meshGrid<S: TensorScalar>(
  _ rows: [Tensor<S>], order: GridOrder = .columnsFirst
) -> [Tensor<S>] {
  orEnd { () throws(TensorError) in
    guard rows.count <= 32, rows.allSatisfy({ $0.shape.count == 1 }) else {
      throw TensorError(
        "meshGrid",
        given: rows.count <= 32 ? "shapes \(rows.map(\.shape))" : "\(rows.count) tensors",
        expected: "at most 32 tensors of one axis each")
    }
    var axes = Array(rows.indices)
    if order == .columnsFirst, rows.count > 1 { axes.swapAt(0, 1) }
    var shape = Shape(repeatElement(1, count: rows.count))
    for (row, axis) in zip(rows, axes) { shape[axis] = row.shape[0] }
    shape = try shape.validated(for: "meshGrid")
    var result: [Tensor<S>] = []
    for (row, axis) in zip(rows, axes) {
      var own = Shape(repeatElement(1, count: rows.count))
      own[axis] = row.shape[0]
      result.append(
        Tensor(try Expand(to: shape).apply([try Reshape(own).apply([row.body])])))
    }
    return result
  }
}

/// The Euclidean distances between the rows of two matrices, [m, k] and [n, k]: [m, n]. Further
/// axes in front broadcast.
///
/// They are norms of differences, so that equal rows are exactly at distance 0, close ones keep all
/// digits, and no square over- or underflows; the slope is taken to be 0 where rows are equal.
/// m · n · k differences. Nothing moves where one operand is sharded along its rows and the other
/// replicated; else operands are aligned, as by `-`, and where the columns are sharded one number
/// for each distance is all-reduced. Then collective.
public func distances<S: FloatingPointTensorScalar>(
  _ a: Tensor<S>, _ b: Tensor<S>
) -> Tensor<S> {
  orEnd(a.body.runtime) { () throws(TensorError) in
    guard a.shape.count >= 2, b.shape.count >= 2, a.shape.last == b.shape.last else {
      throw TensorError(
        "distances", given: "shapes \(a.shape) and \(b.shape)",
        expected: "[…, m, k] and […, n, k], with the same k")
    }
    let (left, right) = (a.expandingAxis(at: -2), b.expandingAxis(at: -3))
    let shape = try Shape.broadcast([left.shape, right.shape], for: "distances")
    let difference = try Binary(.subtract).apply([left.body, right.body])
    return Tensor(
      try Norm(axes: [shape.count - 1], keepingAxes: false).apply([difference]))
  }
}
