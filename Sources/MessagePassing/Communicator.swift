import Glibc
import Logging
import Machine
import Shapes
import Synchronization

/// The ranks that run one program together, and the collectives by which they exchange bytes.
///
/// All ranks call the same collectives in the same order. Each collective on several ranks begins
/// with a comparison of its number and label: ranks that disagree all throw one error that names
/// both operations. Every wait has a deadline, after which an error says who waited for whom, in
/// which collective. An error that one rank meets between the collectives of an operation is thrown
/// by all (`told`). After each of these the communicator is broken, and later collectives throw the
/// same error at once.
///
/// Collectives may only be called from the thread that called the first one, the program thread.
/// They may be begun and waited for later (`begin`): a courier carries them out meanwhile. A
/// communicator of one rank makes each of them trivial, with the same rules.
public final class Communicator: Sendable {
  /// The number of this rank, from 0 to `size - 1`.
  public let rank: Int
  /// How many ranks there are.
  public let size: Int

  let transport: any Transport
  /// The transport, where ranks share memory.
  let memory: (any MemoryTransport)?
  /// The ranks of each node, ascending; nodes follow each other as their first ranks do. The same
  /// on all ranks.
  public let nodes: [[Int]]
  /// The deadline of every wait in seconds, the same on all ranks.
  let timeout: Double
  /// Every how many updates optimizers compare what ranks should hold alike, 0 for never; the same
  /// on all ranks.
  public let replicaCheckInterval: Int
  let state = Mutex(State())
  let courier = Courier()
  /// For messages about this rank to whoever looks for a fault.
  package let logger: Logger
  private let collectiveLog: CollectiveLog

  struct State {
    var sequence = 0
    var last = Activity()
    /// What the program thread carries out.
    var call: (any CollectiveCall)?
    /// The calls around it, outermost first.
    var outerCalls: [any CollectiveCall] = []
    /// Some of those of before, each where its fingerprint says: a loop makes the same calls again
    /// and again, and to make an object for each would be noticed by a small one.
    var recentCalls = [(any CollectiveCall)?](repeating: nil, count: 16)
    var isInCollective = false
    /// Collectives that the courier has been given and has not ended.
    var inFlight = 0
    var programThread: pthread_t?
    var traffic = Traffic()
    var failure: TensorError?
    /// All ranks have the failure, or will hear of it, so that a program that caught it may end as
    /// it likes.
    var isFailureCommon = false
    /// What has ended collectives for good, such as `the end of the program`.
    var end: String?
    /// MPI is at its end, and must not be called any more.
    var isCutOff = false
    var prohibitions: [String] = []
    /// Messages are cut into pieces of at most so many bytes: MPI counts in C ints, and each piece
    /// that arrives shows a wait that there is progress.
    var pieceLimit = 64 << 20
    /// What a failed collective may still read or write; kept for as long as the communicator
    /// lives.
    var abandoned: [StorageRange] = []
  }

  /// A communicator that logs to `logger`, whose messages get the rank. Without `nodes` all ranks
  /// are on one.
  init(
    _ transport: any Transport, timeout: Double, logger: Logger, nodes: [[Int]]? = nil,
    replicaCheckInterval: Int = ReplicaChecks.standard
  ) {
    self.transport = transport
    memory = transport as? any MemoryTransport
    self.nodes = nodes ?? [Array(0..<transport.size)]
    self.timeout = timeout
    self.replicaCheckInterval = replicaCheckInterval
    self.logger = logger.ofRank(transport.rank)
    collectiveLog = CollectiveLog(self.logger)
    rank = transport.rank
    size = transport.size
  }

  convenience init(
    _ transport: any Transport, _ settings: Settings, nodes: [[Int]]? = nil
  ) {
    self.init(
      transport, timeout: settings.timeout, logger: Log.logger(settings.logLevel), nodes: nodes,
      replicaCheckInterval: settings.replicaCheckInterval)
  }

  /// For people, such as `MPI, 4 ranks`.
  public var transportDescription: String { transport.description }

  /// True where more ranks than processors share this machine, so that waiting threads should
  /// yield.
  public var isCrowded: Bool { transport.isCrowded }

  /// What the collectives have moved on this rank.
  public var traffic: Traffic { state.withLock { $0.traffic } }

  /// What this rank has sent to ranks on other nodes.
  public var nodeTraffic: NodeTraffic {
    (transport as? ClusterTransport)?.traffic ?? NodeTraffic()
  }

  /// Adds to `traffic.reducedBytes`; told by the layer that builds all-reduces from exchanges.
  public func noteReduced(bytes: Int) {
    state.withLock { $0.traffic.reducedBytes += bytes }
  }

  /// Runs `body`; a collective called inside throws, naming `reason`, such as `onFirstRank`.
  public func forbidding<R, E: Error>(
    _ reason: String, _ body: () throws(E) -> R
  ) throws(E) -> R {
    state.withLock { $0.prohibitions.append(reason) }
    defer { state.withLock { _ = $0.prohibitions.popLast() } }
    return try body()
  }

