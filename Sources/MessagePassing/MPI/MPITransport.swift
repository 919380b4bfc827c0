import CMPI
import Glibc
import Shapes

/// Ranks that are processes started by a launcher.
///
/// Every call is nonblocking and completed by `wait`, which has a deadline. Payload travels on a
/// communicator of its own, so that nothing of it can be taken for control.
///
/// Unchecked: libmpi is initialised for one caller at a time, and `Communicator` lets only one
/// collective in at a time, on its program thread or its courier's; no other thread touches what
/// changes here.
final class MPITransport: MessageTransport, @unchecked Sendable {
  let rank: Int
  let size: Int
  let isCrowded: Bool
  let library: MPIDescription

  private let payload: MPI_Comm
  private let inquiries: MPIInquiries
  private let control: MPI_Comm

  init(
    control: MPI_Comm, payload: MPI_Comm, rank: Int, size: Int, isCrowded: Bool,
    library: MPIDescription
  ) {
    self.control = control
    self.payload = payload
    self.rank = rank
    self.size = size
    self.isCrowded = isCrowded
    self.library = library
    inquiries = MPIInquiries(control: control, rank: rank, size: size)
  }

  var description: String { "MPI, \(size) rank\(size == 1 ? "" : "s")" }

  func minimum(_ values: [Int64], timeout: Double) throws(TransportFailure) -> [Int64] {
    // Its own memory, not an array's: after a deadline the library may still write there.
    let buffer = UnsafeMutablePointer<Int64>.allocate(capacity: 2 * values.count)
    buffer.initialize(from: values + values, count: 2 * values.count)
    let result = buffer + values.count
    var requests: [MPI_Request?] = [nil]
    try call(
      "MPI_Iallreduce",
      MPI_Iallreduce(
        buffer, result, Int32(values.count), mpiInt64(), mpiMinimum(), control, &requests[0]))
    try wait(&requests, [], timeout)
    defer { buffer.deallocate() }
    return Array(UnsafeBufferPointer(start: result, count: values.count))
  }

  func gather(_ bytes: [UInt8], timeout: Double) throws(TransportFailure) -> [[UInt8]] {
    let count = bytes.count
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: (size + 1) * count)
    buffer.initialize(repeating: 0, count: (size + 1) * count)
    buffer.update(from: bytes, count: count)
    let result = buffer + count
    var requests: [MPI_Request?] = [nil]
    try call(
      "MPI_Iallgather",
      MPI_Iallgather(
        buffer, Int32(count), mpiByte(), result, Int32(count), mpiByte(), control, &requests[0]))
    try wait(&requests, [], timeout)
    defer { buffer.deallocate() }
    return (0..<size).map {
      Array(UnsafeBufferPointer(start: result + $0 * count, count: count))
    }
  }

  func begin(
    sends: [Message], receives: [Message]
  ) throws(TransportFailure) -> any PendingExchange {
    let messages = receives + sends
    var requests: [MPI_Request?] = []
    requests.reserveCapacity(messages.count)
    for (index, message) in messages.enumerated() {
      guard let count = Int32(exactly: message.bytes.count) else {
        throw .local(
          TensorError(
            "exchange", given: "a piece of \(message.bytes.count) bytes",
            expected: "pieces that a C int can count"))
      }
      var request: MPI_Request?
      let peer = Int32(message.peer)
      let memory = message.bytes.baseAddress
      if index < receives.count {
        try call(
          "MPI_Irecv", MPI_Irecv(memory, count, mpiByte(), peer, 0, payload, &request))
      } else {
        try call(
          "MPI_Isend", MPI_Isend(memory, count, mpiByte(), peer, 0, payload, &request))
      }
      requests.append(request)
    }
    return MPIExchange(
      transport: self, requests: requests, messages: messages, received: receives.count)
  }

  func publish(_ activity: Activity) {
    inquiries.activity = activity
  }

  func advance(to phase: Activity.Phase) { inquiries.activity.advance(to: phase) }

  func activities(within seconds: Double) -> [Activity?] {
    inquiries.ask(within: seconds)
  }

  func announce(_ error: TensorError) {
    inquiries.announce(error)
  }

  func announceEnd() {
    inquiries.announceEnd()
  }

  func hearsOfEnd(of ranks: Range<Int>, within seconds: Double) -> Bool {
    inquiries.hearsOfEnd(of: ranks, within: seconds)
  }

  func listen(for awaited: () -> [Int]) throws(TransportFailure) { try inquiries.listen() }

  var mpi: MPIDescription? { library }

  func leave() {
    // A rank of MPI leaves by ending its process.
  }

  /// `MPI_Abort`
  func abort(status: Int32) -> Never {
    MPI_Abort(mpiCommWorld(), status)
    _exit(status)
  }

  /// Completes all requests, and starts the deadline anew with each that does.
  ///
  /// The first `received` of `messages` are receives, whose lengths are checked.
  fileprivate func wait(
    _ requests: inout [MPI_Request?], _ messages: [Message], received: Int = 0,
    _ timeout: Double
  ) throws(TransportFailure) {
    var remaining = requests.count
    guard remaining > 0 else { return }
    var completed = [Int32](repeating: 0, count: remaining)
    var statuses = [MPI_Status](repeating: MPI_Status(), count: remaining)
    // Headers may be waited for long, so rest more; payload moves only while someone polls.
    var patience = Patience(isCrowded: isCrowded, longestNap: messages.isEmpty ? 1000 : 100)

    while true {
      var count: Int32 = 0
      let code = MPI_Testsome(
        Int32(requests.count), &requests, &count, &completed, &statuses)
      if code == MPI_ERR_IN_STATUS {
        for index in 0..<max(0, Int(count)) where statuses[index].MPI_ERROR != MPI_SUCCESS {
          let request = Int(completed[index])
          if statuses[index].MPI_ERROR == MPI_ERR_TRUNCATE, request < received {
            let message = messages[request]
            throw .local(.wrongLength(message, received: "more than \(message.bytes.count)"))
          }
          throw .local(.ofMPI("exchange", statuses[index].MPI_ERROR))
        }
      }
      try call("MPI_Testsome", code)
      if count > 0 {
        for index in 0..<Int(count) where Int(completed[index]) < received {
          try checkLength(messages[Int(completed[index])], statuses[index])
        }
        remaining -= Int(count)
        if remaining == 0 { return }
        patience.begin()
      }
      if patience.isDueToListen { try inquiries.listen() }
      if patience.waited > timeout {
        let missing = messages.indices.filter { requests[$0] != mpiRequestNull() }
        throw .deadline(missing: Set(missing.map { messages[$0].peer }).sorted())
      }
      patience.rest()
    }
  }

  private func checkLength(
    _ message: Message, _ status: MPI_Status
  ) throws(TransportFailure) {
    var count: Int32 = 0
    var status = status
    try call("MPI_Get_count", MPI_Get_count(&status, mpiByte(), &count))
    if Int(count) != message.bytes.count {
      throw .local(.wrongLength(message, received: "\(count)"))
    }
  }
}

/// Receives, then sends.
private struct MPIExchange: PendingExchange {
  let transport: MPITransport
  let requests: [MPI_Request?]
  let messages: [Message]
  let received: Int

  func complete(timeout: Double) throws(TransportFailure) {
    var requests = requests
    try transport.wait(&requests, messages, received: received, timeout)
  }
}
