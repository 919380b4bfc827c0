import CMPI
import Foundation
import Machine
import Shapes
import Synchronization

/// Start and end of MPI in this process.
enum MPIJob {
  /// Whether MPI was initialised here, and not by the program or another library.
  private static let isOurs = Atomic<Bool>(false)

  /// Initialises MPI together with the other ranks; a failure ends the job.
  static func start() -> Communicator {
    let own = Result { () throws(TensorError) in try Settings.fromEnvironment() }
    let timeout = (try? own.get())?.timeout ?? Timeout.standard
    // The calls of the start block without a deadline, so an alarm stands by.
    let alarm = Alarm(after: timeout, "MPI_Init", "all ranks to start")
    Launcher.claim()

    let transport: MPITransport
    var common: Result<Settings, TensorError>
    var meeting: NodeMeeting?
    var held: (outcome: NodeMeeting.Outcome, refusals: [NodeMeeting.Refusal])?
    do {
      let level = try initialize()
      transport = try makeTransport(level)
      let sent = Settings.decoded(try ofFirstRank(Settings.encoded(own)))
      // Rank 0 can say what is wrong with its own.
      common = transport.rank == 0 ? own : sent
      if let error = tooFewThreads(level) { common = .failure(error) }
      if case .success(let settings) = common, transport.size > 1 {
        meeting = try NodeMeeting(
          over: transport, ranksPerNode: settings.ranksPerNode, timeout: timeout)
        if settings.sharesMemory { held = try meeting?.hold() }
      }
    } catch {
      FailurePath.endWithoutTransport(error.ofStart, rank: Launcher().rank)
    }
    alarm.stop()
    switch common {
    case .success(let settings):
      var used: any Transport = transport
      if case .shared(let shared) = held?.outcome { used = shared }
      let communicator = Communicator(used, settings, nodes: meeting?.map.nodes)
      warn(of: held?.refusals ?? [], communicator)
      return communicator
    case .failure(let error):
      FailurePath.end(start: error, on: Communicator(transport, Settings()))
    }
  }

  private static func warn(of refusals: [NodeMeeting.Refusal], _ communicator: Communicator) {
    guard communicator.rank == 0 else { return }
    for refusal in refusals {
      let ranks = refusal.ranks.map(String.init).joined(separator: ", ")
      communicator.logger.warning(
        """
        ranks \(ranks) exchange bytes by MPI alone, as rank \(refusal.rank) cannot share memory: \
        \(refusal.reason)
        """)
    }
  }

  /// `MPI_Finalize`, unless that is for others to do.
  static func finalize() {
    guard isOurs.exchange(false, ordering: .acquiringAndReleasing) else { return }
    let alarm = Alarm(after: 60, "MPI_Finalize", "all ranks to end")
    let code = MPI_Finalize()
    alarm.stop()
    if code != MPI_SUCCESS {
      // Errors can no longer be put into words, nor the job be aborted, by the library.
      FailurePath.endWithoutTransport(
        TensorError("MPI_Finalize", given: "the MPI error code \(code)", expected: "success"),
        rank: Launcher().rank)
    }
  }

