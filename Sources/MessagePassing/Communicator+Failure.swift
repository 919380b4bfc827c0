import Machine
import Shapes

extension Communicator {
  /// Breaks the communicator: this and all later collectives throw the same error.
  ///
  /// - Parameter isInline: whether the program's thread has carried it out itself.
  func fail(_ failure: TransportFailure, _ activity: Activity, isInline: Bool) -> TensorError {
    let name = activity.label.name
    let error: TensorError
    var isKnownToAll = false
    switch failure {
    case .common(let known):
      error = known
      isKnownToAll = true
    case .local(let met):
      error = TensorError(
        name, given: "\(met.given) in \(activity.title)", expected: met.expected,
        rank: met.rank ?? rank)
    case .departed(let peer):
      let last = transport.activities(within: 0)[peer]
      error = TensorError(
        name,
        given: "that rank \(rank) is in \(activity.title) and rank \(peer) has "
          + "ended; \(Self.last(last))",
        expected: "every rank to take part in every collective")
    case .deadline(let missing):
      let answers = transport.activities(within: 1)
      error = deadlineError(activity, isMoving: answers[rank]?.phase == .moving, missing, answers)
    }
    if !isKnownToAll { transport.announce(error) }
    logger.debug("collective \(activity.sequence) has failed: \(error)")
    state.withLock {
      if isInline { $0.isInCollective = false }
      $0.failure = error
      $0.isFailureCommon = isKnownToAll
    }
    return error
  }

  private func deadlineError(
    _ activity: Activity, isMoving: Bool, _ missing: [Int], _ answers: [Activity?]
  ) -> TensorError {
    let sequence = activity.sequence
    let others = (0..<size).filter { $0 != rank }
    let asked = missing.isEmpty ? others : missing
    // Those who wait at the same place are not to blame: they may wait for a rank that this one
    // does not wait for itself. Unless nobody is.
    var blamed = asked.filter { answers[$0]?.sequence != sequence }
    if blamed.isEmpty { blamed = others.filter { answers[$0]?.sequence ?? 0 < sequence } }
    if blamed.isEmpty { blamed = asked }
    var parts = blamed.prefix(8).map { peer in
      "rank \(peer), \(account(of: answers[peer], sequence, isMoving: isMoving))"
    }
    if blamed.count > 8 { parts.append("and \(blamed.count - 8) more ranks") }
    return TensorError(
      activity.label.name,
      given: "that rank \(rank) waited \(Timeout.text(timeout)) in \(activity.title) "
        + "for \(parts.joined(separator: "; for "))",
      expected: "every rank to take part within \(Timeout.variable)"
        + (isMoving ? "" : Disagreement.usualCause))
  }

  /// What is known of a rank for which this one has waited in vain.
  private func account(of answer: Activity?, _ sequence: Int, isMoving: Bool) -> String {
    guard let answer else {
      if isMoving { return "which entered it and does not answer" }
      // Every rank was in the last collective that this one completed.
      let last = state.withLock { $0.last }
      return "which does not answer and seems not to have entered it; \(Self.last(last))"
    }
    if answer.sequence == sequence {
      return answer.phase == .completed ? "which has completed it" : "which is in it too"
    }
    if answer.sequence > sequence { return "which is already in \(answer.title)" }
    return answer.phase == .completed
      ? "which has not entered it; \(Self.last(answer))"
      : "which is still in \(answer.title)"
  }

  private static func last(_ activity: Activity?) -> String {
    guard let activity, activity.sequence > 0 else { return "it has been in none before" }
    return "its last was \(activity.title)"
  }
}

/// The error of ranks that are in different collectives, the same on each of them.
enum Disagreement {
  /// What to look for in a program whose ranks part ways.
  static let usualCause =
    " (a collective inside 'if Job.isFirst', or after a branch on what one rank alone knows?)"

  /// Takes what each rank says of its collective, as `number|text`.
  static func error(_ texts: [[UInt8]]) -> TensorError {
    let told = texts.map { String(decoding: $0, as: UTF8.self) }

    var groups: [(text: String, ranks: [Int])] = []
    for (rank, text) in told.enumerated() {
      if let index = groups.firstIndex(where: { $0.text == text }) {
        groups[index].ranks.append(rank)
      } else {
        groups.append((text, [rank]))
      }
    }
    let firstNumber = groups[0].text.prefix { $0 != "|" }
    var parts = groups.prefix(4).enumerated().map { index, group in
      let number = group.text.prefix { $0 != "|" }
      let name = group.text.drop { $0 != "|" }.dropFirst()
      let verb = index > 0 ? "" : group.ranks.count > 1 ? "are " : "is "
      let place = index == 0 || number != firstNumber ? " as its collective \(number)" : ""
      return "\(list(group.ranks)) \(verb)in \(name)\(place)"
    }
    if groups.count > 4 { parts.append("and others elsewhere") }
    return TensorError(
      "collective \(firstNumber)", given: "that " + parts.joined(separator: ", "),
      expected: "the same operation on every rank, in the same order" + usualCause)
  }

  /// `rank 3`, `ranks 0, 2, 3`, and of many only the first.
  private static func list(_ ranks: [Int]) -> String {
    let shown = ranks.prefix(8).map(String.init).joined(separator: ", ")
    let more = ranks.count > 8 ? " and \(ranks.count - 8) more" : ""
    return ranks.count == 1 ? "rank \(shown)" : "ranks \(shown)\(more)"
  }
}
