/// The part of a tensor that an index picks, resolved against a shape.
public struct Selection: Hashable, Sendable {
  /// What is taken along one axis of the source: positions `start`, `start + step`, … (`count` of
  /// them).
  public struct Axis: Hashable, Sendable {
    /// The first position.
    public var start: Int
    /// The distance from one position to the next, negative where the order is backwards.
    public var step: Int
    /// How many positions are taken.
    public var count: Int
    /// Whether the axis vanishes from the result (it was indexed by one position).
    public var isDropped: Bool

    package init(start: Int, step: Int, count: Int, isDropped: Bool) {
      self.start = start
      self.step = step
      self.count = count
      self.isDropped = isDropped
    }

    /// The place in the selection of the first chosen position that is not before `position`, for a
    /// positive step.
    public func countBefore(_ position: Int) -> Int {
      Misuse.check(
        step > 0,
        TensorError("Selection.Axis", given: "a step of \(step)", expected: "a positive step"))
      if position <= start || count <= 0 { return 0 }
      // The distance may be beyond the largest number.
      let distance = UInt(bitPattern: position) &- UInt(bitPattern: start) &- 1
      return Int(clamping: Swift.min(distance / UInt(step), UInt(count - 1))) + 1
    }
  }

  /// One a source axis.
  public var axes: [Axis]
  /// For each axis of the result the source axis that it shows, or nil for a new axis of extent 1.
  public var resultAxes: [Int?]

  /// The shape of what is picked.
  public var shape: Shape {
    Shape(
      resultAxes.map { axis in
        guard let axis else { return 1 }
        Misuse.check(
          axes.indices.contains(axis),
          TensorError(
            "Selection", given: "axis \(axis) of \(axes.count)", expected: "one of the axes"))
        return axes[axis].count
      })
  }

  /// Resolves an index; refuses more expressions than axes, positions out of range and steps of 0,
  /// in the name of an operation.
  public init(
    _ expressions: [IndexExpression], of shape: Shape, for operation: String
  ) throws(TensorError) {
    let named = expressions.count { $0 != .insertedAxis && $0 != .remainingAxes }
    guard named <= shape.count else {
      throw TensorError(
        operation, given: "\(named) indices for shape \(shape)",
        expected: "at most \(shape.count)")
    }
    guard expressions.count(where: { $0 == .remainingAxes }) <= 1 else {
      throw TensorError(operation, given: "several .ellipsis", expected: "at most one")
    }
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw TensorError(
        operation, given: "shape \(shape)", expected: "extents that are not negative")
    }
    axes = []
    axes.reserveCapacity(shape.count)
    resultAxes = []
    resultAxes.reserveCapacity(shape.count - named + expressions.count)
    for expression in expressions {
      switch expression {
      case .insertedAxis: resultAxes.append(nil)
      case .remainingAxes: takeWhole(shape.count - named, of: shape)
      case .index(let index): try take(index, of: shape, for: operation)
      case .slice(let start, let end, let step):
        guard step != 0 else {
          throw TensorError(operation, given: "a slice with step 0", expected: "another step")
        }
        resultAxes.append(axes.count)
        axes.append(Self.slice(start, end, step, extent: shape[axes.count]))
      }
    }
    takeWhole(shape.count - axes.count, of: shape)
  }

  /// A range of positions along one axis, and all of the others.
  package init(_ range: Range<Int>, along axis: Int, of shape: Shape) {
    self.init(of: shape)
    axes[axis].start = range.lowerBound
    axes[axis].count = range.count
  }

  /// One position along one axis, which vanishes, and all of the others.
  package init(_ position: Int, along axis: Int, of shape: Shape) {
    self.init(position..<position + 1, along: axis, of: shape)
    axes[axis].isDropped = true
    resultAxes.remove(at: axis)
  }

  /// Everything.
  package init(of shape: Shape) {
    axes = []
    resultAxes = []
    takeWhole(shape.count, of: shape)
  }

  private mutating func takeWhole(_ count: Int, of shape: Shape) {
    for _ in 0..<count {
      resultAxes.append(axes.count)
      axes.append(Axis(start: 0, step: 1, count: shape[axes.count], isDropped: false))
    }
  }

  private mutating func take(
    _ index: Int, of shape: Shape, for operation: String
  ) throws(TensorError) {
    let extent = shape[axes.count]
    let position = index < 0 ? index + extent : index
    guard (0..<extent).contains(position) else {
      throw TensorError(
        operation, given: "index \(index) for axis \(axes.count) of shape \(shape)",
        expected: extent == 0
          ? "no index, as the axis is empty" : "an index in \(-extent)...\(extent - 1)")
    }
    axes.append(Axis(start: position, step: 1, count: 1, isDropped: true))
  }

  /// NumPy's rule: negative bounds count from the end, then both are clamped to the axis. Less than
  /// two positions have no step, which may be too large to be multiplied.
  private static func slice(_ start: Int?, _ end: Int?, _ step: Int, extent: Int) -> Axis {
    func clamp(_ bound: Int, _ range: ClosedRange<Int>) -> Int {
      let fromFront = bound < 0 ? bound &+ extent : bound
      return Swift.min(Swift.max(fromFront, range.lowerBound), range.upperBound)
    }
    if step > 0 {
      let first = start.map { clamp($0, 0...extent) } ?? 0
      let last = end.map { clamp($0, 0...extent) } ?? extent
      let length = Swift.max(last - first, 0)
      let count = length == 0 ? 0 : (length - 1) / step + 1
      return Axis(start: first, step: count > 1 ? step : 1, count: count, isDropped: false)
    }
    let first = start.map { clamp($0, -1...(extent - 1)) } ?? extent - 1
    let last = end.map { clamp($0, -1...(extent - 1)) } ?? -1
    let length = Swift.max(first - last, 0)
    let count = length == 0 ? 0 : (length - 1) / (step == .min ? .max : -step) + 1
    return Axis(
      start: Swift.max(first, 0), step: count > 1 ? step : 1, count: count, isDropped: false)
  }
}

extension Selection {
  /// Whether everything of a shape is picked, as it is.
  package func isWhole(of shape: Shape) -> Bool {
    resultAxes.count == axes.count
      && axes.indices.allSatisfy { axis in
        resultAxes[axis] == axis && axes[axis].start == 0 && axes[axis].step == 1
          && axes[axis].count == shape[axis]
      }
  }

  /// The same positions in ascending order along every axis, and the axes of the result that are
  /// reversed by that.
  package var ascending: (selection: Selection, reversed: [Int]) {
    var selection = self
    var reversed: [Int] = []
    for (resultAxis, axis) in resultAxes.enumerated() {
      guard let axis, axes[axis].step < 0 else { continue }
      selection.axes[axis].start += (axes[axis].count - 1) * axes[axis].step
      selection.axes[axis].step = -axes[axis].step
      reversed.append(resultAxis)
    }
    return (selection, reversed)
  }
}
