/// The most bytes in use lately: in this window of allocations and the one before it.
struct RecentPeak: Sendable {
  /// Allocations of a window, more than a step of a program has: what a step needs is used in each
  /// window.
  static let window = 1 << 16

  private var now = 0
  private var before = 0
  private var began = 0

  var byteCount: Int { max(now, before) }

  /// Notes what is in use when so many storages have been handed out.
  ///
  /// - Returns: where a window ends, when it began, told in storages handed out; else nil.
  mutating func note(_ byteCount: Int, at allocations: Int) -> Int? {
    if byteCount > now { now = byteCount }
    guard allocations - began >= Self.window else { return nil }
    defer { began = allocations }
    before = now
    now = byteCount
    return began
  }
}
