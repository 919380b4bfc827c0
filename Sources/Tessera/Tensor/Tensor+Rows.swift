import Execution

extension Tensor {
  /// Rows at the positions of an index tensor along an axis: the axis gives way to the axes of
  /// `indices`. Negative positions count from the end.
  ///
  /// Where the axis is whole on every rank this is local, and the result is cut as the tensor or
  /// the indices are. Where the axis is sharded the result is cut along the first axis of the
  /// indices; then collective. Rows travel from their owners, who know indices that are replicated.
  /// Of others, ranks send each owner its own (8 bytes each), after they have told how many there
  /// are (8 bytes for each two ranks); or all ranks gather the tensor, or the indices, where that
  /// is less. A dry run takes indices that are sent for spread evenly over the axis. A position out
  /// of range ends the job with a message; it names the rank where only that one holds the index.
  public func taking<Index: IntegerTensorScalar>(
    _ indices: Tensor<Index>, axis: Int = 0
  ) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      try taken(at: indices.positions, axis: shape.resolvedAxis(axis, for: "taking"))
    }
  }

  /// Rows at the given positions along an axis.
  public func taking(_ indices: [Int], axis: Int = 0) -> Tensor {
    body.runtime.makeCurrent {
      taking(Tensor<Int64>(indices.map(Int64.init), shape: [indices.count]), axis: axis)
    }
  }

  /// What `taking` gives, throwing.
  package func taken(at positions: Tensor<Int64>, axis: Int) throws(TensorError) -> Tensor {
    let isRouted = body.sharding.division(of: axis) != nil
    if isRouted, positions.shape.isEmpty {
      let row = try taken(at: positions.reshaped([1]), axis: axis)
      return row.squeezed(axes: Axes(axis))
    }
    let way = way(to: positions, axis: axis, writes: false)
    return try body.runtime.together(isShared: isRouted, endsInExchange: way != .everywhere) {
      () throws(TensorError) in
      let (route, indices) = try route(to: positions, axis: axis, way, for: "taking")
      let source = way == .everywhere ? try Redistribute(to: .replicated).apply([body]) : body
      return Tensor(try Take(route).apply([source] + indices))
    }
  }

  /// Replaces rows in place, throwing; nothing is written if it throws.
  package mutating func put(
    _ value: Tensor, at positions: Tensor<Int64>, axis: Int
  ) throws(TensorError) {
    let isRouted = body.sharding.division(of: axis) != nil
    if isRouted, positions.shape.isEmpty {
      // The value has no place for the axis, which stands before its last ones.
      let place = value.shape.count - (shape.count - axis - 1)
      return try put(
        place >= 0 ? value.expandingAxis(at: place) : value,
        at: positions.reshaped([1]), axis: axis)
    }
    let way = way(to: positions, axis: axis, writes: true)
    try body.runtime.together(isShared: isRouted, endsInExchange: true) { () throws(TensorError) in
      let (route, indices) = try route(to: positions, axis: axis, way, for: "index assignment")
      try PutRows(route).applyInPlace(to: &body, indices + [value.body])
    }
  }

  /// How rows along an axis and positions come together; nil where the axis is whole.
  private func way(to positions: Tensor<Int64>, axis: Int, writes: Bool) -> RowWay? {
    guard body.sharding.division(of: axis) != nil else { return nil }
    // Those that all ranks have are known where a plan is only explained, too.
    if positions.sharding.isReplicated { return .list }
    return Planner.rowWay(
      body.description, positions.body.description, axis: axis, writes: writes)
  }

  /// How positions along an axis are known, and the operand that they are where they are one.
  /// Collective if the axis is cut and the positions are sharded.
  private func route(
    to positions: Tensor<Int64>, axis: Int, _ way: RowWay?, for operation: String
  ) throws(TensorError) -> (route: IndexRoute, operands: [Body]) {
    switch way {
    case nil: return (.operand(axis: axis), [positions.body])
    case .everywhere:
      let indices = try positions.cutAlongFirstAxis(like: sharding.cut(of: axis)!)
      return (.operand(axis: axis), [indices])
    case .requests:
      let cut = sharding.cut(of: axis)!
      let indices = try positions.cutAlongFirstAxis(like: cut)
      let counts = try Tensor<Int64>(indices).requests(of: cut.points, for: operation)
      return (.requests(axis: axis, counts: counts), [indices])
    case .list:
      let all =
        positions.sharding.isReplicated
        ? positions.body : try Redistribute(to: .replicated).apply([positions.body])
      let executor = body.runtime.executor
      let block = try executor.contiguous(try all.block)
      // Who sends what to whom follows from them, so that they must be there.
      _ = try executor.bytes(of: block, for: operation)
      let numbers = try block.listedPositions(extent: shape[axis], for: operation)
      var takers = CutPoints(evenly: positions.shape[0], into: sharding.mesh.count)
      if let cut = positions.sharding.cut(of: 0) { takers = cut.points }
      let list = RowList(axis: axis, shape: positions.shape, takers: takers, positions: numbers)
      return (.list(list), [])
    }
  }
}

