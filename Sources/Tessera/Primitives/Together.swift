import Execution
import MessagePassing

extension Runtime {
  /// Carries out what all ranks do together in several steps, of which some move nothing: all ranks
  /// get their results, or all throw the error of one of them (`Communicator.told`).
  ///
  /// Called by all ranks. Where something has moved and the last steps are work of each rank alone,
  /// headers are compared once more at the end.
  ///
  /// - Parameters:
  ///   - isShared: false where nothing moves, so that the others need not know of an error.
  ///   - endsInExchange: whether nothing that may fail follows the last collective.
  func together<R>(
    isShared: Bool = true, endsInExchange: Bool = false, _ body: () throws(TensorError) -> R
  ) throws(TensorError) -> R {
    guard isShared, communicator.size > 1 else { return try body() }
    let count = endsInExchange ? 0 : communicator.collectiveCount
    let result: R
    do throws(TensorError) {
      result = try body()
    } catch {
      throw communicator.told(error)
    }
    if !endsInExchange, communicator.collectiveCount > count { try communicator.complete() }
    return result
  }
}

/// Finds out whether a plan that has moved something ends in work of each rank alone. What fails
/// there fails on one rank only, as the others wait for nothing any more. So headers are compared
/// once more.
struct Completion {
  private let communicator: Communicator
  private let summarises: Bool
  private let start: Int
  private var aligned: Int
  private var computed: Int

  /// Nil where nothing that may fail follows the last exchange, in all plans of the kind.
  init?(of plan: Plan, isView: Bool, on communicator: Communicator) {
    summarises = !plan.summaries.isEmpty
    // By index, which copies no alignment.
    let alignments = plan.alignments
    let moves = alignments.indices.contains { alignments[$0].mayMove }
    guard summarises || moves && !isView else { return nil }
    self.communicator = communicator
    start = communicator.collectiveCount
    aligned = start
    computed = start
  }

  /// To be called when the operands have come to where they are needed.
  mutating func noteAligned() { aligned = communicator.collectiveCount }

  /// To be called before the last step.
  mutating func noteComputed() { computed = communicator.collectiveCount }

  /// To be called when all has been done.
  func finish() throws(TensorError) {
    let end = communicator.collectiveCount
    // Blocks and rows move when their places are there; what summaries are good for is worked out
    // afterwards.
    let endsInExchange = end > computed || !summarises && end > aligned
    if end > start, !endsInExchange { try communicator.complete() }
  }
}
