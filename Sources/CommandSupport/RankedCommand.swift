import ArgumentParser
import Foundation
import MessagePassing
import Tessera

/// A command that every rank of a job runs: what it says of its command line is said once.
public protocol RankedCommand: ParsableCommand {}

extension RankedCommand {
  /// Parses the command line and runs the command.
  ///
  /// Help, version and mistakes in the command line are the same on every rank: the first writes
  /// them, before MPI is initialised, and all end with the same status (64 for a mistake). Errors
  /// of Tessera end the job through its one failure path.
  public static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as TensorError {
      FailurePath.end(error, on: .process())
    } catch {
      let code = exitCode(for: error)
      if Launcher().rank == 0 {
        let text = fullMessage(for: error)
        tell(text + "\n", isError: !code.isSuccess)
      } else if !code.isSuccess {
        // The launcher ends a job at the first status that is not 0: let the first rank speak.
        Thread.sleep(forTimeInterval: 0.5)
      }
      Foundation.exit(code.rawValue)
    }
  }

  private static func tell(_ text: String, isError: Bool) {
    if isError {
      // Where nobody can be told, the status tells.
      try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
      return
    }
    do {
      try StandardOutput.write(text, for: _commandName)
    } catch {
      FailurePath.end(error, on: nil)
    }
  }
}
