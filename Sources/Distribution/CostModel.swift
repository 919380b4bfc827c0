/// Decisions between algorithms that move the same values, common to all ranks.
public enum CostModel {
  /// An all-reduce whose gathered operands take at most this many bytes is done by gathering them
  /// on every rank (one latency); a larger one by reduce-scatter and all-gather (two latencies,
  /// fewest bytes).
  public static let gatheredAllReduceBytes = 32 * 1024

  /// Whether an all-reduce of so many bytes, over so many ranks, gathers its operands.
  public static func gathersAllReduce(bytes: Int, ranks: Int) -> Bool {
    bytes.multipliedReportingOverflow(by: ranks).overflow
      ? false : bytes * ranks <= gatheredAllReduceBytes
  }

  // What follows is of the order of what was measured in the memory of one machine; messages
  // between machines take ten times as long. It decides nothing but what `Plan` says.

  /// Microseconds of a collective that moves next to nothing.
  static let microsecondsOfCollective = 5.0
  /// Bytes that a rank receives, or reads and writes, in a microsecond.
  static let bytesOfMicrosecond = 10_000.0
  /// Multiplications with additions of a product of matrices that a rank computes in a microsecond.
  static let productsOfMicrosecond = 20_000.0
}
