import Execution

extension Tensor {
  /// The elements where a mask over axes from `axis` on is true, throwing: those axes become one.
  package func masked(
    _ mask: Tensor<Bool>, axis: Int, assuming assumed: Int? = nil
  ) throws(TensorError) -> Tensor {
    if axis > 0 {
      // With the axes of the mask in front, and back.
      let covered = axis..<axis + mask.shape.count
      let others = shape.indices.filter { !covered.contains($0) }
      let front = Tensor(try Permute(Array(covered) + others).apply([body]))
      let picked = try front.masked(mask, axis: 0, assuming: assumed)
      let back = Array(1...axis) + [0] + Array((axis + 1)..<Swift.max(axis + 1, picked.shape.count))
      return Tensor(try Permute(back).apply([picked.body]))
    }
    return try picking(mask, assuming: assumed, for: "mask") {
      operand, mask, counts throws(TensorError) in
      try PickMasked(counts: counts).apply([operand, mask])
    }
  }

  /// What is made of the tensor and a mask over its first axes, both as they must lie, and of how
  /// many elements are true.
  private func picking<R>(
    _ mask: Tensor<Bool>, assuming assumed: Int?, for operation: String,
    _ make: (_ operand: Body, _ mask: Body, _ counts: [Int]) throws(TensorError) -> Body
  ) throws(TensorError) -> Tensor<R> {
    let target = try Planner.maskAlignment(body.description, mask.body.description)
    let moves =
      !target.mask.isReplicated || target.operand != body.sharding
      || target.mask != mask.sharding
    return try body.runtime.together(isShared: moves) { () throws(TensorError) in
      let operand = try Redistribute(to: target.operand).apply([body])
      let aligned = try Redistribute(to: target.mask).apply([mask.body])
      let counts = try Tensor<Bool>(aligned).trueCounts(assuming: assumed, for: operation)
      return Tensor<R>(try make(operand, aligned, counts))
    }
  }

  /// The elements where a mask over the first axes is true, as `x[mask]` gives them: those axes
  /// become one. Collective as that is.
  ///
  /// - Parameters:
  ///   - mask: of the extents of the first axes.
  ///   - count: how many of its elements are true in a dry run, which cannot count them.
  public func masked(by mask: Tensor<Bool>, assuming count: Int? = nil) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in try index([.mask(mask)], assuming: count) }
  }

  /// Writes a value where a mask over axes from `axis` on is true, in place: one that broadcasts to
  /// what is left of the axes, or a row for each true element, in order.
  package mutating func put(
    _ value: Tensor, where mask: Tensor<Bool>, axis: Int
  ) throws(TensorError) {
    let rest = shape.count - axis - mask.shape.count
    guard value.shape.count <= axis + 1 + rest else {
      throw TensorError(
        "index assignment",
        given: "a value of shape \(value.shape) for a mask of shape \(mask.shape) over \(shape)",
        expected: "a value of at most \(axis + 1 + rest) axes, as what the mask picks has")
    }
    let communicator = body.runtime.communicator
    try body.runtime.together(endsInExchange: true) { () throws(TensorError) in
      let start = communicator.collectiveCount
      let wide = try Reshape(mask.shape + Shape(repeatElement(1, count: rest))).apply([mask.body])
      var value = value
      let rowAxis = value.shape.count - rest - 1
      if rowAxis >= 0, value.shape[rowAxis] != 1 {
        value = try value.placed(where: mask, rowAxis: rowAxis)
      } else if rowAxis >= 0 {
        // One row for all: its axis stands for those of the mask.
        var shape = value.shape
        shape.replaceSubrange(rowAxis...rowAxis, with: repeatElement(1, count: mask.shape.count))
        value = Tensor(try Reshape(shape).apply([value.body]))
      }
      // Where the mask is true the value, else the tensor itself.
      try Update(Select(), at: 2, as: "index assignment")
        .applyInPlace(to: &body, [wide, value.body], since: start)
    }
  }

  /// Rows along an axis spread over the axes of a mask: each true element gets the next row.
  private func placed(where mask: Tensor<Bool>, rowAxis: Int) throws(TensorError) -> Tensor {
    let flat = try Reshape([mask.elementCount]).apply([mask.body])
    let order = Tensor<Int64>(try Cumulative(.sum, axis: 0).apply([flat]))
    let count = order.isEmpty ? 0 : Int(try order.index([.index(-1)]).checkedItem())
    guard shape[rowAxis] == count else {
      throw TensorError(
        "index assignment",
        given: "a value of shape \(shape) for a mask with \(count) true elements",
        expected: "a value with as many rows, or one that broadcasts")
    }
    // Nothing is true, so that no row is asked for.
    if count == 0 {
      var empty = shape
      empty.replaceSubrange(rowAxis...rowAxis, with: mask.shape.map { $0 == 0 ? 0 : 1 })
      return body.runtime.makeCurrent {
        Tensor.full(empty, Scalar(scalarValue: ScalarValue(0, as: Scalar.scalarType)))
      }
    }
    let counted = try ScalarBinary(.maximum, 1, order.body).apply([order.body])
    let rows = try ScalarBinary(.subtract, 1, counted).apply([counted])
    return try taken(at: Tensor<Int64>(Reshape(mask.shape).apply([rows])), axis: rowAxis)
  }

  private var isEmpty: Bool { elementCount == 0 }
}

extension Tensor where Scalar == Bool {
  /// How many elements are true: one number a rank where the tensor is sharded, else one in all.
  ///
  /// - Parameter assumed: how many there are in all, for dry runs.
  fileprivate func trueCounts(
    assuming assumed: Int?, for operation: String
  ) throws(TensorError) -> [Int] {
    let counts = Tensor<Int64>(try CountTrue().apply([body]))
    if let assumed, !body.runtime.executor.holdsElements {
      guard (0...elementCount).contains(assumed) else {
        throw TensorError(
          operation, given: "\(assumed) elements to be assumed",
          expected: "0...\(elementCount) of a mask of shape \(shape)")
      }
      _ = try Redistribute(to: .replicated).apply([counts.body])
      let parts = CutPoints(evenly: assumed, into: counts.elementCount)
      return (0..<counts.elementCount).map { parts.range(of: $0).count }
    }
    return try counts.gatheredScalars(for: operation).map { Int($0) }
  }
}

extension Tensor {
  /// The positions of elements that are not zero (or false), in row-major order: [count, axes].
  ///
  /// Elements are counted first, one number a rank; positions then stay where their elements are if
  /// the tensor is sharded along its first axis, else it is sharded along that for it. Collective
  /// if it is sharded.
  ///
  /// - Parameter count: how many there are in a dry run, which cannot count them.
  public func nonZero(assuming count: Int? = nil) -> Tensor<Int64> {
    orEnd(body.runtime) { () throws(TensorError) in
      guard !shape.isEmpty else {
        throw TensorError("nonZero", given: "a single value", expected: "at least one axis")
      }
      let zero = Scalar(scalarValue: ScalarValue(0, as: Scalar.scalarType))
      let isNonZero = self .!= zero
      return try isNonZero.picking(isNonZero, assuming: count, for: "nonZero") {
        mask, _, counts throws(TensorError) in
        try NonZero(counts: counts).apply([mask])
      }
    }
  }
}