extension Tensor<Int64> {
  /// Positions as ranks send them: cut along their first axis, over the ranks that cut the rows.
  fileprivate func cutAlongFirstAxis(like cut: AxisCut) throws(TensorError) -> Body {
    if let own = sharding.cut(of: 0), own.over == cut.over { return body }
    let even = AxisCut(
      axis: 0, over: cut.over, points: CutPoints(evenly: shape[0], into: cut.points.count))
    return try Redistribute(to: Sharding(mesh: sharding.mesh, cuts: [even])).apply([body])
  }

  /// How many positions each rank has in each part of a cut axis; in a dry run, which cannot count
  /// them, as if they were spread evenly over the axis.
  fileprivate func requests(
    of owners: CutPoints, for operation: String
  ) throws(TensorError) -> [Int] {
    let counts = try CountRequests(name: operation, owners: owners).apply([body])
    guard body.runtime.executor.holdsElements else {
      let takers = sharding.cut(of: 0)!.points
        .scaled(by: shape.elementCount(of: 1..<shape.count))
      return (0..<takers.count).flatMap { owners.shares(of: takers.range(of: $0).count) }
    }
    return try Tensor(counts).localScalars(for: operation).map { Int($0) }
  }
}

extension CutPoints {
  /// A number of positions shared out to the parts by their lengths.
  fileprivate func shares(of count: Int) -> [Int] {
    let ends = points.map {
      extent == 0 ? 0 : extent.dividingFullWidth(count.multipliedFullWidth(by: $0)).quotient
    }
    return zip(ends, ends.dropFirst()).map { $1 - $0 }
  }
}

extension Tensor {
  /// Elements picked along an axis, one for each index: for axis 0 of a matrix, result[i, j] is
  /// x[indices[i, j], j]. The indices agree with the tensor in all other axes.
  ///
  /// A tensor that is sharded along the axis is sharded along another one for it; then collective,
  /// as it is where tensor and indices are cut differently.
  public func gathered<Index: IntegerTensorScalar>(
    at indices: Tensor<Index>, axis: Int
  ) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "gathered")
      return Tensor(try GatherAlong(axis: axis).apply([body, indices.positions.body]))
    }
  }

  /// The tensor with elements replaced along an axis, one for each index: for axis 0 of a matrix,
  /// x[indices[i, j], j] becomes values[i, j]. The indices agree with the tensor in all other axes,
  /// values broadcast to the indices; of several values for one place the last in row-major order
  /// stays. Communicates as `gathered` does; the result lies as the tensor does.
  public func scattering<Index: IntegerTensorScalar>(
    _ values: Tensor, at indices: Tensor<Index>, axis: Int
  ) -> Tensor {
    scattered(values, indices.positions, axis, combining: nil)
  }

  private func scattered(
    _ values: Tensor, _ indices: Tensor<Int64>, _ axis: Int, combining reduction: Reduction?
  ) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let name = ScatterAlong(axis: 0, combining: reduction).name
      let axis = try shape.resolvedAxis(axis, for: name)
      if reduction == .sum, sendsValues(to: indices) {
        return try body.runtime.together { () throws(TensorError) in
          let owners = sharding.cut(of: 0)!.points
          let counts = try indices.requests(of: owners, for: name)
          let scatter = ScatterAlong(axis: 0, combining: .sum, counts: counts)
          return Tensor(try scatter.apply([body, indices.body, values.body]))
        }
      }
      let scatter = ScatterAlong(axis: axis, combining: reduction)
      return Tensor(try scatter.apply([body, indices.body, values.body]))
    }
  }

  /// Whether values of a vector that is cut go to the owners of their places: where these are many
  /// beside the values, which lie as their indices do.
  private func sendsValues(to indices: Tensor<Int64>) -> Bool {
    guard shape.count == 1, indices.shape.count == 1,
      let cut = body.sharding.division(of: 0),
      indices.sharding.cut(of: 0)?.over == cut.over
    else { return false }
    return way(to: indices, axis: 0, writes: false) == .requests
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// The same with values added to what is there, all of them where several have one place.
  ///
  /// Where the indices are sharded along the axis itself, each rank may add its own values to
  /// zeros, and the results are summed; or values go to the owners of places of a sharded vector.
  /// Then the result lies as the tensor does, too.
  public func scatteringSum<Index: IntegerTensorScalar>(
    _ values: Tensor, at indices: Tensor<Index>, axis: Int
  ) -> Tensor {
    scattered(values, indices.positions, axis, combining: .sum)
  }

  /// The same with what is there multiplied by values, by all of them where several have one place.
  public func scatteringProduct<Index: IntegerTensorScalar>(
    _ values: Tensor, at indices: Tensor<Index>, axis: Int
  ) -> Tensor {
    scattered(values, indices.positions, axis, combining: .product)
  }

  /// The same with the smallest of what is there and the values of each place; NaN wins, as it does
  /// in `min`. Those that are the smallest share the cotangent of their place alike.
  public func scatteringMinimum<Index: IntegerTensorScalar>(
    _ values: Tensor, at indices: Tensor<Index>, axis: Int
  ) -> Tensor {
    scattered(values, indices.positions, axis, combining: .min)
  }

  /// The same with the largest; NaN wins, as it does in `max`. Those that are the largest share the
  /// cotangent of their place alike.
  public func scatteringMaximum<Index: IntegerTensorScalar>(
    _ values: Tensor, at indices: Tensor<Index>, axis: Int
  ) -> Tensor {
    scattered(values, indices.positions, axis, combining: .max)
  }
}
