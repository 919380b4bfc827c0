import Execution

/// How many elements fall into each of some bins of equal width; what lies outside of them is not
/// counted, nor is NaN.
package struct Histogram: Primitive {
  let bins: Int
  /// The bounds of all bins, of the operand's type.
  let low: ScalarValue
  let high: ScalarValue

  package init(bins: Int, low: ScalarValue, high: ScalarValue) {
    self.bins = bins
    self.low = low
    self.high = high
  }

  package var name: String { "histogram" }

  static func check(_ bins: Int) throws(TensorError) {
    guard (1...1 << 28).contains(bins) else {
      throw TensorError(
        "histogram", given: "\(bins) bins", expected: "a number of bins in 1...\(1 << 28)")
    }
  }

  package func hashOptions(into hash: inout StableHash) {
    hash.combine(bins)
    hash.combine(low)
    hash.combine(high)
  }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.histogram(name, operands[0], bins: bins)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate([bins], .int64)
    try runtime.executor.countInBins(operands[0], (low, high), into: result)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Counts have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}

/// How often integers are each of the numbers 0 ..< bins; others are not counted.
package struct BinCounts: Primitive {
  let bins: Int

  package init(bins: Int) { self.bins = bins }

  package var name: String { "binCounts" }

  package func hashOptions(into hash: inout StableHash) { hash.combine(bins) }

  package func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Planner.histogram(name, operands[0], bins: bins)
  }

  package func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let result = try runtime.allocate([bins], .int64)
    try runtime.executor.countNumbers(operands[0], into: result)
    return result
  }

  package func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  /// Counts have no derivative.
  package func pullback(_ cotangent: Value, _ context: PullbackContext) -> [Value?] { [nil] }
}
