import Execution

/// Where a value would be inserted beside elements that are equal to it.
public enum SearchSide: Hashable, Sendable {
  /// Before the first of them.
  case left
  /// After the last of them.
  case right
}

extension Tensor where Scalar: NumericTensorScalar {
  /// The elements in order along an axis: equal ones as they were, so 0 and -0 too, and NaN last,
  /// ascending or descending.
  ///
  /// Local, unless the tensor is sharded along that axis: then another axis is sharded while
  /// elements are put in order, and they go back to the same cut points, so that each element
  /// travels twice at most; a tensor of one axis is gathered by all ranks. Collective then.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "sorted")
      return Tensor(
        try Sort(order: SortOrder(name: "sorted", axis: axis, isDescending: descending)).apply(
          [body]))
    }
  }

  /// Puts the elements in order along an axis, as `sorted` does.
  public mutating func sort(axis: Int = -1, descending: Bool = false) {
    self = sorted(axis: axis, descending: descending)
  }

  /// The positions along an axis of its elements in order: `x.gathered(at: x.argsort(axis: 0),
  /// axis: 0)` is `x.sorted(axis: 0)`. Equal elements come in the order of their positions, NaN
  /// last. No gradient passes through it. Communicates as `sorted` does.
  public func argsort(axis: Int = -1, descending: Bool = false) -> Tensor<Int64> {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "argsort")
      return Tensor<Int64>(
        try SortPositions(
          order: SortOrder(name: "argsort", axis: axis, isDescending: descending)
        ).apply([body]))
    }
  }

  /// The `count` largest elements along an axis, or the smallest, in order, and their positions:
  /// the first ones of what `sorted` and `argsort` give, so NaN only where there are no others. For
  /// a few elements it takes time linear in those of the axis.
  ///
  /// Local, unless the tensor is sharded along that axis: then every rank gathers `count` values
  /// and positions of each rank, and the owners of those that were chosen give their values; the
  /// results are replicated. Collective then.
  public func topK(
    _ count: Int, axis: Int = -1, largest: Bool = true
  ) -> (values: Tensor, indices: Tensor<Int64>) {
    orEnd(body.runtime) { () throws(TensorError) in
      let axis = try shape.resolvedAxis(axis, for: "topK")
      let order = SortOrder(
        name: "topK", axis: axis, isDescending: largest,
        places: try SortOrder.first(count, of: shape, axis: axis, for: "topK"))
      let positions = try SortPositions(order: order).apply([body])
      let isCut = body.sharding.division(of: axis) != nil
      // One rank that cuts the axis has all of it.
      let operand =
        !isCut && body.sharding.isCut(along: axis)
        ? try Redistribute(to: .replicated).apply([body]) : body
      let values = try GatherAlong(axis: axis, name: "topK", fromOwners: isCut).apply([
        operand, positions,
      ])
      return (Tensor(values), Tensor<Int64>(positions))
    }
  }

  /// The positions at which values would be inserted into this tensor of one axis, whose n elements
  /// are in ascending order, as `sorted` leaves them: from 0 to n, in the values' shape.
  ///
  /// `edges.searchSorted(x, side: .right)` is the number of the bin of each element of `x`, from 0
  /// for those below the first edge on. 0 and -0 are equal, and so are NaN, which come after all
  /// numbers. If the elements are in no order, the positions are any from 0 to n. No gradient
  /// passes through it.
  ///
  /// Takes log₂ n comparisons for each value. Local where this tensor is replicated and the values
  /// are not partial: positions lie as the values then. Else collective: the ranks gather this
  /// tensor, or each looks for all values in its part and 8 bytes for each value are summed and
  /// scattered, whichever moves the fewest bytes. So positions of replicated values may be sharded.
  ///
  /// - Parameters:
  ///   - values: of any shape.
  ///   - side: which of several positions it is where elements are equal to a value.
  public func searchSorted(_ values: Tensor, side: SearchSide = .left) -> Tensor<Int64> {
    orEnd(body.runtime) { () throws(TensorError) in
      Tensor<Int64>(try SearchSorted(side: side).apply([body, values.body]))
    }
  }

  /// The different elements of the whole tensor, ascending, as one axis; all NaN are one, and come
  /// last.
  ///
  /// How many there are depends on values. Collective if the tensor is sharded: its elements are
  /// gathered and put in order, then one number a rank is; the result is sharded. No gradient
  /// passes through it.
  ///
  /// - Parameter count: how many there are in a dry run, which cannot count them.
  public func unique(assuming count: Int? = nil) -> Tensor {
    let elements = withoutGradient(for: "unique").flattened().sorted()
    if elements.elementCount == 0 { return elements }
    let (left, right) = (elements[..<-1], elements[1...])
    // A NaN is not equal to itself.
    let areDifferent = (left .!= right) .& ((left .== left) .| (right .== right))
    return concatenate(
      [
        elements[..<1],
        right.masked(by: areDifferent, assuming: count.map { $0 > 0 ? $0 - 1 : $0 }),
      ],
      axis: 0)
  }
}
