import Execution

// Tensors made of parts and copies of another one: slices and concatenations, of which only what
// changes owner travels.
extension Tensor {
  /// The tensor repeated as a whole, `counts` times along each of its last axes.
  ///
  /// Collective if it is sharded along an axis that is repeated.
  public func tiled(_ counts: Int...) -> Tensor { tiled(counts) }

  /// The same with the counts in an array.
  public func tiled(_ counts: [Int]) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      guard counts.allSatisfy({ $0 >= 0 }) else {
        throw TensorError(
          "tiled", given: "counts \(counts)", expected: "counts that are not negative")
      }
      let added = Swift.max(counts.count - shape.count, 0)
      var result = self
      result.body = try Reshape(Shape(repeatElement(1, count: added) + shape)).apply([body])
      for (axis, count) in zip(result.shape.indices.suffix(counts.count), counts) where count != 1 {
        result = try result.tiled(count, along: axis)
      }
      return result
    }
  }

  private func tiled(_ count: Int, along axis: Int) throws(TensorError) -> Tensor {
    if count == 0 { return Tensor(try Slice(0..<0, along: axis, of: shape).apply([body])) }
    let wide = try expansion(by: count, before: axis, for: "tiled")
    var rows = expandingAxis(at: axis)
    if sharding.isCut(along: axis) {
      // Where the axis is cut, only what changes owner travels; of many copies every rank has a
      // whole one.
      if count < sharding.count {
        return Tensor(try Concatenate(axis: axis).apply([Body](repeating: body, count: count)))
      }
      rows = rows.redistributed(to: .replicated)
    }
    var copies = try Expand(to: wide).apply([rows.body])
    if sharding.isCut(along: axis) {
      copies = try Redistribute(to: .sharded(axis: axis)).apply([copies])
    }
    var result = shape
    result[axis] *= count
    return Tensor(try Reshape(result).apply([copies]))
  }

  /// The shape with a new axis, which must be countable.
  private func expansion(
    by count: Int, before axis: Int, for operation: String
  ) throws(TensorError) -> Shape {
    var wide = shape
    wide.insert(count, at: axis)
    return try wide.validated(for: operation)
  }

  /// Every element, or row, repeated `count` times in its place along an axis. Local.
  public func repeated(_ count: Int, axis: Int) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "repeated")
      guard count >= 0 else {
        throw TensorError(
          "repeated", given: "\(count) times", expected: "a number that is not negative")
      }
      let wide = try expansion(by: count, before: axis + 1, for: "repeated")
      var result = shape
      result[axis] *= count
      let expanded = expandingAxis(at: axis + 1)
      return Tensor(
        try Reshape(result).apply([try Expand(to: wide).apply([expanded.body])]))
    }
  }

  /// Elements moved by a distance along an axis; what leaves at one end comes in at the other.
  ///
  /// Elementwise operations on a large result and its reductions read the elements where they are;
  /// other uses store it. Collective if the tensor is sharded along that axis, and stored then.
  public func rolled(by distance: Int, axis: Int) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "rolled")
      let extent = shape[axis]
      if extent == 0 { return self }
      let shift = ((distance % extent) + extent) % extent
      if shift == 0 { return self }
      return Tensor(try Roll(by: shift, axis: axis).apply([body]))
    }
  }

  /// With a value before and after the elements of each of the last axes: `padded([(1, 1), (0, 2)],
  /// with: 0)` adds a row on either side and two columns at the end.
  ///
  /// Collective if the tensor is sharded along an axis that is padded.
  public func padded(_ widths: [(before: Int, after: Int)], with value: Scalar) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      guard widths.count <= shape.count,
        widths.allSatisfy({ $0.before >= 0 && $0.after >= 0 })
      else {
        throw TensorError(
          "padded", given: "widths \(widths.map { [$0.before, $0.after] }) for shape \(shape)",
          expected: "two widths for each of some last axes, not negative")
      }
      var result = self
      for (axis, (before, after)) in zip(shape.indices.suffix(widths.count), widths) {
        var parts = [result]
        for (width, isBefore) in [(before, true), (after, false)] where width > 0 {
          var margin = result.shape
          margin[axis] = width
          _ = try margin.validated(for: "padded")
          let part = body.runtime.makeCurrent { Tensor.full(margin, value) }
          parts.insert(part, at: isBefore ? 0 : parts.count)
        }
        if parts.count > 1 { result = Tensor(try concatenated(parts.map(\.body), axis: axis)) }
      }
      return result
    }
  }

  /// The parts along an axis, one for each position, at most 2²⁰, without that axis. `rows` makes
  /// each when its turn comes.
  public func unstacked(axis: Int = 0) -> [Tensor] {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "unstacked")
      guard shape[axis] <= 1 << 20 else {
        throw TensorError(
          "unstacked", given: "axis \(axis) of shape \(shape)",
          expected: "at most \(1 << 20) parts; rows makes each part when its turn comes")
      }
      return try (0..<shape[axis]).map { (position) throws(TensorError) in
        Tensor(try Slice(Selection(position, along: axis, of: shape)).apply([body]))
      }
    }
  }

  /// The parts along the first axis, to go through: `for row in x.rows`.
  ///
  /// Each part is a view, made when its turn comes; of a sharded tensor its owner holds it.
  public var rows: Rows {
    orEnd(body.runtime) { () throws(TensorError) in
      guard !shape.isEmpty else {
        throw TensorError("rows", given: "a single value", expected: "at least one axis")
      }
      return Rows(tensor: self)
    }
  }

  /// The parts of a tensor along its first axis.
  public struct Rows: RandomAccessCollection, Sendable {
    fileprivate let tensor: Tensor

    /// 0.
    public var startIndex: Int { 0 }
    /// The extent of the first axis.
    public var endIndex: Int { tensor.shape[0] }
    /// The part at a position of the first axis, without that axis. A view.
    public subscript(position: Int) -> Tensor { tensor.picked([.expression(.index(position))]) }
  }
}

