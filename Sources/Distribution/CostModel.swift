/// Decisions between algorithms that move the same values, common to all ranks.
public enum CostModel {
  /// An all-reduce whose gathered operands take at most this many bytes is done by gathering them on every
  /// rank (one latency); a larger one by reduce-scatter and all-gather (two latencies, fewest bytes).
  public static let gatheredAllReduceBytes = 32 * 1024

  /// Whether an all-reduce of so many bytes, over so many ranks, gathers its operands.
  public static func gathersAllReduce(bytes: Int, ranks: Int) -> Bool {
    bytes.multipliedReportingOverflow(by: ranks).overflow
      ? false : bytes * ranks <= gatheredAllReduceBytes
  }
}
