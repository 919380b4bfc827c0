import Execution

extension Tensor {
  /// What lies beyond the ends of an axis, in `padded(_:by:)`.
  public enum Padding: Sendable {
    /// The last element again and again: `3 3 | 3 4 5 | 5 5`. NumPy's "edge", PyTorch's
    /// "replicate".
    case edge
    /// The elements mirrored at the last one: `5 4 | 3 4 5 | 4 3`. NumPy's and PyTorch's "reflect".
    case reflection
    /// The elements mirrored beyond the last one: `4 3 | 3 4 5 | 5 4`. NumPy's "symmetric".
    case mirroring
    /// The elements from the other end: `4 5 | 3 4 5 | 3 4`. NumPy's "wrap", PyTorch's "circular".
    case wrapping
  }

  /// With what lies beyond the ends of each of the last axes before and after its elements:
  /// `padded([(1, 1), (0, 2)], by: .edge)` adds a row on either side and two columns at the end. A
  /// width may be larger than the axis, at most 2²⁴; mirrors and copies then go on.
  ///
  /// The slope of an element is the sum of those of its copies. Collective if the tensor is sharded
  /// along an axis that is padded: rows of the margins travel, and those that change owner.
  ///
  /// - Parameters:
  ///   - widths: two for each of some last axes. An axis that is padded has an element.
  ///   - padding: what lies beyond the ends.
  public func padded(_ widths: [(before: Int, after: Int)], by padding: Padding) -> Tensor {
    orEnd(body.runtime) { () throws(TensorError) in
      let range = 0...1 << 24
      guard widths.count <= shape.count,
        widths.allSatisfy({ range.contains($0.before) && range.contains($0.after) })
      else {
        throw TensorError(
          "padded", given: "widths \(widths.map { [$0.before, $0.after] }) for shape \(shape)",
          expected: "two widths for each of some last axes, in \(range)")
      }
      var result = self
      for (axis, (before, after)) in zip(shape.indices.suffix(widths.count), widths)
      where before + after > 0 {
        let extent = shape[axis]
        guard extent > 0 else {
          throw TensorError(
            "padded", given: "axis \(axis) of shape \(shape)", expected: "an element to repeat")
        }
        var parts = [result]
        for (places, isBefore) in [(-before..<0, true), (extent..<extent + after, false)]
        where !places.isEmpty {
          var margin = result.shape
          margin[axis] = places.count
          _ = try margin.validated(for: "padded")
          let part = result.taking(places.map { padding.position($0, of: extent) }, axis: axis)
          parts.insert(part, at: isBefore ? 0 : parts.count)
        }
        result = Tensor(try concatenated(parts.map(\.body), axis: axis))
      }
      return result
    }
  }
}

extension Tensor.Padding {
  /// The position of the element that stands at a place beyond the ends of an axis.
  fileprivate func position(_ place: Int, of extent: Int) -> Int {
    func remainder(_ period: Int) -> Int { (place % period + period) % period }
    switch self {
    case .edge: return Swift.min(Swift.max(place, 0), extent - 1)
    case .reflection:
      if extent == 1 { return 0 }
      let rest = remainder(2 * extent - 2)
      return rest < extent ? rest : 2 * extent - 2 - rest
    case .mirroring:
      let rest = remainder(2 * extent)
      return rest < extent ? rest : 2 * extent - 1 - rest
    case .wrapping: return remainder(extent)
    }
  }
}
