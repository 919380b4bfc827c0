extension Communicator {
  /// Writes `tessera: <message>` to standard error, on rank 0 alone: for what the user should know
  /// though nothing has failed. Not collective.
  package func advise(_ message: String) {
    if rank == 0 { FailurePath.write(message) }
  }
}
