import Glibc

/// Unfinished files of processes that were killed.
enum AbandonedDrafts {
  /// Seconds after which a file of another machine that nobody has locked is abandoned: there may
  /// be file systems whose locks do not reach beyond one machine.
  private static let foreignAge = 86_400

  /// Removes those in a folder; what cannot be looked at stays (readdir, flock, unlink).
  static func remove(in directory: String) {
    guard let entries = opendir(directory) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      // Most entries are other files: their names are not made strings.
      guard entry.pointee.d_name.0 == CChar(UInt8(ascii: ".")) else { continue }
      let text = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let name = DraftName(text) { removeIfAbandoned("\(directory)/\(text)", name) }
    }
  }

  private static func removeIfAbandoned(_ path: String, _ name: DraftName) {
    let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var (status, now) = (stat(), stat())
    guard fstat(descriptor, &status) == 0, FileKind(status) == .regular,
      isAbandoned(descriptor, status, name),
      lstat(path, &now) == 0, now.st_dev == status.st_dev, now.st_ino == status.st_ino
    else { return }
    unlink(path)
  }

  private static func isAbandoned(_ descriptor: Int32, _ status: stat, _ name: DraftName) -> Bool {
    let isOfThisPlace = name.place == DraftName.place
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
      return isOfThisPlace || time(nil) - status.st_mtim.tv_sec > foreignAge
    }
    // Locked by a process that lives; or there are no locks, and the number of its process must do.
    if errno == EWOULDBLOCK { return false }
    return isOfThisPlace && kill(name.process, 0) != 0 && errno == ESRCH
  }
}
