/// An array computed by plain loops in Double: what every operation is compared with.
public struct Reference: Sendable, CustomStringConvertible {
  public var shape: [Int]
  public var values: [Double]

  public init(shape: [Int], values: [Double]) {
    precondition(values.count == shape.reduce(1, *))
    self.shape = shape
    self.values = values
  }

  public init(shape: [Int], _ element: ([Int]) -> Double) {
    self.shape = shape
    values = Reference.positions(of: shape).map(element)
  }

  public var description: String { "\(shape) \(values)" }

  /// All positions in row-major order.
  public static func positions(of shape: [Int]) -> [[Int]] {
    var result: [[Int]] = [[]]
    for extent in shape {
      result = result.flatMap { prefix in (0..<extent).map { prefix + [$0] } }
    }
    return result
  }

  public subscript(_ position: [Int]) -> Double {
    get { values[offset(position)] }
    set { values[offset(position)] = newValue }
  }

  private func offset(_ position: [Int]) -> Int {
    zip(position, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }

  public func map(_ function: (Double) -> Double) -> Reference {
    Reference(shape: shape, values: values.map(function))
  }

  /// NumPy's broadcasting, element by element.
  public static func broadcast(
    _ operands: [Reference], _ function: ([Double]) -> Double
  ) -> Reference {
    let count = operands.map(\.shape.count).max()!
    var shape = [Int](repeating: 1, count: count)
    for operand in operands {
      for (axis, extent) in operand.shape.enumerated() where extent != 1 {
        shape[axis + count - operand.shape.count] = extent
      }
    }
    return Reference(shape: shape) { position in
      function(
        operands.map { operand in
          let own = position.suffix(operand.shape.count)
          return operand[zip(own, operand.shape).map { $1 == 1 ? 0 : $0 }]
        })
    }
  }

  /// What `function` makes of the elements over some axes, in row-major order.
  public func reduced(
    _ axes: [Int], keepingAxes: Bool = false, _ function: ([Double]) -> Double
  ) -> Reference {
    let kept = shape.indices.filter { !axes.contains($0) }
    let result = Reference(shape: kept.map { shape[$0] }) { position in
      let inner = Reference.positions(of: axes.map { shape[$0] }).map { reduced in
        var full = [Int](repeating: 0, count: shape.count)
        for (axis, index) in zip(kept, position) { full[axis] = index }
        for (axis, index) in zip(axes, reduced) { full[axis] = index }
        return self[full]
      }
      return function(inner)
    }
    if !keepingAxes { return result }
    return Reference(
      shape: shape.indices.map { axes.contains($0) ? 1 : shape[$0] }, values: result.values)
  }

  public func permuted(_ axes: [Int]) -> Reference {
    Reference(shape: axes.map { shape[$0] }) { position in
      var own = position
      for (new, old) in axes.enumerated() { own[old] = position[new] }
      return self[own]
    }
  }

  public static func concatenate(_ parts: [Reference], axis: Int) -> Reference {
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    return Reference(shape: shape) { position in
      var own = position
      for part in parts {
        if own[axis] < part.shape[axis] { return part[own] }
        own[axis] -= part.shape[axis]
      }
      preconditionFailure("position outside of all parts")
    }
  }

  /// The product of matrices in the last two axes of operands with equally many axes.
  public static func product(_ a: Reference, _ b: Reference) -> Reference {
    let last = a.shape.count - 1
    var shape = zip(a.shape, b.shape).map { Swift.max($0, $1) }
    for axis in 0..<last - 1 where a.shape[axis] == 0 || b.shape[axis] == 0 { shape[axis] = 0 }
    shape[last - 1] = a.shape[last - 1]
    shape[last] = b.shape[last]
    return Reference(shape: shape) { position in
      (0..<a.shape[last]).reduce(0) { sum, k in
        var left = position
        var right = position
        for axis in 0..<last - 1 {
          if a.shape[axis] == 1 { left[axis] = 0 }
          if b.shape[axis] == 1 { right[axis] = 0 }
        }
        left[last] = k
        right[last - 1] = k
        return sum + a[left] * b[right]
      }
    }
  }
}
