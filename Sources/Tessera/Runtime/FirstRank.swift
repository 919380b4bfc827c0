import Execution

/// Runs code on the first rank only; any communication inside is an error, as the others do not
/// take part.
public func onFirstRank(_ body: () throws -> Void) rethrows {
  let communicator = Runtime.current.communicator
  guard communicator.rank == 0 else { return }
  try communicator.forbidding("onFirstRank") { try body() }
}
