import Shapes

/// Where partial results are collected, and how they become a result of its type: what every
/// reduction, product and join of terms shares.
extension Executor {
  /// Reduces elements with partial results of the type that the table of scalar types has for the
  /// target's.
  public func reduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    into target: StridedBlock
  ) throws(TensorError) {
    try reduce(
      reduction, elements, shape: shape, over: axes,
      in: reduction.accumulator(for: target.type), into: target)
  }

  /// The same for matrix products.
  public func multiply(
    _ a: StridedBlock, _ b: StridedBlock, into target: StridedBlock
  ) throws(TensorError) {
    try multiply(a, b, in: target.type.accumulatorType, into: target)
  }

  /// Collects in a type what a target is to have: in the target itself if it is of that type, else
  /// beside it, to be rounded once.
  func accumulate(
    in type: ScalarType, into target: StridedBlock,
    _ collect: (_ sums: StridedBlock) throws(TensorError) -> Void
  ) throws(TensorError) {
    if type == target.type { return try collect(target) }
    let sums = try allocate(target.shape, type)
    try collect(sums)
    evaluate(Elements(of: sums), into: target)
  }

  /// The block itself where it is of a type, else its elements as that type, contiguous.
  public func converted(
    _ block: StridedBlock, to type: ScalarType
  ) throws(TensorError) -> StridedBlock {
    if block.type == type { return block }
    let result = try allocate(block.shape, type)
    evaluate(Elements(of: block), into: result)
    return result
  }
}
