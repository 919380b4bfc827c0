import Shapes

/// What an operation does on every rank, known before any element moves: a pure function of its
/// operands' descriptions.
///
/// Every operation has the same three stages: operands are aligned (redistributed where they must
/// be), every rank works on what it holds or blocks are assembled, and terms are reduced at the
/// end.
///
/// An object, as a rank carries out the plans that it remembers over and over.
public final class Plan: Sendable {
  /// What the user called.
  public let operation: String
  /// What the operation is applied to.
  public let operands: [TensorDescription]
  /// One an operand.
  public let alignments: [Redistribution]
  /// What ranks exchange in the course of the work.
  public let steps: WorkSteps
  /// What the work on every rank gives; partial when `finish` reduces it.
  public let local: TensorDescription
  /// The last step, when the local work does not give the result yet.
  public let finish: Redistribution?
  /// The shape of a replicated result, where the last step saw the same elements with other axes.
  public let view: Shape?
  /// The type that the result is rounded to at the end, where terms were joined in another one.
  public let rounding: ScalarType?
  /// What the operation gives.
  public let result: TensorDescription
  /// Whether all operands stay as they lie.
  package let keepsOperands: Bool
  /// False only where no rank has anything to exchange, which costs little to say.
  public let mayCommunicate: Bool

  /// What ranks exchange between the alignment of the operands and the local result.
  public enum WorkSteps: Hashable, Sendable {
    /// Nothing: every rank works on what it holds.
    case none
    /// Blocks that are put together, for operations that consist of it.
    case blocks(Assembly)
    /// Rows that travel to or from the positions that indices name.
    case rows(RowMove)
    /// Positions that travel to the owners of rows, and these to or from them.
    case requests(RowRequests)
    /// Elements on both sides of a cut, with the axes that a reshape joins or splits seen as one.
    case joined(Redistribution)
    /// Small tensors of one row or one term a rank, which all ranks gather or join before they can
    /// finish: candidates for an extreme, totals of what the ranks before hold, counts, means.
    case summaries([Redistribution])

    /// False only where no rank has anything to exchange.
    fileprivate var mayMove: Bool {
      switch self {
      case .none: false
      case .joined(let move): move.mayMove
      case .blocks, .rows, .requests, .summaries: true
      }
    }
  }

  /// A plan of the given stages.
  public init(
    operation: String, operands: [TensorDescription], alignments: [Redistribution],
    steps: WorkSteps = .none, local: TensorDescription, finish: Redistribution? = nil,
    view: Shape? = nil, rounding: ScalarType? = nil
  ) {
    self.operation = operation
    self.operands = operands
    self.alignments = alignments
    self.steps = steps
    self.local = local
    self.finish = finish
    self.view = view
    self.rounding = rounding
    var result = finish?.result ?? local
    if let view { result = result.with(view) }
    if let rounding { result = result.with(rounding) }
    self.result = result
    keepsOperands = alignments.allSatisfy(\.isKeeping)
    mayCommunicate =
      steps.mayMove || finish?.mayMove == true || alignments.contains { $0.mayMove }
  }

  /// The blocks that are put together; nil for other operations.
  public var assembly: Assembly? {
    if case .blocks(let assembly) = steps { assembly } else { nil }
  }

  /// The rows that travel; nil for other operations.
  public var rowMove: RowMove? {
    if case .rows(let move) = steps { move } else { nil }
  }

  /// The rows that ranks name to each other by their positions; nil for other operations.
  public var rowRequests: RowRequests? {
    if case .requests(let requests) = steps { requests } else { nil }
  }

  /// The move of cut points of a reshape; nil where they stay, and for other operations.
  public var joinedMove: Redistribution? {
    if case .joined(let move) = steps { move } else { nil }
  }

  /// The small tensors that all ranks gather or join; none for most operations.
  public var summaries: [Redistribution] {
    if case .summaries(let summaries) = steps { summaries } else { [] }
  }

  /// All its redistributions.
  var redistributions: [Redistribution] {
    var all = alignments
    switch steps {
    case .summaries(let summaries): all += summaries
    case .joined(let move): all.append(move)
    case .none, .blocks, .rows, .requests: break
    }
    if let finish { all.append(finish) }
    return all
  }

  /// Elements that a rank receives from others.
  public func elementsReceived(by rank: Int) -> Int {
    redistributions.map { $0.elementsReceived(by: rank) }.clampedSum.clampedPlus(placed(on: rank))
      .clampedPlus(positionsReceived(by: rank))
  }

  /// Bytes that a rank receives from others.
  public func bytesReceived(by rank: Int) -> Int {
    redistributions.map { $0.bytesReceived(by: rank) }.clampedSum
      .clampedPlus(placed(on: rank).clampedTimes(local.scalarType.byteCount))
      .clampedPlus(positionsReceived(by: rank).clampedTimes(ScalarType.int64.byteCount))
  }

  /// Elements of blocks and rows that a rank receives for its part of the local result.
  private func placed(on rank: Int) -> Int {
    (assembly?.elementsReceived(by: rank) ?? 0)
      .clampedPlus(rowMove?.elementsReceived(by: rank) ?? 0)
      .clampedPlus(rowRequests?.elementsReceived(by: rank) ?? 0)
  }

  private func positionsReceived(by rank: Int) -> Int {
    rowRequests?.positionsReceived(by: rank) ?? 0
  }

  /// Bytes that all ranks together receive.
  public var bytesMoved: Int {
    (0..<result.sharding.count).lazy.map { self.bytesReceived(by: $0) }.clampedSum
  }

  /// Whether ranks exchange anything. Found in time proportional to pieces and ranks, but for rows
  /// that travel.
  public var communicates: Bool {
    redistributions.contains { $0.communicates } || assembly?.communicates == true
      || rowMove.map { $0.elementsMoved > 0 } == true
      || rowRequests.map { $0.positionsMoved > 0 } == true
  }
}

extension Plan: Hashable {
  /// Whether two plans do the same.
  public static func == (a: Plan, b: Plan) -> Bool {
    a === b
      || a.operation == b.operation && a.operands == b.operands && a.alignments == b.alignments
        && a.steps == b.steps && a.local == b.local && a.finish == b.finish && a.view == b.view
        && a.rounding == b.rounding
  }

  /// Combines what most plans differ in.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(operation)
    hasher.combine(operands)
    hasher.combine(local)
    hasher.combine(finish)
  }
}
