import Foundation
import Machine
import MessagePassing
import Shapes
import SystemCallFilter

enum CommunicatorScenarios {
  /// These end with status 0, and rank 0 writes `ok`.
  static let sound = [
    Scenario("collectives", "every collective, with large, cut and empty messages: ok") {
      communicator throws(TensorError) in
      try exerciseCollectives(communicator)
      communicator.limitPieces(to: 100_000)
      try exerciseCollectives(communicator)
      try reportOK(communicator)
    },
    Scenario(
      "refused", "the system refuses the last rank memory to share: all use MPI: ok",
      preparation: {
        let (rank, size) = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE")
        let variables = ProcessInfo.processInfo.environment
        guard let rank = variables[rank].flatMap(Int.init),
          rank + 1 == variables[size].flatMap(Int.init)
        else { return }
        let code = refuse_system_calls(refused_sharing_calls.rawValue)
        precondition(code == 0, "refuse_system_calls: error \(code)")
      },
      { communicator throws(TensorError) in
        try exerciseCollectives(communicator)
        if communicator.rank == 0 { report(communicator.transportDescription) }
        try reportOK(communicator)
      }),
    Scenario("transport", "rank 0 writes how the ranks exchange bytes: ok") {
      communicator throws(TensorError) in
      if communicator.rank == 0 { report(communicator.transportDescription) }
      try reportOK(communicator)
    },
    Scenario("latency", "microseconds of small collectives, and rates of large ones") {
      communicator throws(TensorError) in
      try measure(communicator)
      try reportOK(communicator)
    },
    Scenario("child", "a child process inherits the launcher's variables, and is solo: ok") {
      communicator throws(TensorError) in
      let child = Process()
      child.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      child.arguments = ["solo"]
      child.standardOutput = FileHandle.nullDevice
      let status: Result<Int32, TensorError>
      do {
        try child.run()
        child.waitUntilExit()
        status = .success(child.terminationStatus)
      } catch {
        status = .failure(
          TensorError("child", given: "\(error)", expected: "a process that starts"))
      }
      let code = try communicator.agree(status, as: CollectiveLabel("child"))
      try check(code == 0, "a child that ends with status \(code)", "status 0")
      try reportOK(communicator)
    },
    Scenario("solo", "fails unless it is the only rank and MPI is not initialised") {
      communicator throws(TensorError) in
      try check(
        communicator.size == 1 && communicator.mpi == nil, communicator.transportDescription,
        "a solo communicator")
      try reportOK(communicator)
    },
    Scenario("rounds", "the last rank comes late to each of a few collectives: ok") {
      communicator throws(TensorError) in
      let bytes = Bytes(1 << 16)
      for round in 0..<4 {
        if communicator.rank == communicator.size - 1 { usleep(1_200_000) }
        try communicator.broadcast(bytes.all, from: 0, as: CollectiveLabel("broadcast", 1 << 16))
        if round == 0, communicator.rank == 0 { report("begun") }
      }
      try reportOK(communicator)
    },
    Scenario("thread", "the process ends on another thread than the program's: ok") {
      communicator throws(TensorError) in
      try communicator.barrier(as: CollectiveLabel("barrier"))
      try reportOK(communicator)
      Thread.detachNewThread { exit(0) }
      while true { sleep(1) }
    },
  ]

