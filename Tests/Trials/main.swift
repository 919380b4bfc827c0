// Programs that a generator has written, run on ranks and compared with what NumPy gave, or their
// gradients with differences: `trials [--wrong-slopes] FILE [RANKS…]`. With the option slopes are
// off by a thousandth.
//
// With numbers of ranks, on so many threads each, one number after the other; without, on the ranks
// of the launcher. Ends with the line `N programs on R ranks, M differences` for each number, and
// with status 1 if there was one.

import Execution
import Foundation
import MessagePassing
import Tessera
import TestSupport

let slopeFactor = CommandLine.arguments.contains("--wrong-slopes") ? 1.001 : 1.0

/// Runs one program and gives what it complains about.
func complaints(
  about program: TrialProgram, on runtime: Runtime, undecided: inout Int
) throws -> [String] {
  if program.output != nil {
    let complaint = try SlopeTrial(program, on: runtime, factor: slopeFactor)
      .complaint(undecided: &undecided)
    return complaint.map { [$0] } ?? []
  }
  var environment = Environment(runtime: runtime)
  let tape = program.isTaped ? GradientTape(persistent: true) : nil
  for step in program.steps {
    if let tape {
      for case let x as any Watchable in step.operands.compactMap({ environment.variables[$0] }) {
        x.watch(by: tape)
      }
      try tape.record { try environment.run(step) }
    } else {
      try environment.run(step)
    }
  }
  return try program.checks.compactMap { check in
    guard let complaint = try environment.tensor(check.variable).complaint(about: check) else {
      return nil
    }
    let lines = program.lines(leadingTo: check.variable).map { "\n    \($0.prefix(160))" }
    return complaint + lines.joined()
  }
}

/// What a tape can watch.
protocol Watchable {
  func watch(by tape: GradientTape)
}

extension Tensor: Watchable where Scalar: FloatingPointTensorScalar {
  func watch(by tape: GradientTape) { tape.watch(self) }
}

/// Runs all programs on this rank's runtime; says which one it is at, in case that one ends the
/// process.
func differences(
  in programs: [TrialProgram], on runtime: Runtime, under progress: Progress?
) -> [String] {
  var undecided = 0
  let found = programs.flatMap { program in
    progress?.note(program.seed, ranks: runtime.communicator.size)
    do {
      return try complaints(about: program, on: runtime, undecided: &undecided)
        .map { "seed \(program.seed): \($0)" }
    } catch {
      return ["seed \(program.seed): \(error)"]
    }
  }
  // Programs that are steep everywhere would try nothing.
  let isTelling = undecided * 10 <= programs.count || programs.count < 10
  return isTelling ? found : found + ["\(undecided) slopes that differences cannot tell"]
}

/// A file that holds the seed that is being run.
struct Progress: Sendable {
  let descriptor: Int32

  init?(_ path: String?) {
    guard let path else { return nil }
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  }

  func note(_ seed: Substring, ranks: Int) {
    let line = Array("seed \(seed) on \(ranks) ranks\n".utf8) + Array(repeating: 32, count: 16)
    _ = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }
}

func elementCount(_ threshold: Substring) -> Int {
  switch threshold {
  case "small": 0
  case "large": .max
  default: Runtime.leastDeferredElementCount
  }
}

func conclude(
  _ programs: [TrialProgram], ranks: Int, _ found: [String], isSpeaking: Bool = true
) -> Bool {
  for line in found.prefix(10) { print("difference on \(ranks) ranks: \(line)") }
  if isSpeaking || !found.isEmpty {
    print("\(programs.count) programs on \(ranks) ranks, \(found.count) differences")
  }
  return found.isEmpty
}

func runTrials() throws -> Bool {
  let arguments = CommandLine.arguments.dropFirst().filter { $0 != "--wrong-slopes" }
  guard let path = arguments.first else { throw Malformed("no file") }
  let programs = try TrialProgram.all(in: String(contentsOfFile: path, encoding: .utf8))
  guard !programs.isEmpty else { throw Malformed("no program in \(path)") }
  let progress = Progress(ProcessInfo.processInfo.environment["TRIALS_PROGRESS"])
  if arguments.count == 1 {
    let runtime = Runtime.current
    let found = differences(in: programs, on: runtime, under: nil)
    return conclude(
      programs, ranks: runtime.communicator.size, found,
      isSpeaking: runtime.communicator.rank == 0)
  }
  var isRight = true
  for word in arguments.dropFirst() {
    guard let ranks = Int(word), ranks > 0 else { throw Malformed("\(word) ranks") }
    var found: [String] = []
    for threshold: Substring in ["small", "usual", "large"] {
      let chosen = programs.filter { $0.threshold == threshold }
      let byRank = try onLoopbackRanks(ranks, deferringFrom: elementCount(threshold)) { runtime in
        differences(
          in: chosen, on: runtime, under: runtime.communicator.rank == 0 ? progress : nil)
      }
      // A difference that all ranks have is told once.
      var told: Set<String> = []
      for (rank, lines) in byRank.enumerated() {
        for line in lines where told.insert(line).inserted {
          found.append(ranks > 1 ? "\(line) (rank \(rank))" : line)
        }
      }
    }
    isRight = conclude(programs, ranks: ranks, found) && isRight
  }
  return isRight
}

do {
  exit(try runTrials() ? 0 : 1)
} catch {
  print("trials: \(error)")
  exit(64)
}
