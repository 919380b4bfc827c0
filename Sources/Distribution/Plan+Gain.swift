import Shapes

extension Plan {
  /// What ranks gain and lose by sharing the work of an operation, in microseconds.
  public struct Gain: Hashable, Sendable {
    /// What each rank need not compute because others do, at most.
    public var saved: Double
    /// What its exchange with others takes, at least.
    public var communication: Double

    /// Whether the exchange takes longer than the work that it saves.
    public var isLoss: Bool { communication > saved }
  }

  /// A rough estimate for ranks of one machine; nil where nothing is exchanged or no operand is
  /// sharded, and for movements, which have no work to share.
  public var gain: Gain? {
    let ranks = result.sharding.count
    let isMovement =
      assembly != nil || rowMove != nil || rowRequests != nil || joinedMove != nil
    guard communicates, ranks > 1, !isMovement, operation != "redistributed",
      operands.contains(where: { !$0.sharding.isReplicated })
    else { return nil }
    let steps = redistributions.count { $0.elementsMoved > 0 }
    let received = (0..<ranks).map { bytesReceived(by: $0) }.max() ?? 0
    return Gain(
      saved: microsecondsOnOneRank * Double(ranks - 1) / Double(ranks),
      communication: Double(steps) * CostModel.microsecondsOfCollective
        + Double(received) / CostModel.bytesOfMicrosecond)
  }

  /// The operation on one rank that has all.
  private var microsecondsOnOneRank: Double {
    let bytes = (operands + [result]).reduce(0.0) {
      $0 + Double($1.shape.elementCount) * Double($1.scalarType.byteCount)
    }
    let moving = bytes / CostModel.bytesOfMicrosecond
    guard operation == "matmul", operands.count == 2, let inner = operands[0].shape.last else {
      return moving
    }
    let products = Double(result.shape.elementCount) * Double(inner)
    return max(moving, products / CostModel.productsOfMicrosecond)
  }

  /// A line where sharing the work cannot pay; nil elsewhere.
  var advice: String? {
    guard let gain, gain.isLoss else { return nil }
    return """
        sharding cannot pay here: about \(Self.text(gain.communication)) µs of communication for at most \
      \(Self.text(gain.saved)) µs of work saved
      """
  }

  private static func text(_ microseconds: Double) -> String {
    if microseconds >= 10 { return "\(Int(microseconds.rounded()))" }
    return microseconds < 0.1 ? "0.1" : "\((microseconds * 10).rounded() / 10)"
  }
}