  /// Runs `body`, whose collectives belong to `call`: ranks compare its fingerprint with their
  /// headers, and messages name it. A call inside another one is compared with it.
  ///
  /// Local by itself. Does nothing more than `body` on one rank, and on threads that may not call
  /// collectives.
  public func carryingOut<R>(
    _ call: @autoclosure () -> any CollectiveCall, _ body: () throws(TensorError) -> R
  ) throws(TensorError) -> R {
    if size == 1 { return try body() }
    let call = call()
    let isBegun = begin(call.fingerprint, isKept: false) { call }
    defer { if isBegun { endCall() } }
    return try body()
  }

  /// The same without a closure around the collectives, whose captures a small operation would
  /// notice: they belong to the call of this fingerprint until `endCall()`. False, and nothing to
  /// end, on threads that may not call collectives.
  ///
  /// - Parameters:
  ///   - isKept: whether the call may be held for the next one like it.
  ///   - make: makes the call where none like it is held.
  package func begin(
    _ fingerprint: Int64, isKept: Bool, _ make: () -> any CollectiveCall
  ) -> Bool {
    let thread = pthread_self()
    return state.withLock { state in
      let programThread = state.programThread ?? thread
      guard pthread_equal(programThread, thread) != 0 else { return false }
      state.programThread = programThread
      let slot = Int(truncatingIfNeeded: fingerprint & 15)
      let call: any CollectiveCall
      if isKept, let known = state.recentCalls[slot], known.fingerprint == fingerprint {
        call = known
      } else {
        call = make()
        if isKept { state.recentCalls[slot] = call }
      }
      if let outer = state.call {
        state.outerCalls.append(outer)
        state.call = InnerCall(call, in: outer)
      } else {
        state.call = call
      }
      return true
    }
  }

  package func endCall() {
    state.withLock { $0.call = $0.outerCalls.popLast() }
  }

  /// Declares that this rank takes part in nothing any more, so that others who wait for it fail at
  /// once. What this rank has begun comes to its end before. Loopback ranks call it when their
  /// thread ends; a process says so by ending.
  public func leave() {
    courier.drain()
    transport.leave()
  }

  /// Cuts later messages into pieces of at most so many bytes; all ranks must say the same.
  package func limitPieces(to bytes: Int) {
    precondition(bytes > 0 && bytes <= Int(Int32.max))
    state.withLock { $0.pieceLimit = bytes }
  }
}

extension Communicator {
  /// The course of every collective: checks its right to run, compares headers, then runs `body`.
  ///
  /// `length` is a number of this rank; `body` gets the greatest of all ranks.
  func collective<R>(
    _ label: CollectiveLabel, _ kind: String, common: [Int] = [], length: Int = 0,
    _ body: (_ greatestLength: Int) throws(TransportFailure) -> R
  ) throws(TensorError) -> R {
    let (activity, isQueued) = try enter(label, isBegun: false)
    if isQueued { return try sent(activity, kind, common, length, body) }
    transport.publish(activity)
    return try travel(activity, kind, common, length, isInline: true, body)
  }

  /// - Parameter isInline: whether the program's thread carries the collective out itself.
  @inline(__always)
  func travel<R>(
    _ activity: Activity, _ kind: String, _ common: [Int], _ length: Int, isInline: Bool,
    _ body: (_ greatestLength: Int) throws(TransportFailure) -> R
  ) throws(TensorError) -> R {
    let (sequence, label) = (activity.sequence, activity.label)
    let began = collectiveLog.begins(sequence, label, kind)
    do {
      let greatest = try compareHeaders(activity, kind, common, length)
      transport.advance(to: .moving)
      let result = try body(greatest)
      exit(sequence, label, isInline: isInline)
      collectiveLog.ends(sequence, label, began: began)
      return result
    } catch {
      throw fail(error, activity, isInline: isInline)
    }
  }