  /// These end with a message, and a status that is not 0.
  static let failing = [
    Scenario("kill", "the last rank dies of SIGKILL in the middle of collectives") {
      communicator throws(TensorError) in
      try endlessly(communicator, endingBy: SIGKILL)
    },
    Scenario("stop", "the last rank is stopped in the middle of collectives") {
      communicator throws(TensorError) in
      try endlessly(communicator, endingBy: SIGSTOP)
    },
    Scenario("endless", "collectives for ever, for signals from outside") {
      communicator throws(TensorError) in
      try endlessly(communicator, endingBy: 0)
    },
    Scenario("sleep", "the last rank sleeps for ever") { communicator throws(TensorError) in
      try repeatExchange(communicator) { rank in
        if rank == communicator.size - 1 { while true { sleep(1000) } }
      }
    },
    Scenario("sleep-first", "rank 0 sleeps for ever, so that another has to speak") {
      communicator throws(TensorError) in
      try repeatExchange(communicator) { rank in
        if rank == 0 { while true { sleep(1000) } }
      }
    },
    Scenario("absent", "the last rank sleeps for ever before its first collective") {
      communicator throws(TensorError) in
      if communicator.rank == communicator.size - 1 { while true { sleep(1000) } }
      try communicator.barrier(as: CollectiveLabel("barrier"))
    },
    Scenario("exit3", "the last rank calls exit(3)") { communicator throws(TensorError) in
      try repeatExchange(communicator) { rank in
        if rank == communicator.size - 1 { exit(3) }
      }
    },
    Scenario("trap", "the last rank traps") { communicator throws(TensorError) in
      try repeatExchange(communicator) { rank in
        precondition(rank < communicator.size - 1)
      }
    },
    Scenario("early", "the last rank ends with status 0 while others go on") {
      communicator throws(TensorError) in
      try repeatExchange(communicator) { rank in
        if rank == communicator.size - 1 { exit(0) }
      }
    },
    Scenario("differ", "ranks call different operations") { communicator throws(TensorError) in
      let bytes = Bytes(64)
      if communicator.rank == 0 {
        try communicator.exchange(
          sends: [], receives: [], as: CollectiveLabel("all-reduce (sum)", 4096))
      } else {
        try communicator.broadcast(bytes.all, from: 0, as: CollectiveLabel("broadcast", 64))
      }
    },
    Scenario("lengths", "ranks plan different lengths of a message") {
      communicator throws(TensorError) in
      let bytes = Bytes(64)
      let transfers = [
        Communicator.Transfer(
          peer: 1 - communicator.rank, range: bytes.range(0, communicator.rank == 0 ? 64 : 32))
      ]
      try communicator.exchange(
        sends: transfers, receives: transfers, as: CollectiveLabel("exchange"))
    },
    Scenario("alone", "rank 0 calls a collective where only it takes part") {
      communicator throws(TensorError) in
      if communicator.rank == 0 {
        do {
          try communicator.forbidding("onFirstRank") {
            try communicator.barrier(as: CollectiveLabel("barrier"))
          }
        } catch let error as TensorError {
          throw error
        } catch {
          throw TensorError("alone", given: "\(error)", expected: "a TensorError")
        }
      }
      try communicator.barrier(as: CollectiveLabel("barrier"))
    },
    Scenario("agree", "the last rank cannot open its file, and all say so") {
      communicator throws(TensorError) in
      let isLast = communicator.rank == communicator.size - 1
      let opened: Result<Int, TensorError> =
        isLast
        ? .failure(TensorError("open", given: "no file x.npy", expected: "a file that is there"))
        : .success(1)
      _ = try communicator.agree(opened, as: CollectiveLabel("open"))
    },
    Scenario("worker", "a thread of the last rank fails while all ranks are in collectives") {
      communicator throws(TensorError) in
      if communicator.rank == communicator.size - 1 {
        Thread.detachNewThread {
          usleep(300_000)
          FailurePath.end(
            TensorError("map", given: "a closure that fails", expected: "one that does not"),
            on: communicator)
        }
      }
      try endlessly(communicator, endingBy: 0)
    },
    Scenario("fail", "the last rank meets an error of its own while the others compute") {
      communicator throws(TensorError) in
      try communicator.barrier(as: CollectiveLabel("barrier"))
      if communicator.rank == communicator.size - 1 {
        throw TensorError("take", given: "index 7", expected: "an index below 5")
      }
      while true { sleep(1000) }
    },
  ]

  /// Broadcasts until `signal` hits the last rank from another of its threads. The first rank
  /// writes `begun` after the first one.
  private static func endlessly(
    _ communicator: Communicator, endingBy signal: Int32
  ) throws(TensorError) {
    if communicator.rank == communicator.size - 1 {
      Thread.detachNewThread {
        usleep(300_000)
        kill(getpid(), signal)
      }
    }
    let bytes = Bytes(8 << 20)
    for round in 0... {
      try communicator.broadcast(bytes.all, from: 0, as: CollectiveLabel("broadcast", 8 << 20))
      if round == 0, communicator.rank == 0 { report("begun") }
    }
  }

  /// Collectives in which the other ranks are when `tenth` lets one of them fail.
  private static func repeatExchange(
    _ communicator: Communicator, _ tenth: (_ rank: Int) -> Void
  ) throws(TensorError) {
    let bytes = Bytes(1 << 16)
    for round in 0..<1000 {
      if round == 10 { tenth(communicator.rank) }
      try communicator.broadcast(
        bytes.all, from: round % communicator.size, as: CollectiveLabel("broadcast", 1 << 16))
    }
    throw TensorError("scenario", given: "1000 rounds", expected: "a failure in the tenth")
  }
}

/// Memory for messages.
struct Bytes {
  let storage: Storage
  let memory: UnsafeMutableRawBufferPointer

  init(_ count: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, count), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    self.memory = memory
    let address = UInt(bitPattern: memory.baseAddress)
    storage = Storage(sharing: memory) {
      UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
    }
  }

  var all: StorageRange { range(0, storage.byteCount) }

  func range(_ offset: Int, _ count: Int) -> StorageRange {
    StorageRange(storage: storage, byteOffset: offset, byteCount: count)
  }
}

func check(_ holds: Bool, _ given: String, _ expected: String) throws(TensorError) {
  if !holds { throw TensorError("scenario", given: given, expected: expected) }
}

func reportOK(_ communicator: Communicator) throws(TensorError) {
  try communicator.barrier(as: CollectiveLabel("report"))
  if communicator.rank == 0 { report("ok") }
}
