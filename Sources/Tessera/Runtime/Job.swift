import Execution
import MessagePassing

/// The processes that run this program together, as this one sees them.
public enum Job {
  /// How many ranks there are; 1 without a launcher.
  public static var ranks: Int { Runtime.current.communicator.size }

  /// Whether this is the rank that speaks for all.
  public static var isFirst: Bool { Runtime.current.communicator.rank == 0 }

  /// The number of workers of this rank, the calling thread included.
  public static var workers: Int { Runtime.current.pool.workerCount }

  /// What this rank has sent, received and all-reduced since the start.
  public static var traffic: Traffic { Runtime.current.communicator.traffic }

  /// Runs a program, which every rank does; an error that it throws ends the job with its message,
  /// told once, and status 1.
  public static func run(_ program: () throws -> Void) {
    do {
      try program()
    } catch let error as TensorError {
      FailurePath.end(error, on: Runtime.current.communicator)
    } catch {
      FailurePath.end(
        TensorError("Job.run", given: "the error \(error)", expected: "a program that throws none"),
        on: Runtime.current.communicator)
    }
  }

  /// Carries out something that may fail on one rank alone, such as opening a file: all ranks get
  /// their own result, or all throw the error of the first that failed, which names its rank.
  ///
  /// Collective: called by all ranks. Nothing inside may be collective.
  public static func agreeing<R>(
    on operation: String, _ body: () throws(TensorError) -> R
  ) throws(TensorError) -> R {
    let communicator = Runtime.current.communicator
    let result = Result { () throws(TensorError) in
      try communicator.forbidding(operation, body)
    }
    return try communicator.agree(result, as: CollectiveLabel(operation))
  }
}
