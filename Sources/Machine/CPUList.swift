/// The kernel's notation for sets of numbers, such as `0-3,8,10-11`.
package enum CPUList {
  /// The numbers that `text` lists, ascending and without repetition; parts that are not in the
  /// notation are left out, and a blank text lists none.
  package static func parse(_ text: some StringProtocol) -> [Int] {
    var numbers: Set<Int> = []
    for part in text.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
      let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      switch bounds.count {
      case 1:
        if let number = bounds[0], number >= 0 { numbers.insert(number) }
      case 2:
        if let first = bounds[0], let last = bounds[1], first <= last {
          numbers.formUnion(first...last)
        }
      default:
        continue
      }
    }
    return numbers.sorted()
  }
}
