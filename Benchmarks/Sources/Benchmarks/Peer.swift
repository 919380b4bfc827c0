import Foundation
import Tessera

/// Another library that does the same work, in a process of its own or on as many ranks of its own:
/// Benchmarks/peers tells how the two talk.
///
/// It is stopped outside of its turns, so that threads which spin for more work take no time from
/// others. The first rank alone talks to it, and tells the others.
final class Peer {
  let name: String
  private let folder: String
  private let process = Process()
  private let requests = Pipe()
  private let answers = Pipe()
  /// What it says besides, which is told only where it fails: warnings and what goes wrong when all
  /// is done are nobody's business here.
  private let asides: FileHandle?
  private var unread = Data()
  /// The processes that compute.
  private var processes: [pid_t] = []
  private var lastSeconds = 0.0

  /// Nil, with a word, where the library cannot be started. Collective.
  static func start(_ name: String, in folder: String) -> Peer? {
    let peer = Peer(name, in: folder)
    let isReady = Job.isFirst && peer.begin()
    if Job.isFirst, !isReady { peer.tellAsides() }
    guard Job.greatest([isReady ? 1 : 0]) == [1] else {
      Progress.tell("\(name): left out, as it did not start; Benchmarks/peers/setup installs it")
      return nil
    }
    return peer
  }

  private init(_ name: String, in folder: String) {
    self.name = name
    self.folder = folder
    let path = NSTemporaryDirectory() + "tessera-peer-\(getpid())-\(name)"
    asides =
      FileManager.default.createFile(atPath: path, contents: nil)
      ? FileHandle(forUpdatingAtPath: path) : nil
    unlink(path)
  }

  private func begin() -> Bool {
    // One that has ended is found when it does not answer.
    signal(SIGPIPE, SIG_IGN)
    let program = ["\(folder)/.venv/bin/python", "\(folder)/\(name)_peer.py", String(Job.workers)]
    process.executableURL = URL(fileURLWithPath: program[0])
    process.arguments = Array(program.dropFirst())
    // Settings for another build of the same library as the peer's own, and what this job's
    // launcher told its rank.
    let foreign = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMPI_", "PMIX_", "ORTE_"]
    var environment = ProcessInfo.processInfo.environment.filter { variable, _ in
      !foreign.contains { variable.hasPrefix($0) } || variable.hasPrefix("OMPI_ALLOW_RUN_AS_ROOT")
    }
    if Job.ranks > 1 {
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        ["mpirun", "-n", String(Job.ranks), "--mca", "plm", "isolated"]
        + ["--map-by", "slot:PE=\(Job.workers)", "--bind-to", "core"]
        + (getuid() == 0 ? ["--allow-run-as-root"] : []) + program
      environment["PEER_MEETING"] =
        NSTemporaryDirectory() + "tessera-peers-\(getpid())-\(name)"
    }
    process.environment = environment
    process.standardInput = requests
    process.standardOutput = answers
    if let asides { process.standardError = asides }
    guard (try? process.run()) != nil, let answer = nextLine() else { return false }
    let words = answer.split(separator: " ")
    processes = words.dropFirst().compactMap { pid_t($0) }
    if Job.ranks == 1 { processes = [process.processIdentifier] }
    guard words.first == "ready", processes.count == Job.ranks else { return false }
    stop()
    return true
  }

  deinit {
    guard process.isRunning else { return }
    // It ends when there is nothing more to read.
    try? requests.fileHandleForWriting.close()
    resume()
    process.waitUntilExit()
    if let meeting = process.environment?["PEER_MEETING"] { unlink(meeting) }
  }

  /// Nil where the library has nothing like the case. Collective.
  func contender(for item: Case) throws(TensorError) -> Contender? {
    guard try seconds(item, calls: 1) != nil else { return nil }
    return Contender(name: name) { [self] (calls) throws(TensorError) in
      guard let seconds = try seconds(item, calls: calls) else {
        throw fault(item, "no time, where there was one before")
      }
      return seconds
    }
  }

  /// What the first rank is told, on all ranks. Collective.
  private func seconds(_ item: Case, calls: Int) throws(TensorError) -> Double? {
    // The other ranks leave their processors to it for most of the time that it should need.
    if !Job.isFirst { usleep(UInt32(min(0.9 * lastSeconds * Double(calls), 10) * 1e6)) }
    let answer = try Job.agreeing(on: "benchmarks --peer") { () throws(TensorError) in
      Job.isFirst ? try ask(item, calls: calls) : nil
    }
    // Less than nothing stands for none.
    let seconds = Job.greatest([answer ?? -1])[0]
    lastSeconds = max(seconds, 0) / Double(calls)
    return seconds < 0 ? nil : seconds
  }

  private func ask(_ item: Case, calls: Int) throws(TensorError) -> Double? {
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
    tellAsides()
    return TensorError(
      "benchmarks --peer \(name)", given: given, expected: "seconds for \(item.name)")
  }

  private func tellAsides() {
    guard let asides, (try? asides.seek(toOffset: 0)) != nil,
      let said = try? asides.readToEnd()
    else { return }
    Progress.tell(String(decoding: said, as: UTF8.self).trimmingCharacters(in: .newlines))
  }

  /// Nil where there is none any more.
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

  private func stop() { for process in processes { kill(process, SIGSTOP) } }

  private func resume() { for process in processes { kill(process, SIGCONT) } }
}
