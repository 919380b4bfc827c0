import Foundation
import Tessera

/// What processes of a trial share: where they are.
struct Board: @unchecked Sendable {
  // Unchecked as it is memory that several processes map; each writes where no other one does.
  private let words: UnsafeMutablePointer<Int>

  init(count: Int) {
    let bytes = mmap(nil, count * 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
    precondition(bytes != MAP_FAILED, "memory to share")
    words = bytes!.bindMemory(to: Int.self, capacity: count)
  }

  subscript(_ index: Int) -> Int {
    get { words[index] }
    nonmutating set { words[index] = newValue }
  }
}

/// Starts a copy of this process. Swift refuses `fork` by name, as threads do not come along: there
/// are none before a runtime begins, and no process forks after it has one.
func forked(_ body: () -> Never) -> pid_t {
  typealias Fork = @convention(c) () -> pid_t
  let fork = unsafeBitCast(dlsym(UnsafeMutableRawPointer(bitPattern: 0), "fork"), to: Fork.self)
  fflush(nil)
  let process = fork()
  precondition(process >= 0, "another process")
  if process == 0 { body() }
  return process
}

/// Makes calls of a range in one process after the other: the next begins behind the call that
/// ended the last.
struct Worker {
  /// Seconds for a call, and bytes for all data of its process.
  static let timeLimit: UInt32 = 10
  static let memoryLimit: UInt = 4 << 30

  let board: Board
  /// The place on the board for the call that is being made; behind it stands how many faults there
  /// were.
  let place: Int
  let calls: [(name: String, call: Call)]

  func run(_ range: Range<Int>) -> Never {
    let errors = namelessFile()
    var next = range.lowerBound
    while next < range.upperBound {
      ftruncate(errors, 0)
      lseek(errors, 0, SEEK_SET)
      board[place] = next
      let process = forked { make(next..<range.upperBound, errors) }
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0 {}
      let last = board[place]
      if last == range.upperBound { break }
      if let fault = fault(status, errors) {
        let (name, call) = calls[last]
        board[place + 1] += 1
        let line = Array("fault: \(name) with \(call.arguments): \(fault)\n".utf8)
        _ = write(STDOUT_FILENO, line, line.count)
      }
      next = last + 1
    }
    _exit(0)
  }

  /// In the process that makes them.
  private func make(_ range: Range<Int>, _ errors: Int32) -> Never {
    dup2(errors, STDERR_FILENO)
    let nothing = open("/dev/null", O_RDWR)
    dup2(nothing, STDIN_FILENO)
    dup2(nothing, STDOUT_FILENO)
    var limit = rlimit(rlim_cur: Self.memoryLimit, rlim_max: Self.memoryLimit)
    setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
    for number in range {
      board[place] = number
      alarm(calls[number].name == "control" ? 2 : Self.timeLimit)
      do {
        try calls[number].call.make()
      } catch let error as TensorError {
        // Thrown is as good as returned, if it can be told.
        _ = error.description
      } catch {
        FileHandle.standardError.write(Data("threw \(error)".utf8))
        _exit(3)
      }
    }
    alarm(0)
    board[place] = range.upperBound
    exit(0)
  }

  /// What is wrong with an end; nil for one with status 1 and one message.
  private func fault(_ status: Int32, _ errors: Int32) -> String? {
    var bytes = [UInt8](repeating: 0, count: 1 << 17)
    let count = pread(errors, &bytes, bytes.count, 0)
    let message = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    let shown = message.prefix(200).filter { $0 != "\n" }
    let signal = status & 0x7f
    if signal == SIGALRM { return "not finished in time" }
    if signal != 0 { return "signal \(signal) \(shown)" }
    let told = message.split(separator: "\n").count { $0.hasPrefix("tessera: ") }
    guard status >> 8 == 1, told == 1, message.hasPrefix("tessera: "), count < bytes.count else {
      return "status \(status >> 8) and \(told) messages: \(shown)"
    }
    return nil
  }
}

/// A file without a name, gone with the last process that has it open.
private func namelessFile() -> Int32 {
  var name = Array((NSTemporaryDirectory() + "/extremes-XXXXXX").utf8CString)
  let file = mkstemp(&name)
  precondition(file >= 0 && unlink(name) == 0, "a file for messages")
  return file
}
