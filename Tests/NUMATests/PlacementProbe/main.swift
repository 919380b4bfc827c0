// Where the pages of tensors lie on this machine, and who works on them: `PlacementProbe COMMAND`.
//
// Writes a line `ok NAME` or `not ok NAME` for each check, with the figures below it.

import Glibc
import SystemCallFilter

/// Becomes another program, which may neither place memory nor threads, as in a container.
func becomeRefused(_ command: ArraySlice<String>) -> Never {
  guard let program = command.first else { endWithUsage() }
  let code = refuse_system_calls(refused_memory_calls.rawValue | refused_affinity_calls.rawValue)
  guard code == 0 else { fatalError("refuse_system_calls: error \(code)") }
  var words = command.map { strdup($0) } + [nil]
  execvp(program, &words)
  fatalError("execvp of \(program): error \(errno)")
}

func endWithUsage() -> Never {
  print("usage: PlacementProbe placement | work | one-node | refused COMMAND ARGUMENTS…")
  exit(64)
}

let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "placement": PlacedMemory.check()
case "work": SharedWork.check()
case "one-node": OneNode.check()
case "refused": becomeRefused(arguments.dropFirst())
default: endWithUsage()
}
exit(Report.hasFailed ? 1 : 0)
