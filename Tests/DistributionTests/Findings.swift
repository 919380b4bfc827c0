import Testing

/// Findings of many cases, of which the first are told.
struct Findings {
  private(set) var cases = 0
  private(set) var wrong: [String] = []

  mutating func check(_ holds: Bool, _ text: @autoclosure () -> String) {
    cases += 1
    if !holds { wrong.append(text()) }
  }

  func report(atLeast count: Int) {
    #expect(cases >= count)
    #expect(
      wrong.isEmpty, "\(wrong.count) of \(cases): \(wrong.prefix(5).joined(separator: "\n"))")
  }
}
