import Execution

extension Tensor {
  /// The same elements in another shape; one -1 is inferred.
  ///
  /// Local unless the sharded axis is joined with others or split: fewer than one row a boundary
  /// moves where it is the outermost of them.
  public func reshaped(_ shape: Shape) -> Tensor { .applying(Reshape(shape), body) }

  /// The same elements in a shape of the given extents; one -1 is inferred.
  public func reshaped(_ extents: Int...) -> Tensor { reshaped(Shape(extents)) }

  /// All elements in one axis.
  public func flattened() -> Tensor {
    shape.count == 1 ? self : reshaped([elementCount])
  }

  /// Axes in reverse order. A view.
  public func transposed() -> Tensor { .applying(Permute(Array(shape.indices.reversed())), body) }

  /// Two axes exchanged. A view.
  public func transposed(_ first: Int, _ second: Int) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      var axes = Array(shape.indices)
      axes.swapAt(
        try shape.resolvedAxis(first, for: "transposed"),
        try shape.resolvedAxis(second, for: "transposed"))
      return Tensor(try Permute(axes).apply([body]))
    }
  }

  /// Axes in the given order. A view.
  public func permuted(_ axes: Int...) -> Tensor { permuted(axes) }

  /// Axes in the given order, each named once; negative ones count from the end. A view.
  public func permuted(_ axes: [Int]) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      Tensor(try Permute(given: axes, for: shape).apply([body]))
    }
  }

  /// With a new axis of extent 1 at a position of the result.
  public func expandingAxis(at position: Int) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      var result = shape
      result.append(1)
      let axis = try result.resolvedAxis(position, for: "expandingAxis")
      result = shape
      result.insert(1, at: axis)
      return Tensor(try Reshape(result).apply([body]))
    }
  }

  /// Without axes of extent 1, or without those named, which must have extent 1.
  public func squeezed(axes: Axes? = nil) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let named = try axes?.resolved(in: shape, for: "squeezed")
      if let named, named.contains(where: { shape[$0] != 1 }) {
        throw TensorError(
          "squeezed", given: "axes \(named) of shape \(shape)", expected: "axes of extent 1")
      }
      let dropped = named ?? shape.indices.filter { shape[$0] == 1 }
      return Tensor(
        try Reshape(shape.reduced(over: dropped, keepingAxes: false)).apply([body]))
    }
  }

  /// Repeated along axes of extent 1 and new leading ones. A view.
  public func expanded(to shape: Shape) -> Tensor { .applying(Expand(to: shape), body) }

  /// Elements in reverse order along some axes. Along the sharded axis elements change owner.
  public func flipped(axes: Axes) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      Tensor(try Flip(axes: try axes.resolved(in: shape, for: "flipped")).apply([body]))
    }
  }

  /// The same tensor under another placement. Only elements that change owner travel.
  ///
  /// Collective: called by all ranks.
  public func redistributed(to placement: Placement) -> Tensor {
    .applying(Redistribute(to: placement), body)
  }

  /// The same tensor cut like another one of the same shape.
  public func redistributed(to sharding: Sharding) -> Tensor {
    .applying(Redistribute(to: sharding), body)
  }
}

/// Tensors one after another along an axis. Sharded ones stay where they are as far as cut points
/// allow.
///
/// Collective if elements change owner.
public func concatenate<S: TensorScalar>(_ tensors: [Tensor<S>], axis: Int = 0) -> Tensor<S> {
  orEnd(tensors.first?.body.runtime ?? .current) { () throws(TensorError) in
    try concatenated(tensors.map(\.body), axis: axis).typed()
  }
}

/// Tensors of one shape along a new axis. Collective if elements change owner.
public func stack<S: TensorScalar>(_ tensors: [Tensor<S>], axis: Int = 0) -> Tensor<S> {
  orEnd(tensors.first?.body.runtime ?? .current) { () throws(TensorError) in
    guard let first = tensors.first else {
      throw TensorError("stack", given: "no tensors", expected: "at least one")
    }
    for tensor in tensors where tensor.shape != first.shape {
      throw TensorError(
        "stack", given: "shapes \(tensors.map(\.shape))", expected: "tensors of one shape")
    }
    let position = axis < 0 ? axis + first.shape.count + 1 : axis
    guard (0...first.shape.count).contains(position) else {
      throw TensorError(
        "stack", given: "axis \(axis) for tensors of shape \(first.shape)",
        expected: "an axis in \(-first.shape.count - 1)...\(first.shape.count)")
    }
    let expanded = tensors.map { $0.expandingAxis(at: position).body }
    return try concatenated(expanded, axis: position).typed()
  }
}

/// The bodies one after another along an axis.
package func concatenated(_ bodies: [Body], axis: Int) throws(TensorError) -> Body {
  guard let first = bodies.first else {
    throw TensorError("concatenate", given: "no tensors", expected: "at least one")
  }
  let axis = try first.shape.resolvedAxis(axis, for: "concatenate")
  return try Concatenate(axis: axis).apply(bodies)
}

extension Body {
  func typed<S>() -> Tensor<S> { Tensor(self) }
}

extension Tensor {
  /// Parts of equal extent along an axis, which `count`, at most 2²⁰, must divide. Elements stay
  /// where they are.
  public func split(_ count: Int, axis: Int = 0) -> [Tensor] {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "split")
      // An empty axis can be divided by anything, and a repeated one may be of any length, but the
      // parts must still be told one by one.
      guard (1...1 << 20).contains(count), shape[axis].isMultiple(of: count) else {
        throw TensorError(
          "split", given: "\(count) parts of axis \(axis) of shape \(shape)",
          expected: "a number of parts that divides the extent, at most \(1 << 20)")
      }
      return try parts([Int](repeating: shape[axis] / count, count: count), axis: axis)
    }
  }

  /// Parts of the given extents along an axis, which must add up to its extent.
  public func split(extents: [Int], axis: Int = 0) -> [Tensor] {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "split")
      // What is left of the axis, or -1, as a sum might be beyond the largest number.
      let left = extents.reduce(shape[axis]) { $1 >= 0 && $1 <= $0 ? $0 - $1 : -1 }
      guard left == 0 else {
        throw TensorError(
          "split", given: "extents \(extents) of axis \(axis) of shape \(shape)",
          expected: "extents that add up to \(shape[axis])")
      }
      return try parts(extents, axis: axis)
    }
  }

  private func parts(_ extents: [Int], axis: Int) throws(TensorError) -> [Tensor] {
    var start = 0
    var parts: [Tensor] = []
    for extent in extents {
      parts.append(
        Tensor(try Slice(start..<start + extent, along: axis, of: shape).apply([body])))
      start += extent
    }
    return parts
  }
}
