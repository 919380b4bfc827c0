// Programs that a launcher starts on several ranks, to see how a job ends: `scenarios NAME`.

import Foundation
import MessagePassing
import Shapes

/// One program, under the name by which it is asked for.
struct Scenario: Sendable {
  var name: String
  /// What it does, and how it should end.
  var summary: String
  /// Done on each process before it meets the others.
  var preparation: @Sendable () -> Void
  var body: @Sendable (Communicator) throws(TensorError) -> Void

  init(
    _ name: String, _ summary: String, preparation: @escaping @Sendable () -> Void = {},
    _ body: @escaping @Sendable (Communicator) throws(TensorError) -> Void
  ) {
    self.name = name
    self.summary = summary
    self.preparation = preparation
    self.body = body
  }
}

/// Writes one line, on this rank, at once.
func report(_ line: String) {
  print(line)
  fflush(nil)
}

func runScenario(_ name: String?, among scenarios: [Scenario]) {
  guard let name, let scenario = scenarios.first(where: { $0.name == name }) else {
    for scenario in scenarios { report("\(scenario.name): \(scenario.summary)") }
    exit(64)
  }
  scenario.preparation()
  do {
    try scenario.body(Communicator.process())
  } catch {
    FailurePath.end(error, on: Communicator.process())
  }
}

runScenario(
  CommandLine.arguments.dropFirst().first,
  among: CommunicatorScenarios.sound + TensorScenarios.sound + FileScenarios.all
    + MemoryScenarios.all + ToldScenarios.all + OperandScenarios.all + DryScenarios.all
    + MPIScenarios.sound + CourierScenarios.sound
    + CommunicatorScenarios.failing + TensorScenarios.failing + MPIScenarios.failing
    + PlaceScenarios.failing + CourierScenarios.failing)