  /// Checks the right to a collective, and gives it its number.
  ///
  /// - Parameter isBegun: whether nobody waits for it yet.
  /// - Returns: also whether the courier has to carry it out.
  func enter(
    _ label: CollectiveLabel, isBegun: Bool
  ) throws(TensorError) -> (activity: Activity, isQueued: Bool) {
    ForkedChild.endIfComputing()
    let thread = pthread_self()
    typealias Entry = (activity: Activity, isQueued: Bool)
    let outcome = state.withLock { state -> Result<Entry, TensorError> in
      func refused(_ given: String, _ expected: String) -> Result<Entry, TensorError> {
        let place = state.call == nil ? "" : ", in \(label.text(of: state.call))"
        return .failure(TensorError(label.name, given: given + place, expected: expected))
      }
      if let failure = state.failure { return .failure(failure) }
      if let reason = state.prohibitions.last {
        return refused(
          "a collective inside \(reason)", "nothing there that ranks have to do together")
      }
      if let end = state.end { return refused("a collective after \(end)", "none after it") }
      // On one rank nothing is exchanged: any thread may pass.
      if size == 1 {
        state.sequence += 1
        return .success(
          (Activity(sequence: state.sequence, label: label, phase: .entering), false))
      }
      let programThread = state.programThread ?? thread
      guard pthread_equal(programThread, thread) != 0, !state.isInCollective else {
        return refused(
          "a collective on another thread than the program's",
          "collectives only on the thread that called the first one, one at a time")
      }
      state.programThread = programThread
      let isQueued = isBegun || state.inFlight > 0
      if isQueued { state.inFlight += 1 }
      state.isInCollective = !isBegun
      state.sequence += 1
      return .success(
        (
          Activity(sequence: state.sequence, label: label, call: state.call, phase: .entering),
          isQueued
        ))
    }
    return try outcome.get()
  }

  private func exit(_ sequence: Int, _ label: CollectiveLabel, isInline: Bool) {
    state.withLock {
      if isInline { $0.isInCollective = false }
      $0.last = Activity(sequence: sequence, label: label, phase: .completed)
    }
    transport.advance(to: .completed)
  }

  /// Agrees by one small reduction that all ranks are in the same collective, of the same call.
  private func compareHeaders(
    _ activity: Activity, _ kind: String, _ common: [Int], _ length: Int
  ) throws(TransportFailure) -> Int {
    if size == 1 { return length }
    var hash = StableHash(activity.label, kind)
    for number in common { hash.combine(number) }
    if let call = activity.call { hash.combine(word: UInt64(call.fingerprint)) }
    // The least of x and of −x differ in size where two ranks differ in x.
    let number = Int64(activity.sequence)
    let header = [number, -number, hash.number, -hash.number, -Int64(length)]
    let least = try transport.minimum(header, timeout: timeout)
    if least[0] == -least[1], least[2] == -least[3] { return Int(-least[4]) }
    if least[0] == Self.failedNumber, let error = try firstError(own: nil) {
      throw .common(error)
    }
    throw .common(try disagreement(activity, kind, common))
  }

  private func disagreement(
    _ activity: Activity, _ kind: String, _ common: [Int]
  ) throws(TransportFailure) -> TensorError {
    let details = common.isEmpty ? "" : " of " + common.map(String.init).joined(separator: ", ")
    var texts = CallDetail.allCases.map { activity.label.text(of: activity.call, $0) }
    texts.append("\(texts.last!), \(kind)\(details)")
    let gathered = try texts.map { (text) throws(TransportFailure) in
      try gatherOfAnyLength(Array("\(activity.sequence)|\(text)".utf8))
    }
    // Of one call only the bytes may differ, which tell less than why they do.
    let calls = try CallDetail.allCases.map { (detail) throws(TransportFailure) in
      try gatherOfAnyLength(Array((activity.call?.description(detail) ?? "").utf8))
    }
    let level =
      calls.firstIndex { Set($0).count > 1 } ?? gathered.firstIndex { Set($0).count > 1 }
    return Disagreement.error(gathered[level ?? gathered.count - 1])
  }

  /// The bytes of every rank, of any lengths; for ranks that are already known to take part.
  func gatherOfAnyLength(_ bytes: [UInt8]) throws(TransportFailure) -> [[UInt8]] {
    let greatest = -(try transport.minimum([-Int64(bytes.count)], timeout: timeout)[0])
    return try gather(bytes, greatestLength: Int(greatest))
  }

  /// The bytes of every rank, none longer than `greatestLength`.
  func gather(
    _ bytes: [UInt8], greatestLength: Int
  ) throws(TransportFailure) -> [[UInt8]] {
    // Each rank's bytes travel behind their length, padded to the longest.
    var padded = withUnsafeBytes(of: Int64(bytes.count).littleEndian) { Array($0) }
    padded.reserveCapacity(8 + greatestLength)
    padded.append(contentsOf: bytes)
    padded.append(contentsOf: repeatElement(0, count: 8 + greatestLength - padded.count))

    let limit = state.withLock { $0.pieceLimit }
    var gathered = [[UInt8]](repeating: [], count: size)
    for start in stride(from: 0, to: padded.count, by: limit) {
      let piece = Array(padded[start..<min(start + limit, padded.count)])
      for (rank, bytes) in try transport.gather(piece, timeout: timeout).enumerated() {
        gathered[rank].append(contentsOf: bytes)
      }
    }
    return gathered.map { bytes in
      let count = bytes.withUnsafeBytes {
        Int(Int64(littleEndian: $0.loadUnaligned(fromByteOffset: 0, as: Int64.self)))
      }
      return Array(bytes[8..<(8 + count)])
    }
  }
}