extension Tensor {
  /// A diagonal of the matrices in the last two axes: the main one, or one that lies `offset` above
  /// it, below it if that is negative. A view; elements stay with their owners.
  public func diagonal(offset: Int = 0) -> Tensor { .applying(Diagonal(offset: offset), body) }

  /// Which side of a diagonal is kept.
  public enum Triangle: Sendable {
    case lower
    case upper
  }

  /// The matrices in the last two axes with zeros beyond a diagonal, which is kept: the main one,
  /// or one that lies `offset` above it. Local.
  public func triangular(_ kept: Triangle, offset: Int = 0) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      guard shape.count >= 2 else {
        throw TensorError("triangular", given: "shape \(shape)", expected: "at least two axes")
      }
      let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
      return body.runtime.makeCurrent {
        let distance =
          Tensor<Int64>.arange(columns) - Tensor<Int64>.arange(rows).expandingAxis(at: 1)
        let isKept = kept == .lower ? distance .<= Int64(offset) : distance .>= Int64(offset)
        return select(isKept, self, Scalar(scalarValue: ScalarValue(0, as: Scalar.scalarType)))
      }
    }
  }

  /// The same tensor, evaluated: elementwise operations on large tensors wait until their result is
  /// needed, so that a chain of them is one pass over memory. A program that wants values at a
  /// certain point, to measure or to free operands, says so with this. Local.
  public func evaluated() -> Tensor {
    if body.isPending { orEnd(body.runtime) { () throws(TensorError) in _ = try body.storage } }
    return self
  }

  /// The same elements, which follow each other in row-major order in the memory of each rank: the
  /// tensor itself where they do, else a copy of its elements.
  ///
  /// Columns, transposed matrices and other views are read where they lie, at the cost of their
  /// gaps: a program that reads one many times says so with this. Local, but where values are still
  /// to be summed over ranks, which it does.
  public func contiguous() -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      var body = try self.body.brought(to: self.body.runtime, for: "contiguous")
      // A copy has values and no terms, so that what is not copied must have them, too.
      if body.sharding.partialReduction != nil {
        body = try Redistribute(to: body.sharding.reduced).apply([body])
      }
      if try body.block.isContiguous { return Tensor(body) }
      return Tensor(try Convert(to: Scalar.scalarType).apply([body]))
    }
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// Differences of neighbours along an axis, which gets one position shorter; an empty axis stays
  /// empty.
  ///
  /// Collective if the tensor is sharded along that axis: one position a rank travels.
  public func diff(axis: Int = -1) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "diff")
      if shape[axis] == 0 { return self }
      let later = try Slice(1..<shape[axis], along: axis, of: shape).apply([body])
      let earlier = try Slice(0..<shape[axis] - 1, along: axis, of: shape).apply([body])
      return Tensor(try Binary(.subtract).apply([later, earlier]))
    }
  }
}
