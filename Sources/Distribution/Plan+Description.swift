import Shapes

/// Plans as `explain` shows them.
extension Plan: CustomStringConvertible {
  /// One line for the operation and one a step, with the bytes that each moves; and one where the
  /// exchange takes longer than the work that sharding saves, as `gain` estimates it.
  public var description: String {
    var lines = ["\(operation) → \(result)"]
    for (index, operand) in operands.enumerated() {
      lines.append("  operand \(index): \(operand)")
    }
    lines += stepDescriptions.map { "  " + $0 }
    lines.append("  in all \(bytesMoved) bytes between ranks")
    if let advice { lines.append(advice) }
    return lines.joined(separator: "\n")
  }

  /// One line a step, with the bytes that all ranks receive in it.
  public var stepDescriptions: [String] {
    var lines: [String] = []
    for (index, alignment) in alignments.enumerated() where !alignment.isKeeping {
      lines.append("align operand \(index): \(alignment)" + Self.cost(alignment))
    }
    switch steps {
    case .none: break
    case .blocks(let assembly):
      let bytes =
        (0..<assembly.result.sharding.count).map { assembly.elementsReceived(by: $0) }.clampedSum
        .clampedTimes(assembly.result.scalarType.byteCount)
      lines.append("move blocks to their owners: \(bytes) bytes")
    case .rows(let move):
      lines.append(rows(move.direction, move.elementsMoved))
    case .requests(let requests):
      let bytes = requests.positionsMoved.clampedTimes(ScalarType.int64.byteCount)
      lines.append("send positions to the owners of rows: \(bytes) bytes")
      lines.append(rows(requests.direction, requests.elementsMoved))
    case .joined(let move): lines.append("move cut points: \(move)" + Self.cost(move))
    case .summaries(let summaries):
      for summary in summaries where summary.mayMove {
        let purpose =
          summary.source.sharding.terms == nil ? "gather a row of" : "join a term of"
        lines.append("\(purpose) each rank: \(summary)" + Self.cost(summary))
      }
    }
    if let finish { lines.append("finish: \(finish)" + Self.cost(finish)) }
    return lines
  }

  private func rows(_ direction: RowMove.Direction, _ elementsMoved: Int) -> String {
    let bytes = elementsMoved.clampedTimes(local.scalarType.byteCount)
    let goal = direction == .toTakers ? "to where they are taken" : "to their owners"
    return "move rows \(goal): \(bytes) bytes"
  }

  private static func cost(_ redistribution: Redistribution) -> String {
    ", \(redistribution.bytesMoved) bytes"
  }
}
