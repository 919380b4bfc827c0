import Foundation
import Machine
import MessagePassing
import Shapes
import Synchronization
import Testing

/// Collectives that are begun, and waited for later.
@Suite struct CourierTests {
  /// How ranks are joined.
  enum Ground: CaseIterable { case messages, memory, nodes }

  private static func onRanks<R: Sendable>(
    _ size: Int, _ ground: Ground, timeout: Double = 60,
    _ body: @escaping @Sendable (Communicator) throws -> R
  ) throws -> [R] {
    switch ground {
    case .messages: return try Communicator.onLoopbackRanks(size, timeout: timeout, body)
    case .memory:
      return try Communicator.onLoopbackRanks(size, timeout: timeout, pieceByteCount: 64, body)
    case .nodes:
      let nodes = stride(from: 0, to: size, by: 2).map { Array($0..<min($0 + 2, size)) }
      return try Communicator.onLoopbackRanks(
        size, timeout: timeout, pieceByteCount: 64, nodes: nodes, body)
    }
  }

  private static let label = CollectiveLabel("begun")

  // MARK: What arrives

  /// A collective of a schedule, as a rank calls it.
  private struct Step {
    let number: Int
    let kind: Int
    let byteCount: Int
    let root: Int

    init(_ number: Int, of size: Int, by random: inout SeededGenerator) {
      self.number = number
      kind = Int.random(in: 0..<8, using: &random)
      byteCount = [0, 1, 63, 64, 200, 3000].randomElement(using: &random)!
      root = Int.random(in: 0..<size, using: &random)
    }

    /// What it moves, nil where it cannot be begun; and where the result is to lie.
    func delivery(on communicator: Communicator) -> (delivery: Delivery, result: StorageRange)? {
      let (rank, size) = (communicator.rank, communicator.size)
      func bytes(of sender: Int) -> [UInt8] { message(byteCount, from: sender, to: number) }
      let empty = storage([UInt8](repeating: 0, count: byteCount))
      switch kind {
      case 0:
        let result = rank == root ? storage(bytes(of: root)) : empty
        return (.broadcast(result, root: root), result)
      case 1:
        let all = storage(
          (0..<size).flatMap { $0 == rank ? bytes(of: rank) : empty.contents })
        let byteCounts = [Int](repeating: byteCount, count: size)
        return (.allGather(all, byteCounts: byteCounts), all)
      case 2:
        let sends = [Transfer(peer: (rank + 1) % size, range: storage(bytes(of: rank)))]
        let receives = [Transfer(peer: (rank + size - 1) % size, range: empty)]
        return (.exchange(sends: sends, receives: receives), empty)
      case 3 where communicator.sharesMemory:
        let parts = (0..<size).map { byteCount / size + ($0 < byteCount % size ? 1 : 0) }
        return (
          .allReduce(
            storage(bytes(of: rank)), result: empty, parts: byteCount > 64 ? parts : nil,
            Self.join), empty
        )
      case 4 where communicator.sharesMemory:
        let parts = (0..<size).map { storage(message(byteCount, from: rank, to: number + $0)) }
        return (.reduceScatter(parts, result: empty, Self.join), empty)
      case 7 where communicator.sharesMemory:
        // Every second byte, there and here.
        let (sent, strided) = (bytes(of: rank), storage(.init(repeating: 0, count: byteCount * 2)))
        let spread = storage(sent.flatMap { [$0, 0] })
        let parcel = Communicator.Parcel(
          sending: byteCount, to: (rank + 1) % size, in: spread.storage,
          from: spread.storage.address, layout: [2]
        ) { window, first, count in
          for byte in 0..<count {
            window.storeBytes(
              of: spread.bytes[(first + byte) * 2], toByteOffset: byte, as: UInt8.self)
          }
        }
        let other = Communicator.Parcel(
          receiving: byteCount, from: (rank + size - 1) % size, in: strided.storage, grain: 1
        ) { address, layout, first, count in
          for byte in first..<first + count {
            strided.bytes[byte * 2] = address.load(
              fromByteOffset: byte * (layout.first ?? 1), as: UInt8.self)
          }
        } move: { window, first, count in
          for byte in 0..<count {
            strided.bytes[(first + byte) * 2] = window.load(
              fromByteOffset: byte, as: UInt8.self)
          }
        }
        return (.parcels(sends: [parcel], receives: [other]), strided)
      default: return nil
      }
    }

