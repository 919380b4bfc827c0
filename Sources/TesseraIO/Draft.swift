import Glibc
import Shapes

/// A file while it is written, before it has taken its place. The process that began it finishes or
/// discards it.
///
/// Where the file system has files without names (`O_TMPFILE`), nothing is left of a process that
/// is killed. Elsewhere, and for the moment in which one file takes the place of another, it has a
/// `DraftName`; it is locked as long as its process lives, so that `AbandonedDrafts` knows what to
/// remove.
package final class Draft {
  let file: OpenFile
  let target: FileTarget
  /// Nil while it has no name.
  private var name: String?

  private init(_ file: OpenFile, _ target: FileTarget, name: String?) {
    self.file = file
    self.target = target
    self.name = name
  }

  /// Begins the file that will lie at `path`, after removing what dead processes have left beside
  /// it.
  package convenience init(_ path: String, for operation: String) throws(TensorError) {
    let target = try FileTarget(path, for: operation)
    AbandonedDrafts.remove(in: target.directory)
    if let file = OpenFile.unnamed(for: target, for: operation) {
      // From now on a name that it is given means a file in use.
      _ = file.lock()
      self.init(file, target, name: nil)
    } else {
      let (file, name) = try Self.named(target, for: operation)
      self.init(file, target, name: name)
    }
    guard let permissions = target.permissions else { return }
    do {
      try file.setPermissions(permissions)
    } catch {
      discard()
      throw error
    }
  }

  private static func named(
    _ target: FileTarget, for operation: String
  ) throws(TensorError) -> (OpenFile, String) {
    while true {
      let name = target.beside(DraftName(for: target.name).text)
      guard let file = try OpenFile.writing(name, creating: true, for: operation) else { continue }
      // Between its creation and its lock another process may have taken it for abandoned.
      if file.lock(), file.isUnlinked { continue }
      return (file, name)
    }
  }

  /// By which other ranks open it.
  var address: DraftAddress {
    if let name { return DraftAddress(path: name) }
    return DraftAddress(
      path: "/proc/\(getpid())/fd/\(file.descriptor)", place: DraftName.place,
      identity: file.identity ?? "")
  }

  /// Gives it a name, for ranks that cannot open a file without one (linkat).
  package func giveName() throws(TensorError) {
    while name == nil {
      let name = target.beside(DraftName(for: target.name).text)
      if try file.link(to: name) { self.name = name }
    }
  }

  /// Puts it in its place in one step, and makes its name durable.
  package func finish() throws(TensorError) {
    // Only where nothing is in the way can a file without a name take its place at once.
    if name == nil, target.permissions == nil, try file.link(to: target.path) {
      OpenFile.synchronize(directory: target.directory)
      return
    }
    try giveName()
    try OpenFile.rename(name!, to: target.path, for: file.operation)
    OpenFile.synchronize(directory: target.directory)
  }

  /// Removes it; one without a name goes when it is closed.
  package func discard() {
    if let name { OpenFile.remove(name) }
  }
}

/// Where other ranks find a draft.
struct DraftAddress {
  var path: String
  /// The machine on which `path` means the draft, and which file that is; empty where it has a
  /// name.
  var place = ""
  var identity = ""

  init(path: String, place: String = "", identity: String = "") {
    self.path = path
    self.place = place
    self.identity = identity
  }

  /// From what `encoded` has given; nothing in it is the character 0.
  init(decoding text: Substring) {
    let parts = text.split(separator: "\0", maxSplits: 2, omittingEmptySubsequences: false)
      .map(String.init)
    self.init(
      path: parts.count == 3 ? parts[2] : "", place: parts.first ?? "",
      identity: parts.count == 3 ? parts[1] : "")
  }

  var encoded: String { "\(place)\0\(identity)\0\(path)" }

  var isNamed: Bool { place.isEmpty }

  /// A file without a name, opened by another rank; nil where it is not to be had here.
  func openedByProcess(for operation: String) -> OpenFile? {
    guard place == DraftName.place,
      let file = try? OpenFile.writing(path, creating: false, for: operation),
      let found = file.identity, found == identity
    else { return nil }
    return file
  }

  /// A file with a name, opened by another rank.
  func openedByName(for operation: String) throws(TensorError) -> OpenFile {
    guard let file = try OpenFile.writing(path, creating: false, for: operation) else {
      throw TensorError(
        operation, given: "\(path), which is gone", expected: "a file system that all ranks share")
    }
    return file
  }
}
