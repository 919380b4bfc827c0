import Glibc
import Shapes

/// Standard output as programs of the terminal treat it: what cannot be written is an error.
package enum StandardOutput {
  /// Writes all of a text (write).
  ///
  /// - Throws: a `TensorError` of `operation` where standard output is closed, or leads to a disk
  ///   that is full. Where it leads to a pipe that nobody reads any longer, SIGPIPE ends the
  ///   process without a word, unless the program or its parent ignores it.
  package static func write(_ text: String, for operation: String) throws(TensorError) {
    // Swift's own `print` may hold back lines of before, which would come out behind these.
    fflush(nil)
    let bytes = Array(text.utf8)
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(STDOUT_FILENO, $0.baseAddress! + done, $0.count - done)
      }
      if count >= 0 {
        done += count
      } else if errno == EAGAIN {
        // Whoever shares the terminal or the pipe has asked not to wait.
        var wanted = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
        poll(&wanted, 1, -1)
      } else if errno != EINTR {
        throw TensorError(
          operation,
          given: "standard output, which cannot be written: \(String(cString: strerror(errno)))",
          expected: "one that takes the text")
      }
    }
  }
}

/// What a process makes sure of before it does anything else.
enum ProcessStart {
  static func prepare() {
    keepStandardDescriptors()
    ignoreFileSizeSignal()
  }

  /// Where standard input, output or error is closed, the next file that is opened would take its
  /// number, and get what is meant for it. What takes its place here can neither be read nor be
  /// written.
  private static func keepStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // It gets the least number that is free, which is this one.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// A file beyond `ulimit -f` is an error of the write (EFBIG), as a full disk is, rather than the
  /// end of the process without a word. What the program has set for the signal stays.
  private static func ignoreFileSizeSignal() {
    var action = sigaction()
    guard sigaction(SIGXFSZ, nil, &action) == 0,
      action.__sigaction_handler.sa_handler == nil
    else { return }
    signal(SIGXFSZ, SIG_IGN)
  }
}
