import Glibc

/// Why a result that might have waited, to become a part of a pass over it, got memory of its own.
enum StoredReason: String, Hashable, Sendable {
  case asked = "its elements were asked for, by the program or by an operation that looks around"
  case shared = "more than one result is made of it"
  case repeated = "broadcasting repeats it, so that it is computed once, before"
  case long = "one pass takes no more functions or tensors"
  case overwritten = "what it reads was about to be written to"
}

/// What a profiling executor notes, by operation. Operations of several threads overlap.
struct ProfileNotes: Sendable {
  private struct Frame: Sendable {
    let name: String
    let start: ContinuousClock.Instant
    /// The time of operations within.
    var inner = Duration.zero
  }

  private struct StoredKey: Hashable, Sendable {
    let name: String
    let reason: StoredReason
  }

  /// The operations under way, by thread.
  private var frames: [pthread_t: [Frame]] = [:]
  private var operations: [String: (operation: Profile.Operation, work: [String: Profile.Work])] =
    [:]
  private var storedResults: [StoredKey: Profile.Stored] = [:]

  /// What no operation asked for.
  private static let outside = "between operations"

  mutating func enter(_ name: String, at start: ContinuousClock.Instant) {
    frames[pthread_self(), default: []].append(Frame(name: name, start: start))
  }

  mutating func leave(at end: ContinuousClock.Instant) {
    guard let frame = frames[pthread_self()]?.popLast() else { return }
    let whole = end - frame.start
    noteInner(whole)
    count(frame.name, 1, whole - frame.inner)
  }

  /// Work of the operation under way.
  mutating func note(
    _ work: String, _ duration: Duration, bytesRead: Int = 0, bytesWritten: Int = 0
  ) {
    let current = frames[pthread_self()]?.last?.name
    let name = current ?? Self.outside
    if current == nil { count(name, 1, duration) }
    var piece =
      operations[name]?.work[work] ?? Profile.Work(name: work)
    piece.count += 1
    piece.duration += duration
    piece.bytesRead += bytesRead
    piece.bytesWritten += bytesWritten
    operations[name, default: (Profile.Operation(name: name), [:])].work[work] = piece
  }

  /// A small operation that was carried out without a plan.
  mutating func noteSmall(_ name: String, _ duration: Duration) {
    noteInner(duration)
    count(name, 1, duration)
  }

  /// Time of an operation within the one that is under way.
  private mutating func noteInner(_ duration: Duration) {
    guard var own = frames[pthread_self()], !own.isEmpty else { return }
    own[own.count - 1].inner += duration
    frames[pthread_self()] = own
  }

  mutating func noteStored(_ name: String, byteCount: Int, because reason: StoredReason) {
    let key = StoredKey(name: name, reason: reason)
    var result = storedResults[key] ?? Profile.Stored(name: name, reason: reason.rawValue)
    result.count += 1
    result.byteCount += byteCount
    storedResults[key] = result
  }

  private mutating func count(_ name: String, _ number: Int, _ duration: Duration) {
    var entry = operations[name, default: (Profile.Operation(name: name), [:])]
    entry.operation.count += number
    entry.operation.duration += duration
    operations[name] = entry
  }

  /// What took longest first.
  var sortedOperations: [Profile.Operation] {
    operations.values.map { entry in
      var operation = entry.operation
      operation.work = entry.work.values.sorted { ($0.duration, $1.name) > ($1.duration, $0.name) }
      return operation
    }.sorted { ($0.duration, $1.name) > ($1.duration, $0.name) }
  }

  /// The largest first.
  var sortedStored: [Profile.Stored] {
    storedResults.values.sorted { ($0.byteCount, $1.name) > ($1.byteCount, $0.name) }
  }
}

extension Program {
  /// The functions that one pass applies, in their order.
  var label: String {
    let names = functionNames
    return names.isEmpty ? "copy" : names.joined(separator: ", ")
  }
}
