import Glibc
import Shapes

/// What loopback ranks share: mailboxes, meetings, and what each one says of itself.
///
/// Unchecked: every property that changes is only touched between `lock` and `unlock`.
final class LoopbackWorld: @unchecked Sendable {
  let size: Int
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  /// One a rank, so that a message wakes only the rank that it is for.
  private let conditions: UnsafeMutablePointer<pthread_cond_t>

  /// A gathering of bytes from all ranks; ranks may be in two at a time, never further apart.
  private struct Meeting {
    var deposits: [[UInt8]?]
    var arrived = 0
    var served = 0
  }
  private var meetings: [Int: Meeting] = [:]
  private var nextMeeting: [Int]
  /// `mail[receiver][sender]`, oldest first.
  private var mail: [[[[UInt8]]]]
  private var activities: [Activity]
  private var hasLeft: [Bool]
  private var announced: TensorError?

  init(size: Int) {
    self.size = size
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    conditions = .allocate(capacity: size)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    for rank in 0..<size { pthread_cond_init(conditions + rank, &attributes) }
    pthread_condattr_destroy(&attributes)
    nextMeeting = Array(repeating: 0, count: size)
    mail = Array(repeating: Array(repeating: [], count: size), count: size)
    activities = Array(repeating: Activity(), count: size)
    hasLeft = Array(repeating: false, count: size)
  }

  deinit {
    for rank in 0..<size { pthread_cond_destroy(conditions + rank) }
    conditions.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func gather(
    _ bytes: [UInt8], rank: Int, timeout: Double
  ) throws(TransportFailure) -> [[UInt8]] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    let number = nextMeeting[rank]
    nextMeeting[rank] += 1
    var meeting = meetings[number] ?? Meeting(deposits: Array(repeating: nil, count: size))
    meeting.deposits[rank] = bytes
    meeting.arrived += 1
    meetings[number] = meeting
    if meeting.arrived == size { wakeAll() }

    try wait(rank, timeout) {
      let deposits = meetings[number]!.deposits
      return deposits.indices.filter { deposits[$0] == nil }
    }
    meetings[number]!.served += 1
    let deposits = meetings[number]!.deposits
    if meetings[number]!.served == size { meetings[number] = nil }
    return deposits.map { $0! }
  }

  func post(_ bytes: [UInt8], from sender: Int, to receiver: Int) {
    pthread_mutex_lock(mutex)
    mail[receiver][sender].append(bytes)
    pthread_cond_signal(conditions + receiver)
    pthread_mutex_unlock(mutex)
  }

  func take(
    from sender: Int, to receiver: Int, timeout: Double
  ) throws(TransportFailure) -> [UInt8] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    try wait(receiver, timeout) { mail[receiver][sender].isEmpty ? [sender] : [] }
    return mail[receiver][sender].removeFirst()
  }

  func publish(_ activity: Activity, rank: Int) {
    pthread_mutex_lock(mutex)
    activities[rank] = activity
    pthread_mutex_unlock(mutex)
  }

  func advance(_ rank: Int, to phase: Activity.Phase) {
    pthread_mutex_lock(mutex)
    activities[rank].advance(to: phase)
    pthread_mutex_unlock(mutex)
  }

  func allActivities() -> [Activity] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return activities
  }

  func announce(_ error: TensorError) {
    pthread_mutex_lock(mutex)
    announced = announced ?? error
    wakeAll()
    pthread_mutex_unlock(mutex)
  }

  func leave(rank: Int) {
    pthread_mutex_lock(mutex)
    hasLeft[rank] = true
    wakeAll()
    pthread_mutex_unlock(mutex)
  }

  func listen(for awaited: () -> [Int]) throws(TransportFailure) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if let announced { throw .common(announced) }
    guard hasLeft.contains(true) else { return }
    if let gone = awaited().first(where: { hasLeft[$0] }) { throw .departed(rank: gone) }
  }

  private func wakeAll() {
    for rank in 0..<size { pthread_cond_signal(conditions + rank) }
  }

  /// Parks, with the lock held, until no rank is `missing`.
  private func wait(
    _ rank: Int, _ timeout: Double, until missing: () -> [Int]
  ) throws(TransportFailure) {
    var attended = AttendedTime.beginning()
    while true {
      let awaited = missing()
      if awaited.isEmpty { return }
      if let announced { throw .common(announced) }
      if let gone = awaited.first(where: { hasLeft[$0] }) { throw .departed(rank: gone) }
      if attended.passed >= timeout { throw .deadline(missing: awaited) }
      let next =
        monotonicSeconds() + min(timeout - attended.passed, AttendedTime.longestPause)
      var time = timespec()
      time.tv_sec = Int(next)
      time.tv_nsec = Int((next - next.rounded(.down)) * 1e9)
      pthread_cond_timedwait(conditions + rank, mutex, &time)
      attended.look()
    }
  }
}
