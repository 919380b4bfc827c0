import Glibc
import Shapes
import Synchronization

extension Communicator {
  /// The communicator of this process, the same at each call.
  ///
  /// Where a launcher started the process (Open MPI, PMIx, or a step of Slurm), the first call
  /// initialises MPI, together with all other ranks. When the process ends with status 0, the ranks
  /// agree that all have come to their end and MPI is finalised; with any other status the job is
  /// ended. After an error that all ranks have and the program has caught, MPI is finalised without
  /// that agreement. Without a launcher, and in a child of a process that has initialised MPI,
  /// there is one rank and MPI is never initialised.
  ///
  /// A program that has initialised MPI itself, with `MPI_THREAD_SERIALIZED` at least, finalises it
  /// itself. Collectives end with it: the ranks agree inside `MPI_Finalize` that all have come to
  /// it.
  ///
  /// A failure ends the job: a malformed variable `TESSERA_…` on rank 0, a rank that does not come
  /// to the start within the deadline, an MPI library without `MPI_THREAD_SERIALIZED`.
  public static func process() -> Communicator { ofProcess }

  private static let ofProcess: Communicator = {
    ProcessStart.prepare()
    let launcher = Launcher()
    let communicator: Communicator
    if launcher.isPresent {
      communicator = MPIJob.start()
      ProcessExit.watch(communicator)
    } else {
      do throws(TensorError) {
        communicator = Communicator(SoloTransport(), try Settings.fromEnvironment())
      } catch {
        FailurePath.end(start: error, on: nil)
      }
    }
    Misuse.use { FailurePath.end($0, on: communicator) }
    communicator.logStart(launcher)
    return communicator
  }()

  private func logStart(_ launcher: Launcher) {
    if rank == 0 {
      for warning in KnownSettings.warnings(Launcher.environmentNames) {
        logger.warning("\(warning)")
      }
    }
    logger.info("\(transportDescription); waits end after \(Timeout.text(timeout))")
    if let mpi {
      logger.info("\(mpi.library), MPI \(mpi.standard), thread level \(mpi.threadLevel)")
    }
    if isCrowded {
      logger.info("more ranks than processors share this machine: ranks that wait give way")
    }
    if launcher.isInherited {
      logger.info("a parent process has initialised MPI, so this one is on its own")
    }
  }

  /// What the MPI library says of itself; nil without MPI.
  public var mpi: MPIDescription? { transport.mpi }
}

/// Ends MPI when the process ends.
enum ProcessExit {
  private static let watched = Mutex<(communicator: Communicator, process: pid_t)?>(nil)

  static func watch(_ communicator: Communicator) {
    watched.withLock { $0 = (communicator, getpid()) }
    // on_exit, because a handler of atexit does not learn the status.
    on_exit({ status, _ in ProcessExit.end(status) }, nil)
  }

  /// Nil in children, and where an error or the program has ended MPI already.
  private static var watchedCommunicator: Communicator? {
    guard let (communicator, process) = watched.withLock({ $0 }), process == getpid(),
      !FailurePath.isEnding
    else { return nil }
    return communicator
  }

  /// The program itself finalises MPI, which still works.
  static func programEndsMPI() {
    guard let communicator = watchedCommunicator else { return }
    do {
      try communicator.finishFromExit()
    } catch {
      FailurePath.end(error, on: communicator)
    }
    watched.withLock { $0 = nil }
    communicator.state.withLock {
      $0.end = "MPI_Finalize, which the program has called"
      $0.isCutOff = true
    }
  }

  private static func end(_ status: Int32) {
    guard let communicator = watchedCommunicator else { return }
    if status != 0 { FailurePath.end(processStatus: status, on: communicator) }
    fflush(nil)
    do {
      try communicator.finishFromExit()
      watched.withLock { $0 = nil }
      MPIJob.finalize()
    } catch {
      FailurePath.end(error, on: communicator)
    }
  }
}

extension Communicator {
  /// `finish()` on whichever thread ends the process. Nothing is left to agree on after an error
  /// that all ranks have: whoever has caught it ends as it likes.
  fileprivate func finishFromExit() throws(TensorError) {
    let now = state.withLock { state in
      if !state.isInCollective { state.programThread = pthread_self() }
      state.prohibitions = []
      return (
        isInCollective: state.isInCollective,
        hasFinished: state.end != nil || state.isFailureCommon
      )
    }
    if now.isInCollective {
      throw TensorError(
        "exit", given: "the end of the process while its program thread is in a collective",
        expected: "the end after the last collective", rank: rank)
    }
    // MPI must not end under the courier.
    if now.hasFinished { courier.drain() } else { try finish() }
  }
}
