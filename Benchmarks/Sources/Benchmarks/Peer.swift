import Foundation
import Tessera

/// Another library that does the same work, in a process of its own: Benchmarks/peers tells how the two talk.
///
/// It is stopped outside of its turns, so that threads which spin for more work take no time from others.
final class Peer {
  let name: String
  private let process = Process()
  private let requests = Pipe()
  private let answers = Pipe()
  private var unread = Data()

  /// Nil, with a word, where the library cannot be started.
  static func start(_ name: String, in folder: String) -> Peer? {
    let peer = Peer(name, in: folder)
    guard (try? peer.process.run()) != nil, peer.nextLine() == "ready" else {
      Progress.tell("\(name): left out, as it did not start; Benchmarks/peers/setup installs it")
      return nil
    }
    peer.stop()
    return peer
  }

  private init(_ name: String, in folder: String) {
    self.name = name
    // One that has ended is found when it does not answer.
    signal(SIGPIPE, SIG_IGN)
    process.executableURL = URL(fileURLWithPath: "\(folder)/.venv/bin/python")
    process.arguments = ["\(folder)/\(name)_peer.py", String(Job.workers)]
    // Settings for another build of the same library as the peer's own.
    let settings: Set = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]
    process.environment = ProcessInfo.processInfo.environment.filter { !settings.contains($0.key) }
    process.standardInput = requests
    process.standardOutput = answers
  }

  deinit {
    guard process.isRunning else { return }
    // It ends when there is nothing more to read.
    try? requests.fileHandleForWriting.close()
    resume()
    process.waitUntilExit()
  }

  /// Nil where the library has nothing like the case.
  func contender(for item: Case) throws(TensorError) -> Contender? {
    guard try seconds(item, calls: 1) != nil else { return nil }
    return Contender(name: name) { [self] (calls) throws(TensorError) in
      guard let seconds = try seconds(item, calls: calls) else {
        throw fault(item, "no time, where there was one before")
      }
      return seconds
    }
  }

  private func seconds(_ item: Case, calls: Int) throws(TensorError) -> Double? {
    resume()
    defer { stop() }
    let request = Data("\(item.name) \(item.size) \(calls)\n".utf8)
    try? requests.fileHandleForWriting.write(contentsOf: request)
    guard let answer = nextLine() else { throw fault(item, "the end of its answers") }
    if answer == "none" { return nil }
    guard let seconds = Double(answer), seconds >= 0, seconds.isFinite else {
      throw fault(item, "‘\(answer)’")
    }
    return seconds
  }

  private func fault(_ item: Case, _ given: String) -> TensorError {
    TensorError("benchmarks --peer \(name)", given: given, expected: "seconds for \(item.name)")
  }

  /// Nil when there is none any more.
  private func nextLine() -> String? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread = Data(unread[(end + 1)...]) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty { return nil }
      unread += more
    }
  }

  private func stop() { kill(process.processIdentifier, SIGSTOP) }

  private func resume() { kill(process.processIdentifier, SIGCONT) }
}
