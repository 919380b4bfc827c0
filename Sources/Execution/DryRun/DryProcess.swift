import Glibc
import Machine
import MessagePassing
import Shapes

/// A process that only tells what a job would do: it runs as rank 0, of which the others are not
/// there, writes a report when it ends, and lets a second process run as the rank that receives the
/// most.
enum DryProcess {
  /// `TESSERA_DRY_RUN`: a number of ranks, and after a colon the rank to run as.
  static let variable = "TESSERA_DRY_RUN"
  static let expected = "a number of ranks in 1...\(1 << 20), and maybe a colon and one of them"
  /// Set for the second process: the descriptor that its report goes to.
  private static let reportVariable = "TESSERA_DRY_RUN_REPORT"

  static func parse(_ text: String) -> DryRank? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(parts.count), let ranks = parts[0], (1...1 << 20).contains(ranks)
    else { return nil }
    if parts.count == 1 { return DryRank(ranks: ranks, rank: nil) }
    guard let rank = parts[1], (0..<ranks).contains(rank) else { return nil }
    return DryRank(ranks: ranks, rank: rank)
  }

  /// The runtime of a process that was asked to run so. Under a launcher each process does, and the
  /// first speaks.
  static func runtime(_ asked: DryRank, memoryLimit: Int?) -> Runtime {
    let topology = Topology.current()
    let runtime = Runtime(
      dryRank: asked.rank ?? 0, of: asked.ranks, topology: topology,
      pool: WorkerPool(topology: topology, workers: 1, spins: false), memoryLimit: memoryLimit,
      endingOn: nil)
    let isAsked = asked.rank != nil
    if Launcher().rank == 0 {
      ending.pointee = { end(runtime, alone: isAsked) }
      on_exit({ status, _ in if status == 0 { DryProcess.ending.pointee?() } }, nil)
    }
    return runtime
  }

  // Written once, before the handler that reads it is known.
  nonisolated(unsafe) private static let ending: UnsafeMutablePointer<(() -> Void)?> = {
    let pointer = UnsafeMutablePointer<(() -> Void)?>.allocate(capacity: 1)
    pointer.initialize(to: nil)
    return pointer
  }()

  private static func end(_ runtime: Runtime, alone: Bool) {
    guard let dry = runtime.dry else { return }
    fflush(nil)
    var report = DryRunReport(runtime, dry)
    if let descriptor = Launcher.environment(reportVariable).flatMap({ Int32($0) }) {
      return write(report.reports[0].encoded, to: descriptor)
    }
    var note = ""
    let busiest = report.busiestRank
    if !alone, busiest != 0 {
      if let other = secondProcess(as: busiest, of: report.ranks) {
        report.reports.append(other)
      } else {
        note =
          "\nrank \(busiest) receives the most: \(variable)=\(report.ranks):\(busiest) runs as it"
      }
    }
    write(report.description + note + "\n", to: STDERR_FILENO)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count <= 0 { return }
      rest = rest.dropFirst(count)
    }
  }

  /// Runs the same program once more, as another rank, with nothing to read and its output thrown
  /// away.
  private static func secondProcess(as rank: Int, of ranks: Int) -> DryRunReport.Rank? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    defer { close(ends[0]) }
    setenv(variable, "\(ranks):\(rank)", 1)
    setenv(reportVariable, "\(ends[1])", 1)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addclose(&actions, ends[0])
    for (descriptor, mode) in [
      (STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_WRONLY), (STDERR_FILENO, O_WRONLY),
    ] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", mode, 0)
    }
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let status = posix_spawn(&process, "/proc/self/exe", &actions, nil, &arguments, environ)
    close(ends[1])
    guard status == 0 else { return nil }
    // The report, or the end of the process without one.
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = read(ends[0], &buffer, buffer.count), count > 0 {
      bytes += buffer[..<count]
    }
    var exitStatus: Int32 = 0
    waitpid(process, &exitStatus, 0)
    return exitStatus == 0
      ? DryRunReport.Rank(encoded: String(decoding: bytes, as: UTF8.self)) : nil
  }
}

/// As which rank of how many a process runs that only counts.
package struct DryRank: Equatable, Sendable {
  package var ranks: Int
  /// Nil for rank 0 and, in a process of its own, that which receives the most.
  package var rank: Int?
}

extension DryRunReport.Rank {
  /// Its numbers in one line.
  fileprivate var encoded: String {
    let numbers = [
      rank, traffic.bytesSent, traffic.bytesReceived, traffic.messages, traffic.collectives,
      traffic.controlBytes, traffic.reducedBytes, peakMemory, work.multiplications,
      work.elementOperations, work.bytesRead, work.bytesWritten,
    ]
    return numbers.map(String.init).joined(separator: " ") + "\n"
  }

  fileprivate init?(encoded text: String) {
    let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
    guard numbers.count == 12 else { return nil }
    var traffic = Traffic()
    traffic.bytesSent = numbers[1]
    traffic.bytesReceived = numbers[2]
    traffic.messages = numbers[3]
    traffic.collectives = numbers[4]
    traffic.controlBytes = numbers[5]
    traffic.reducedBytes = numbers[6]
    var work = Work()
    work.multiplications = numbers[8]
    work.elementOperations = numbers[9]
    work.bytesRead = numbers[10]
    work.bytesWritten = numbers[11]
    self.init(rank: numbers[0], traffic: traffic, peakMemory: numbers[7], work: work)
  }
}
