import CMPI
import Glibc
import Shapes

/// Questions and answers between ranks that wait: what is each one doing?
///
/// Point-to-point messages on the control communicator, apart from its collectives. A rank listens
/// while it waits; one that computes, hangs or has died gives no answer, which is an answer too.
final class MPIInquiries {
  private enum Tag: Int32 {
    case question = 1
    case answer
    case failure
    case end
    /// The beginning of a failure that is too long for one message.
    case failurePart
  }

  /// Short enough to travel without a handshake, for which the sender does not stay.
  private static let longestMessage = 2048

  /// What this rank answers.
  var activity = Activity()

  private let control: MPI_Comm
  private let rank: Int
  private let size: Int
  private var answers: [Activity?]
  /// Ranks that have said that they end the job.
  private var ended: Set<Int> = []
  /// What has come of a failure from each rank.
  private var failureParts: [Int: [UInt8]] = [:]
  /// Messages on their way, with their memory.
  private var outbox: [(request: MPI_Request?, bytes: UnsafeMutablePointer<UInt8>)] = []

  init(control: MPI_Comm, rank: Int, size: Int) {
    self.control = control
    self.rank = rank
    self.size = size
    answers = Array(repeating: nil, count: size)
  }

  /// Answers what others have asked; throws the error that one of them has announced.
  func listen() throws(TransportFailure) {
    while true {
      var isThere: Int32 = 0
      var status = MPI_Status()
      try call(
        "MPI_Iprobe",
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, control, &isThere, &status))
      guard isThere != 0 else { break }
      var count: Int32 = 0
      try call("MPI_Get_count", MPI_Get_count(&status, mpiByte(), &count))
      var bytes = [UInt8](repeating: 0, count: Int(count))
      let source = status.MPI_SOURCE
      let tag = Tag(rawValue: status.MPI_TAG)
      try call(
        "MPI_Recv",
        MPI_Recv(&bytes, count, mpiByte(), source, status.MPI_TAG, control, &status))
      switch tag {
      case .question: try send(activity.encoded, .answer, to: Int(source))
      case .answer: answers[Int(source)] = Activity(decoding: bytes)
      case .failurePart: failureParts[Int(source), default: []] += bytes
      case .failure:
        throw .common(TensorError(decoding: failureParts[Int(source), default: []] + bytes))
      case .end: ended.insert(Int(source))
      case nil: break
      }
    }
    try clearOutbox()
  }

  /// Asks all others and waits for their answers, within the given time.
  func ask(within seconds: Double) -> [Activity?] {
    answers = Array(repeating: nil, count: size)
    answers[rank] = activity
    var time = AttendedTime.beginning()
    do {
      for peer in 0..<size where peer != rank { try send([0], .question, to: peer) }
      while answers.contains(where: { $0 == nil }), time.passed < seconds {
        try listen()
        usleep(500)
        time.look()
      }
    } catch {
      // Another rank's announcement or a failure of MPI ends the inquiry; what has come counts.
    }
    return answers
  }

  /// Who computes hears of it in its next collective.
  func announce(_ error: TensorError) {
    tell(error.encoded(), .failure, inParts: .failurePart)
  }

  func announceEnd() {
    tell([0], .end)
  }

  func hearsOfEnd(of ranks: Range<Int>, within seconds: Double) -> Bool {
    var time = AttendedTime.beginning()
    while !ended.contains(where: ranks.contains), time.passed < seconds {
      // What else is heard comes too late: this rank has an error of its own.
      try? listen()
      usleep(1000)
      time.look()
    }
    return ended.contains(where: ranks.contains)
  }

  /// Gives the others a moment to hear of it.
  private func tell(_ bytes: [UInt8], _ tag: Tag, inParts partTag: Tag? = nil) {
    do {
      var rest = bytes[...]
      while let partTag, rest.count > Self.longestMessage {
        let part = Array(rest.prefix(Self.longestMessage))
        rest = rest.dropFirst(part.count)
        for peer in 0..<size where peer != rank { try send(part, partTag, to: peer) }
      }
      for peer in 0..<size where peer != rank { try send(Array(rest), tag, to: peer) }
      var time = AttendedTime.beginning()
      while !outbox.isEmpty, time.passed < 0.1 {
        try clearOutbox()
        usleep(500)
        time.look()
      }
    } catch {
      // The error that is being told is the one to report.
    }
  }

  private func send(_ bytes: [UInt8], _ tag: Tag, to peer: Int) throws(TransportFailure) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
    memory.initialize(from: bytes, count: bytes.count)
    var request: MPI_Request?
    try call(
      "MPI_Isend",
      MPI_Isend(
        memory, Int32(bytes.count), mpiByte(), Int32(peer), tag.rawValue, control, &request))
    outbox.append((request, memory))
  }

  private func clearOutbox() throws(TransportFailure) {
    var underway = 0
    for index in outbox.indices {
      var isDone: Int32 = 0
      try call("MPI_Test", MPI_Test(&outbox[index].request, &isDone, nil))
      if isDone != 0 {
        outbox[index].bytes.deallocate()
      } else {
        outbox.swapAt(underway, index)
        underway += 1
      }
    }
    outbox.removeSubrange(underway...)
  }
}
