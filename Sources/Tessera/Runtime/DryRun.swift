import Execution

/// The plans of the operations in a closure: collectives, bytes, steps. Nothing is computed and
/// nothing moves.
///
/// The closure runs once, as this rank: on shapes and shardings alone, with whatever it contains,
/// such as tapes and the steps of a training. What it would change, such as a parameter from
/// outside, stays as it is. A value that it asks for is an error, unless it says what to assume
/// (`item(assuming:)`).
///
/// Local.
public func explain<R>(_ body: () throws -> R) rethrows -> [Plan] {
  let runtime = Runtime.current
  let communicator = runtime.communicator
  return try runtime.dryRun(as: communicator.rank, of: communicator.size) { _ = try body() }.plans
}

/// What the program in a closure would do on any number of ranks, none of which has to be there:
/// the plans, and of rank 0 and of the rank that receives the most what they send, receive, compute
/// and need as memory. Nothing is computed and nothing moves.
///
/// The closure runs as rank 0, and once more as each other rank that is reported. All tensors are
/// made inside of it, as a value from outside lies on other ranks. A value that it asks for is an
/// error, unless it says what to assume (`item(assuming:)`); files are read no further than their
/// headers, and none is written.
///
/// Local. Takes the time to plan the operations, and to look at each rank for each plan that
/// differs.
/// - Parameters:
///   - ranks: at most 2²⁰.
///   - reporting: the ranks to run as, in place of those two.
///   - body: the program.
/// - Throws: what the closure throws, and a `TensorError` for numbers that are out of range.
public func dryRun(
  ranks: Int, reporting: [Int]? = nil, _ body: () throws -> Void
) throws -> DryRunReport {
  try Runtime.current.dryRun(of: ranks, reporting: reporting, body)
}
