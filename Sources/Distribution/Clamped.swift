/// Counts of what travels, which may be more than a number can hold: the largest number then.
extension Int {
  /// A sum of counts that are not negative.
  package func clampedPlus(_ other: Int) -> Int {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? .max : sum
  }

  /// A product of counts that are not negative.
  package func clampedTimes(_ other: Int) -> Int {
    let (product, overflows) = multipliedReportingOverflow(by: other)
    return overflows ? .max : product
  }
}

extension Sequence<Int> {
  /// The sum of counts that are not negative.
  package var clampedSum: Int { reduce(0) { $0.clampedPlus($1) } }
}
