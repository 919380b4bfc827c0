import Shapes

/// Elementwise work on a product, row by row as soon as these are there, while they are in the
/// caches.
final class JoinedWork {
  private enum Way {
    case rows(RowChain)
    case elements(ElementPass, columns: Int)
  }

  private let way: Way
  /// Whether it has been done for all rows.
  var isDone = false

  /// Nil where operands are better read in tiles.
  ///
  /// - Parameters:
  ///   - elements: of which one operand is the target itself.
  ///   - target: [rows, columns], contiguous.
  ///   - others: blocks of the target's shape for the values that the program stores besides the
  ///     last, in storage that it does not read.
  init?(_ elements: Elements, into target: StridedBlock, storing others: [StridedBlock]) {
    let elements = elements.converted(to: target.type).over { $0.expanded(to: target.shape) }
    if others.isEmpty, !elements.blocks.contains(where: { $0.isTurned }),
      let chain = RowChain(
        elements, .recent(elements.program, storesEarly: true), into: target, isStreamed: false),
      chain.rowCount == target.shape[0]
    {
      way = .rows(chain)
      return
    }
    let program = PreparedProgram(elements, storesEarly: true, count: target.elementCount)
    if program.tiling != nil { return nil }
    way = .elements(
      ElementPass(program, into: target, storing: others, isStreamed: false),
      columns: target.shape[1])
  }

  func run(_ rows: Range<Int>) {
    switch way {
    case .rows(let chain): chain.run(rows)
    case .elements(let pass, let columns):
      pass.run(rows.lowerBound * columns..<rows.upperBound * columns)
    }
  }
}

extension HostExecutor {
  public func evaluate(
    _ elements: Elements, behind product: PendingProduct, into target: StridedBlock,
    storing others: [StridedBlock]
  ) throws(TensorError) {
    if target.type.accumulatorType != target.type {
      try multiply(product.a, product.b, into: target)
    } else {
      let work = JoinedWork(elements, into: target, storing: others)
      try collectProduct(product.a, product.b, into: target, joining: work)
      if work?.isDone ?? false { return }
    }
    evaluate(elements, into: target, storing: others)
  }
}