    private static let join: TermJoin = { out, first, second, byteCount in
      for offset in 0..<byteCount {
        let sum =
          first.load(fromByteOffset: offset, as: UInt8.self)
          &+ second.load(fromByteOffset: offset, as: UInt8.self)
        out.storeBytes(of: sum, toByteOffset: offset, as: UInt8.self)
      }
    }
  }

  /// What a rank holds after a schedule, and what it counts.
  private struct Outcome: Sendable, Equatable {
    var contents: [[UInt8]] = []
    var traffic = Traffic()
  }

  /// - Parameter isBegun: which steps are begun: others are waited for at once.
  private static func carryOut(
    _ size: Int, _ ground: Ground, seed: UInt64, begins: Bool
  ) throws -> [Outcome] {
    try onRanks(size, ground) { communicator in
      var common = SeededGenerator(seed: seed)
      // Each rank waits for what it likes, when it likes.
      var own = SeededGenerator(seed: seed &* 31 &+ UInt64(communicator.rank))
      var outcome = Outcome()
      var results: [StorageRange?] = []
      var arrivals: [(number: Int, arrival: Arrival)] = []
      for number in 0..<24 {
        let step = Step(number, of: communicator.size, by: &common)
        guard let (delivery, result) = step.delivery(on: communicator) else {
          if step.kind == 5 {
            try communicator.barrier(as: barrierLabel)
          } else {
            let all = try communicator.allGather(
              control: message(communicator.rank, from: number, to: 0), as: label)
            outcome.contents += all
          }
          continue
        }
        let place = results.count
        results.append(result)
        if begins, Bool.random(using: &own) {
          arrivals.append((place, try communicator.begin(delivery, as: label)))
        } else {
          try communicator.carryOut(delivery, as: label)
        }
        if Int.random(in: 0..<4, using: &own) == 0, let known = arrivals.randomElement(using: &own)
        {
          try known.arrival.wait()
          if !known.arrival.isComplete { throw TensorError("wait", given: "no", expected: "end") }
        }
      }
      for (_, arrival) in arrivals.shuffled(using: &own) { try arrival.wait() }
      outcome.contents += results.map { $0!.contents }
      outcome.traffic = communicator.traffic
      return outcome
    }
  }

  @Test(arguments: Ground.allCases, 2...4) func anyScheduleGivesWhatWaitingGives(
    ground: Ground, size: Int
  ) throws {
    for seed in 1...UInt64(6) {
      let waited = try Self.carryOut(size, ground, seed: seed, begins: false)
      let begun = try Self.carryOut(size, ground, seed: seed, begins: true)
      #expect(begun == waited, "seed \(seed)")
      #expect(waited.contains { $0.contents.contains { !$0.isEmpty } })
    }
  }

  @Test(arguments: Ground.allCases) func ranksMayWaitInAnyOrder(ground: Ground) throws {
    let all = try Self.onRanks(3, ground) { communicator in
      let rank = communicator.rank
      let a = storage(rank == 0 ? [1, 2] : [0, 0])
      let b = storage(rank == 1 ? [3] : [0])
      let first = try communicator.begin(.broadcast(a, root: 0), as: Self.label)
      let second = try communicator.begin(.broadcast(b, root: 1), as: Self.label)
      if rank == 2 {
        try second.wait()
        try first.wait()
      } else {
        try first.wait()
        try second.wait()
      }
      try first.wait()
      return a.contents + b.contents
    }
    #expect(all == [[1, 2, 3], [1, 2, 3], [1, 2, 3]])
  }

