// Every public function with arguments at the ends of what types and shapes hold: `extremes [--all]
// [NAME]`.
//
// Of each row some calls are made, with --all all of them, with a name those of one declaration. A
// call has to return, or to end its process with one message and status 1, in time and in memory.
// Prints a line for each that did anything else, and at last `N calls of M declarations, K faults`;
// status 1 if there was one.

import Foundation
import Tessera

/// Calls of a row that are made without --all.
let sample = 4

func chosen(_ rows: [Row], all: Bool) -> [(name: String, call: Call)] {
  rows.flatMap { row in
    // From one end to the other.
    let count = all ? row.calls.count : min(sample, row.calls.count)
    return (0..<count).map { number in
      (row.name, row.calls[count == 1 ? 0 : number * (row.calls.count - 1) / (count - 1)])
    }
  }
}

let arguments = Set(CommandLine.arguments.dropFirst())
let names = arguments.subtracting(["--all"])
let all =
  Row.ofShapes + Row.ofDistribution + Row.ofCreation + Row.ofArithmetic + Row.ofFunctions
  + Row.ofMovement + Row.ofIndices + Row.ofReductions + Row.ofNumbersAlone + Row.ofPrograms
  + Row.ofTraining
  + Row.ofOneAxis + Row.ofInitialValues + Row.ofNumbers + Row.ofReplicas + Row.ofFiles
  + (names.contains("control") ? Row.controls : [])
let rows = names.isEmpty ? all : all.filter { names.contains($0.name) }
let calls = chosen(rows, all: arguments.contains("--all") || !names.isEmpty)

// A fault is told in a line here; a debugger, or the call by itself in a program, shows where it
// is. A process reads this when it begins.
if getenv("SWIFT_BACKTRACE") == nil {
  setenv("SWIFT_BACKTRACE", "enable=no", 1)
  var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
  execv("/proc/self/exe", &arguments)
}
let workers = 2
let board = Board(count: 2 * workers)
let share = (calls.count + workers - 1) / workers
let processes = (0..<workers).map { number in
  forked {
    let range = min(number * share, calls.count)..<min((number + 1) * share, calls.count)
    Worker(board: board, place: 2 * number, calls: calls).run(range)
  }
}
var isRight = !calls.isEmpty
for process in processes {
  var status: Int32 = 0
  while waitpid(process, &status, 0) < 0 {}
  isRight = isRight && status == 0
}
let faults = (0..<workers).reduce(0) { $0 + board[2 * $1 + 1] }
print("\(calls.count) calls of \(Set(rows.map(\.name)).count) declarations, \(faults) faults")
exit(isRight && faults == 0 ? 0 : 1)
