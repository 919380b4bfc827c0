/// The message of the error that a closure throws.
func errorMessage<R>(_ body: () throws -> R) -> String {
  do {
    _ = try body()
    return "nothing was thrown"
  } catch { return "\(error)" }
}
