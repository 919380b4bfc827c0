import Execution

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// The median of all elements: of an even number of them half way between the two in the middle.
  /// Communicates as `quantile` does.
  public func median() -> Tensor { median(axes: Axes(shape.indices)) }

  /// Medians over some axes. Communicates as `quantile` does.
  public func median(axes: Axes, keepingAxes: Bool = false) -> Tensor {
    quantile(0.5, axes, keepingAxes: keepingAxes, for: "median")
  }

  /// The quantile of all elements: see `quantile(_:axes:keepingAxes:)`.
  public func quantile(_ share: Double) -> Tensor { quantile(share, axes: Axes(shape.indices)) }

  /// Quantiles over some axes: what a share of the elements is not above. Of n elements in order it
  /// is the one at the place share · (n − 1), and between two places what lies between both in a
  /// straight line, as in NumPy. NaN where one element is, and where it would lie between opposite
  /// infinities. The slope belongs to the elements at these places.
  ///
  /// Takes time linear in the elements. Local, unless the tensor is sharded along one of the axes:
  /// then other axes are sharded for it, so that each element travels once. Of a tensor without
  /// such an axis all ranks gather the elements if they are few, and else a sample, counts and
  /// candidates, some ten thousand bytes a rank. Collective then.
  ///
  /// - Parameters:
  ///   - share: in 0...1.
  ///   - axes: with at least one element to choose from.
  ///   - keepingAxes: whether these axes stay, with extent 1.
  public func quantile(_ share: Double, axes: Axes, keepingAxes: Bool = false) -> Tensor {
    quantile(share, axes, keepingAxes: keepingAxes, for: "quantile")
  }

  private func quantile(
    _ share: Double, _ axes: Axes, keepingAxes: Bool, for name: String
  ) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      guard (0...1).contains(share) else {
        throw TensorError(name, given: "the share \(share)", expected: "a share in 0...1")
      }
      let axes = try axes.resolved(in: shape, for: name)
      let result = shape.reduced(over: axes, keepingAxes: keepingAxes)
      let count = shape.elementCount(of: axes)
      guard count > 0 || result.elementCount == 0 else {
        throw TensorError(
          name, given: "shape \(shape) over axes \(axes)",
          expected: "at least one element to choose from")
      }
      let kept = shape.indices.filter { !axes.contains($0) }
      let lines = permuted(kept + axes).reshaped(Shape(kept.map { shape[$0] } + [count]))
      if result.elementCount == 0 { return lines.sum(axes: -1).reshaped(result) }
      let place = share * Double(count - 1)
      let first = Int(place)
      let order = SortOrder(
        name: name, axis: kept.count, isDescending: false,
        places: first..<Swift.min(first + 2, count))
      let found = Tensor(try Sort(order: order).apply([lines.body]))
      let quantiles = found.between(Scalar(place - Double(first)))
      let hasNaN = lines.isNaN().any(axes: -1)
      return select(hasNaN, Scalar.nan, quantiles).reshaped(result)
    }
  }

  /// What lies between the first and the last along the last axis, a share of the way.
  private func between(_ share: Scalar) -> Tensor {
    let low = self[.ellipsis, 0]
    guard share > 0, shape.last! > 1 else { return low }
    let high = self[.ellipsis, 1]
    // Equal infinities have no distance.
    return select(low.isInfinite() .& (low .== high), low, low + (high - low) * share)
  }
}
