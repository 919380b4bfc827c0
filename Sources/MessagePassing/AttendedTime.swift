/// Seconds of a wait in which the process could have seen that something has come.
///
/// A process that was stopped (SIGSTOP, a suspended job, a machine asleep) finds a gap between two
/// looks at the clock, in which nobody may have been late: its peers are often stopped with it.
package struct AttendedTime {
  /// How much of a gap counts: more than any pause of a wait that runs, and little beside a
  /// deadline.
  static let allowance = 0.1
  /// Who waits in a call of the system looks at least so often.
  static let longestPause = 0.05
  /// After a gap as long as this peers get as much time again, as they may go on a little later. No
  /// quota on CPUs pauses a process for so long, so that no deadline is put off for ever.
  private static let moment = 1.0

  package init() {}

  private var last = 0.0
  package private(set) var passed = 0.0

  /// Starts anew.
  package mutating func begin(at now: Double = monotonicSeconds()) {
    last = now
    passed = 0
  }

  /// One that has begun.
  static func beginning() -> AttendedTime {
    var time = AttendedTime()
    time.begin()
    return time
  }

  mutating func look() {
    look(at: monotonicSeconds())
  }

  package mutating func look(at now: Double) {
    let gap = now - last
    last = now
    passed += gap <= Self.allowance ? gap : Self.counted(gap)
    if passed < 0 { passed = 0 }
  }

  @inline(never)
  private static func counted(_ gap: Double) -> Double {
    gap < moment ? allowance : allowance - moment
  }
}