  @Test func aRankAloneHasNothingInFlight() throws {
    let communicator = Communicator.solo()
    let range = storage([7])
    let arrival = try communicator.begin(.broadcast(range, root: 0), as: Self.label)
    #expect(arrival.isComplete && !communicator.hasCourierThread)
    try arrival.wait()
  }

  // MARK: The thread

  @Test func withNothingInFlightThereIsNoThread() throws {
    let all = try Self.onRanks(2, .memory) { communicator in
      var findings: [Bool] = []
      try communicator.barrier(as: barrierLabel)
      findings.append(!communicator.hasCourierThread)
      let arrival = try communicator.begin(
        .broadcast(storage([1]), root: 0), as: Self.label)
      findings.append(communicator.hasCourierThread)
      try arrival.wait()
      for _ in 0..<3000 where communicator.hasCourierThread { usleep(10_000) }
      findings.append(!communicator.hasCourierThread)
      // It comes again.
      try communicator.begin(.broadcast(storage([1]), root: 0), as: Self.label).wait()
      return findings
    }
    #expect(all == [[true, true, true], [true, true, true]])
  }

  @Test func workersOfTheProgramStayWithIt() throws {
    let pool = WorkerPool(topology: .current(), workers: 3, spins: false)
    let all = try Self.onRanks(2, .messages) { communicator in
      let threads = Mutex<Set<UInt>>([])
      let work = communicator.begin(holding: []) {
        pool.run(count: 64) { _ in
          usleep(100)
          _ = threads.withLock { $0.insert(UInt(pthread_self())) }
        }
      }
      try work.wait()
      return threads.withLock { $0 }.count
    }
    #expect(all == [1, 1])
    pool.stop()
  }

