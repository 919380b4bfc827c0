import Execution

/// What stands between brackets, resolved against a shape: first a slice, then a selection by a
/// tensor along some of the axes that are left.
struct TensorIndexing {
  enum Selector {
    /// Positions along the axes seen as one.
    case positions(Tensor<Int64>)
    case mask(Tensor<Bool>)

    var isMask: Bool {
      if case .mask = self { return true }
      return false
    }
  }

  /// The slice in ascending order; whole where a tensor selects.
  let selection: Selection
  /// The axes of the slice that are reversed by that.
  let reversed: [Int]
  /// Whether the slice is everything, as it is.
  let isWhole: Bool
  private(set) var selector: Selector?
  /// The axes of the slice that the selector is for.
  private(set) var axes = 0..<0

  /// A slice alone.
  init(_ selection: Selection, of shape: Shape) {
    (self.selection, reversed) = selection.ascending
    isWhole = reversed.isEmpty && selection.isWhole(of: shape)
  }

  /// Resolves what stands between brackets. Collective where there are several tensors of positions
  /// and one of them is sharded, as each position is checked for its axis.
  init(_ terms: [IndexTerm], of shape: Shape, for operation: String) throws(TensorError) {
    let selection = try Selection(terms.flatMap(\.expressions), of: shape, for: operation)
    self.init(selection, of: shape)
    let named = terms.reduce(0) { $0 + $1.axisCount }
    var positions: [Tensor<Int64>] = []
    var axis = 0  // of the tensor
    var resultAxis = 0  // of the slice
    for term in terms {
      switch term {
      case .expression(let expression):
        let count = expression == .remainingAxes ? shape.count - named : term.axisCount
        axis += count
        if case .index = expression { continue }
        resultAxis += expression == .insertedAxis ? 1 : count
      case .positions(let tensor):
        try add(tensor, to: &positions, at: resultAxis, for: operation)
        axis += 1
        resultAxis += 1
      case .mask(let mask) where mask.shape.isEmpty:
        // One Boolean for all: a new axis with its only position taken, or not.
        try add(mask.reshaped(1), at: resultAxis, over: [1], beside: positions, for: operation)
        resultAxis += 1
      case .mask(let mask):
        let covered = Shape(shape[axis..<axis + mask.shape.count])
        try add(mask, at: resultAxis, over: covered, beside: positions, for: operation)
        axis += mask.shape.count
        resultAxis += mask.shape.count
      }
    }
    if !positions.isEmpty {
      selector = .positions(try Self.joined(positions, self.selection.shape, axes))
    }
  }

  private var isMasked: Bool { selector?.isMask == true }

  private mutating func add(
    _ tensor: Tensor<Int64>, to positions: inout [Tensor<Int64>], at axis: Int,
    for operation: String
  ) throws(TensorError) {
    guard !isMasked, positions.isEmpty || axes.upperBound == axis else {
      throw TensorError(
        operation, given: "index tensors with other indices between them, or beside a mask",
        expected: "index tensors next to each other, or one mask")
    }
    axes = (positions.isEmpty ? axis : axes.lowerBound)..<axis + 1
    positions.append(tensor)
  }

  private mutating func add(
    _ mask: Tensor<Bool>, at axis: Int, over covered: Shape, beside positions: [Tensor<Int64>],
    for operation: String
  ) throws(TensorError) {
    let isAlone = !isMasked && positions.isEmpty
    guard mask.shape == covered, isAlone else {
      throw TensorError(
        operation,
        given: isAlone
          ? "a mask of shape \(mask.shape) for axes of shape \(covered)"
          : "a mask beside another tensor as index",
        expected: "one mask, of the shape of the axes that it is for")
    }
    selector = .mask(mask)
    axes = axis..<axis + mask.shape.count
  }

  /// Index tensors for several axes next to each other, which broadcast and name one place element
  /// by element: the positions in the axes seen as one.
  private static func joined(
    _ tensors: [Tensor<Int64>], _ shape: Shape, _ axes: Range<Int>
  ) throws(TensorError) -> Tensor<Int64> {
    if tensors.count == 1 { return tensors[0] }
    _ = try Shape.broadcast(tensors.map(\.shape), for: "index")
    return try tensors[0].body.runtime.together { () throws(TensorError) in
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

  /// What the term says of the slice: all of the axes where a tensor selects.
  fileprivate var expressions: [IndexExpression] {
    switch self {
    case .expression(let expression): [expression]
    case .positions: [.whole]
    case .mask(let mask) where mask.shape.isEmpty: [.insertedAxis]
    case .mask(let mask): [IndexExpression](repeating: .whole, count: mask.shape.count)
    }
  }
}
