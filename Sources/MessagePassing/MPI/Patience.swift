import Glibc

/// How a wait passes its time between two looks: at first eagerly, then yielding the processor,
/// then asleep for longer and longer. Open MPI makes no progress by itself, so someone has to look.
struct Patience {
  private let isCrowded: Bool
  private let longestNap: UInt32
  private var time = AttendedTime()
  private var looks = 0
  private var nap: UInt32 = 0

  /// Naps are in microseconds.
  init(isCrowded: Bool, longestNap: UInt32) {
    self.isCrowded = isCrowded
    self.longestNap = longestNap
    begin()
  }

  /// One that has yet to begin.
  init(idle isCrowded: Bool, longestNap: UInt32) {
    self.isCrowded = isCrowded
    self.longestNap = longestNap
  }

  /// Starts the wait anew.
  mutating func begin() {
    time.begin()
    looks = 0
    nap = 10
  }

  /// Seconds since the wait began in which it could have looked, as of the last look.
  var waited: Double { time.passed }

  /// Others' questions can wait for a few looks, unless this rank sleeps between them.
  var isDueToListen: Bool { isAsleep || looks % 32 == 31 }

  private var isEager: Bool { !isCrowded && waited < 50e-6 }
  private var isAsleep: Bool { waited >= 5e-3 }

  mutating func rest() {
    looks += 1
    if isEager {
      // Asking the clock costs less than a look does.
    } else if !isAsleep {
      sched_yield()
    } else {
      nap = min(nap * 2, longestNap)
      usleep(nap)
    }
    time.look()
  }
}