  @Test func memoryIsHeldUntilItHasArrived() throws {
    let isReleased = Atomic<Bool>(false)
    let mayCome = DispatchSemaphore(value: 0)
    let all = try Self.onRanks(2, .messages) { communicator in
      guard communicator.rank == 0 else {
        mayCome.wait()
        try communicator.broadcast(storage([1, 2, 3]), from: 1, as: Self.label)
        return true
      }
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 3, alignment: 64)
      var range: StorageRange? = StorageRange(
        Storage(sharing: memory) { isReleased.store(true, ordering: .releasing) })
      let arrival = try communicator.begin(.broadcast(range!, root: 1), as: Self.label)
      range = nil
      usleep(20_000)
      let wasHeld = !isReleased.load(ordering: .acquiring) && !arrival.isComplete
      mayCome.signal()
      try arrival.wait()
      let isFree = isReleased.load(ordering: .acquiring)
      defer { memory.deallocate() }
      return wasHeld && isFree && Array(memory) == [1, 2, 3]
    }
    #expect(all == [true, true])
  }

  @Test(arguments: Ground.allCases) func whoLeavesHasDoneItsPart(ground: Ground) throws {
    let all = try Self.onRanks(3, ground) { communicator in
      let range = storage([UInt8(communicator.rank)])
      let arrival = try communicator.begin(.broadcast(range, root: 2), as: Self.label)
      // The others leave at once.
      if communicator.rank == 1 {
        usleep(20_000)
        try arrival.wait()
      }
      return communicator.rank == 1 ? range.contents : [2]
    }
    #expect(all == [[2], [2], [2]])
  }

  // MARK: What goes wrong

  /// What every rank threw.
  private static func errors(
    _ size: Int, _ ground: Ground, timeout: Double = 60,
    _ body: @escaping @Sendable (Communicator) throws -> Void
  ) throws -> [TensorError?] {
    try onRanks(size, ground, timeout: timeout) { communicator in
      error { try body(communicator) }
    }
  }

  @Test(arguments: Ground.allCases) func differentCollectivesAreNamedOnEveryRank(
    ground: Ground
  ) throws {
    let all = try Self.errors(3, ground) { communicator in
      let range = storage([0, 0, 0])
      let delivery: Delivery =
        communicator.rank == 1
        ? .allGather(range, byteCounts: [1, 1, 1]) : .broadcast(range, root: 0)
      let first = try communicator.begin(
        delivery, as: CollectiveLabel(communicator.rank == 1 ? "other" : "one", 8))
      let second = try? communicator.begin(
        .broadcast(storage([1]), root: 0), as: Self.label)
      let met = error { try first.wait() }
      // It is kept, and breaks what was begun behind it and what comes later.
      #expect(error { try first.wait() } == met)
      if let second { #expect(error { try second.wait() } == met) }
      #expect(error { try communicator.barrier(as: barrierLabel) } == met)
      if let met { throw met }
    }
    #expect(Set(all).count == 1)
    #expect(
      all[0]?.given == "that ranks 0, 2 are in one [8] as its collective 1, rank 1 in other [8]")
  }

  @Test func prohibitionsCountWhereSomethingIsBegun() throws {
    let all = try Self.onRanks(2, .messages) { communicator in
      let refused = error {
        try communicator.forbidding("onFirstRank") {
          _ = try communicator.begin(.broadcast(storage([0]), root: 0), as: Self.label)
        }
      }
      // Not where it is carried out.
      let arrival = try communicator.begin(.broadcast(storage([0]), root: 0), as: Self.label)
      try communicator.forbidding("onFirstRank") { try arrival.wait() }
      return refused?.given
    }
    #expect(all == Array(repeating: "a collective inside onFirstRank", count: 2))
  }

  @Test func anotherThreadMayBeginNothing() throws {
    let all = try Self.onRanks(2, .messages) { communicator in
      let arrival = try communicator.begin(.broadcast(storage([0]), root: 0), as: Self.label)
      let refused = onAnotherThread {
        error { _ = try communicator.begin(.broadcast(storage([0]), root: 0), as: Self.label) }
      }
      // But it may wait.
      let waited = onAnotherThread { error { try arrival.wait() } }
      try communicator.barrier(as: barrierLabel)
      return (refused?.given, waited)
    }
    for (refused, waited) in all {
      #expect(refused == "a collective on another thread than the program's")
      #expect(waited == nil)
    }
  }

  @Test(arguments: Ground.allCases) func deadlinesHold(ground: Ground) throws {
    let mayEnd = DispatchSemaphore(value: 0)
    let all = try Self.errors(2, ground, timeout: 0.5) { communicator in
      if communicator.rank == 1 { return mayEnd.wait() }
      defer { mayEnd.signal() }
      let arrival = try communicator.begin(
        .broadcast(storage([0]), root: 0), as: CollectiveLabel("late", 1))
      try arrival.wait()
    }
    #expect(all[1] == nil)
    #expect(all[0]?.given.contains("waited 0.5 s in late [1] (collective 1) for rank 1") == true)
  }

  @Test(arguments: Ground.allCases) func whoHasLeftIsNamed(ground: Ground) throws {
    let all = try Self.errors(3, ground) { communicator in
      if communicator.rank == 1 { return }
      try communicator.begin(.broadcast(storage([0]), root: 0), as: Self.label).wait()
    }
    #expect(all[1] == nil)
    #expect(all[0]?.given.contains("rank 1 has ended") == true)
    #expect(all[2] != nil)
  }

  @Test(arguments: Ground.allCases) func whatOneRankMeetsIsToldBehindWhatIsInFlight(
    ground: Ground
  ) throws {
    let all = try Self.errors(3, ground) { communicator in
      let range = storage(communicator.rank == 0 ? [5] : [0])
      let arrival = try communicator.begin(.broadcast(range, root: 0), as: Self.label)
      let met = error {
        if communicator.rank == 1 {
          throw communicator.told(
            TensorError("allocate for add", given: "much", expected: "less"))
        }
        try communicator.begin(.broadcast(storage([1]), root: 0), as: Self.label).wait()
      }
      // What was begun before has arrived on all.
      try arrival.wait()
      #expect(range.contents == [5])
      if let met { throw met }
    }
    let expected = TensorError("allocate for add", given: "much", expected: "less", rank: 1)
    #expect(all == Array(repeating: expected, count: 3))
  }
}

/// SplitMix64: the same numbers on every rank.
private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