  /// Initialises MPI unless the program has done so. Returns what it allows of threads.
  private static func initialize() throws(TransportFailure) -> Int32 {
    var isFinalized: Int32 = 0
    var isInitialized: Int32 = 0
    try call("MPI_Finalized", MPI_Finalized(&isFinalized))
    guard isFinalized == 0 else {
      throw .local(
        TensorError(
          "MPI_Init", given: "MPI that the program has finalized",
          expected: "the first tensor before MPI_Finalize"))
    }
    try call("MPI_Initialized", MPI_Initialized(&isInitialized))
    var level: Int32 = 0
    if isInitialized != 0 {
      try call("MPI_Query_thread", MPI_Query_thread(&level))
    } else {
      PIDNamespace.avoidSharedMemory()
      try call("MPI_Init_thread", MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &level))
      // A program that has initialised MPI decides about its errors elsewhere.
      try call(
        "MPI_Comm_set_errhandler",
        MPI_Comm_set_errhandler(mpiCommWorld(), mpiErrorsReturn()))
      isOurs.store(true, ordering: .releasing)
    }
    // MPI ends with what lies on this communicator, so that whoever ends it is noticed.
    var key: Int32 = 0
    try call(
      "MPI_Comm_create_keyval",
      MPI_Comm_create_keyval(
        mpiNoCopy(),
        { _, _, _, _ in
          ProcessExit.programEndsMPI()
          return MPI_SUCCESS
        }, &key, nil))
    try call("MPI_Comm_set_attr", MPI_Comm_set_attr(mpiCommSelf(), key, nil))
    return level
  }

  private static func tooFewThreads(_ level: Int32) -> TensorError? {
    if level >= MPI_THREAD_SERIALIZED { return nil }
    if isOurs.load(ordering: .acquiring) {
      return TensorError(
        "MPI_Init_thread", given: "the thread level \(name(ofLevel: level))",
        expected: "an MPI library that offers at least serialized")
    }
    return TensorError(
      "MPI_Init",
      given: "MPI that the program has initialized for threads: \(name(ofLevel: level))",
      expected: "MPI_Init_thread with MPI_THREAD_SERIALIZED or more, or no call before the first "
        + "tensor")
  }

  private static func makeTransport(_ level: Int32) throws(TransportFailure) -> MPITransport {
    let world = mpiCommWorld()
    var rank: Int32 = 0
    var size: Int32 = 0
    try call("MPI_Comm_rank", MPI_Comm_rank(world, &rank))
    try call("MPI_Comm_size", MPI_Comm_size(world, &size))
    return MPITransport(
      control: try duplicate(), payload: try duplicate(), rank: Int(rank), size: Int(size),
      isCrowded: try isCrowded(), library: try describe(level))
  }

  private static func duplicate() throws(TransportFailure) -> MPI_Comm {
    var copy: MPI_Comm? = mpiCommNull()
    try call("MPI_Comm_dup", MPI_Comm_dup(mpiCommWorld(), &copy))
    try call("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(copy, mpiErrorsReturn()))
    return copy!
  }

  /// Whether the ranks of this machine outnumber the processors that they may use together.
  private static func isCrowded() throws(TransportFailure) -> Bool {
    var machine: MPI_Comm? = mpiCommNull()
    try call(
      "MPI_Comm_split_type",
      MPI_Comm_split_type(
        mpiCommWorld(), Int32(MPI_COMM_TYPE_SHARED), 0, mpiInfoNull(), &machine))
    var ranks: Int32 = 0
    try call("MPI_Comm_size", MPI_Comm_size(machine, &ranks))

    var mine = [UInt64](repeating: 0, count: 128)
    for cpu in Affinity.cpus() ?? [] where cpu / 64 < mine.count {
      mine[cpu / 64] |= 1 << UInt64(cpu % 64)
    }
    var all = [UInt64](repeating: 0, count: mine.count)
    try call(
      "MPI_Allreduce",
      MPI_Allreduce(mine, &all, Int32(mine.count), mpiUInt64(), mpiBitwiseOr(), machine))
    try call("MPI_Comm_free", MPI_Comm_free(&machine))
    let cpus = all.reduce(0) { $0 + $1.nonzeroBitCount }
    return Double(ranks) > min(Double(cpus), ProcessorLimits.current().quota ?? .infinity)
  }

  private static func ofFirstRank(_ numbers: [Double]) throws(TransportFailure) -> [Double] {
    var numbers = numbers
    try call(
      "MPI_Bcast", MPI_Bcast(&numbers, Int32(numbers.count), mpiDouble(), 0, mpiCommWorld()))
    return numbers
  }

  private static func describe(_ level: Int32) throws(TransportFailure) -> MPIDescription {
    var text = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING) + 1)
    var length: Int32 = 0
    try call("MPI_Get_library_version", MPI_Get_library_version(&text, &length))
    let lines = string(text, length).split { $0.isNewline || $0 == "\0" }
    var major: Int32 = 0
    var minor: Int32 = 0
    try call("MPI_Get_version", MPI_Get_version(&major, &minor))
    return MPIDescription(
      library: lines.joined(separator: " "), standard: "\(major).\(minor)",
      threadLevel: name(ofLevel: level))
  }

  private static func name(ofLevel level: Int32) -> String {
    switch Int(level) {
    case MPI_THREAD_SINGLE: "single"
    case MPI_THREAD_FUNNELED: "funneled"
    case MPI_THREAD_SERIALIZED: "serialized"
    case MPI_THREAD_MULTIPLE: "multiple"
    default: "\(level), which the MPI standard does not name"
    }
  }
}

extension TransportFailure {
  /// Only `local` occurs where no transport exists yet.
  fileprivate var ofStart: TensorError {
    switch self {
    case .local(let error), .common(let error): error
    case .deadline, .departed:
      TensorError("MPI_Init", given: "no answer", expected: "all ranks to start")
    }
  }
}

/// Ends the process if MPI does not return from a call that cannot be given a deadline.
private final class Alarm: Sendable {
  private let seconds: Double
  private let rank = Launcher().rank
  private let error: TensorError
  private let isStopped = Atomic<Bool>(false)

  init(after seconds: Double, _ function: String, _ expected: String) {
    self.seconds = seconds
    error = TensorError(
      function, given: "that rank \(rank) waited \(Timeout.text(seconds))",
      expected: "\(expected) within \(Timeout.variable)")
    wait(.beginning())
  }

  /// In short pauses, so that time in which the process was stopped does not count.
  private func wait(_ time: AttendedTime) {
    let pause = min(seconds - time.passed, AttendedTime.longestPause)
    DispatchQueue.global().asyncAfter(deadline: .now() + pause) { [self] in
      if isStopped.load(ordering: .acquiring) { return }
      var time = time
      time.look()
      if time.passed < seconds { return wait(time) }
      FailurePath.endWithoutTransport(error, rank: rank)
    }
  }

  func stop() {
    isStopped.store(true, ordering: .releasing)
  }
}
