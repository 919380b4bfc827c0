import Execution

/// What stands between brackets, resolved: first a slice, then a selection by a tensor along some
/// of the axes that are left.
struct TensorIndexing {
  enum Selector {
    /// One tensor for each of the axes; they broadcast.
    case positions(PositionTuple)
    case mask(Tensor<Bool>)

    var isMask: Bool {
      if case .mask = self { return true }
      return false
    }
  }

  /// The slice; whole where a tensor selects.
  private(set) var expressions: [IndexExpression] = []
  private(set) var selector: Selector?
  /// The axes of the slice that the selector is for.
  private(set) var axes = 0..<0

  /// Whether the slice is everything.
  var isWhole: Bool { expressions.allSatisfy { $0 == .whole || $0 == .remainingAxes } }

  init(_ terms: [IndexTerm], of shape: Shape, for operation: String) throws(TensorError) {
    let named = terms.reduce(0) { $0 + $1.axisCount }
    guard named <= shape.count else {
      throw TensorError(
        operation, given: "\(named) indices for shape \(shape)", expected: "at most \(shape.count)")
    }
    guard terms.count(where: \.isEllipsis) <= 1 else {
      throw TensorError(operation, given: "several .ellipsis", expected: "at most one")
    }
    var axis = 0  // of the tensor
    var resultAxis = 0  // of the slice
    for term in terms {
      switch term {
      case .expression(let expression):
        expressions.append(expression)
        let count = term.isEllipsis ? shape.count - named : term.axisCount
        axis += count
        if case .index = expression { continue }
        resultAxis += expression == .insertedAxis ? 1 : count
      case .positions(let positions):
        expressions.append(.whole)
        try add(positions, at: resultAxis, for: operation)
        axis += 1
        resultAxis += 1
      case .mask(let mask) where mask.shape.isEmpty:
        // One Boolean for all: a new axis with its only position taken, or not.
        expressions.append(.insertedAxis)
        try add(mask.reshaped(1), at: resultAxis, over: [1], 0, for: operation)
        resultAxis += 1
      case .mask(let mask):
        try add(mask, at: resultAxis, over: shape, axis, for: operation)
        expressions += [IndexExpression](repeating: .whole, count: mask.shape.count)
        axis += mask.shape.count
        resultAxis += mask.shape.count
      }
    }
  }

  private mutating func add(
    _ positions: Tensor<Int64>, at axis: Int, for operation: String
  ) throws(TensorError) {
    switch selector {
    case nil:
      selector = .positions(PositionTuple(tensors: [positions]))
      axes = axis..<axis + 1
    case .positions(var tuple) where axes.upperBound == axis:
      tuple.tensors.append(positions)
      selector = .positions(tuple)
      axes = axes.lowerBound..<axis + 1
    default:
      throw TensorError(
        operation, given: "index tensors with other indices between them, or beside a mask",
        expected: "index tensors next to each other, or one mask")
    }
  }

  private mutating func add(
    _ mask: Tensor<Bool>, at resultAxis: Int, over shape: Shape, _ axis: Int, for operation: String
  ) throws(TensorError) {
    let covered = Shape(shape[axis..<axis + mask.shape.count])
    guard mask.shape == covered, selector == nil else {
      throw TensorError(
        operation,
        given: selector == nil
          ? "a mask of shape \(mask.shape) for axes of shape \(covered)"
          : "a mask beside another tensor as index",
        expected: "one mask, of the shape of the axes that it is for")
    }
    selector = .mask(mask)
    axes = resultAxis..<resultAxis + mask.shape.count
  }
}

extension IndexTerm {
  /// Axes of the tensor that the term is for; an ellipsis takes what is left.
  fileprivate var axisCount: Int {
    switch self {
    case .expression(.insertedAxis), .expression(.remainingAxes): 0
    case .expression, .positions: 1
    case .mask(let mask): mask.shape.count
    }
  }

  fileprivate var isEllipsis: Bool {
    if case .expression(.remainingAxes) = self { return true }
    return false
  }
}

/// Index tensors for several axes next to each other: element by element they name one place.
struct PositionTuple {
  var tensors: [Tensor<Int64>]

  /// The positions in the axes seen as one. Positions are checked for every axis by itself, which
  /// is collective where a tensor is sharded.
  func joined(_ shape: Shape, _ axes: Range<Int>) throws(TensorError) -> Tensor<Int64> {
    if tensors.count == 1 { return tensors[0] }
    _ = try Shape.broadcast(tensors.map(\.shape), for: "index")
    var place: Tensor<Int64>?
    for (axis, tensor) in zip(axes, tensors) {
      let extent = Int64(shape[axis])
      guard !(((tensor .< -extent) .| (tensor .>= extent)).any().item()) else {
        throw TensorError(
          "index", given: "an index out of range for axis \(axis) of shape \(shape)",
          expected: "indices in \(-extent)...\(extent - 1)")
      }
      let fromFront = select(tensor .< 0, tensor + extent, tensor)
      place = place.map { $0 * extent + fromFront } ?? fromFront
    }
    return place!
  }
}
