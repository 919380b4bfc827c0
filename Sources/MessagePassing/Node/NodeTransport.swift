import Machine
import Shapes

/// Ranks of one machine that exchange bytes through memory which all of them map.
///
/// It decorates the transport over which the ranks met, by which they still ask what the others do
/// and end the job. Each rank writes nothing but its own segment and only reads those of others.
///
/// Unchecked: `Communicator` lets only its program thread in, one collective at a time; no other
/// thread touches what changes here.
final class NodeTransport: Transport, @unchecked Sendable {
  /// The transport over which the ranks met.
  let base: any Transport
  let rank: Int
  let size: Int
  let isCrowded: Bool
  /// The process of each rank.
  let processes: [Int64]
  /// Copies and joins large pieces; without it the calling thread does so alone.
  var workers: WorkerPool?

  private let segments: [NodeSegment]
  private let layout: NodeLayout
  private var headerNumber: UInt64 = 0
  /// By reader; that at this rank's own place is read by all.
  private var outlets: [NodeOutlet] = []
  /// By owner, of lanes to this rank; that at this rank's own place is not used.
  private var inlets: [NodeInlet] = []
  /// By owner, of lanes to all.
  private var commonInlets: [NodeInlet] = []

  /// `segments` are those of all ranks, in their order.
  init(over base: any Transport, _ segments: [NodeSegment], processes: [Int64]) {
    self.base = base
    self.segments = segments
    self.processes = processes
    rank = base.rank
    size = base.size
    isCrowded = base.isCrowded
    layout = segments[0].layout

    let (rank, size, layout) = (rank, size, layout)
    let own = segments[rank]
    for peer in 0..<size {
      let readers = peer == rank ? (1..<size).map { (rank + $0) % size } : [peer]
      let readLines = readers.map {
        segments[$0].line(
          peer == rank ? layout.readLine(ofAll: rank) : layout.readLine(of: rank))
      }
      outlets.append(
        NodeOutlet(
          readers: readers, line: own.line(layout.laneLine(peer)), readLines: readLines,
          window: own.window(peer), pieceByteCount: layout.pieceByteCount))
      inlets.append(
        NodeInlet(
          owner: peer, line: segments[peer].line(layout.laneLine(rank)),
          readLine: own.line(layout.readLine(of: peer)), window: segments[peer].window(rank),
          pieceByteCount: layout.pieceByteCount))
      commonInlets.append(
        NodeInlet(
          owner: peer, line: segments[peer].line(layout.laneLine(peer)),
          readLine: own.line(layout.readLine(ofAll: peer)), window: segments[peer].window(peer),
          pieceByteCount: layout.pieceByteCount))
    }
  }

  var description: String {
    base.description.replacing(", ", with: " and shared memory, ", maxReplacements: 1)
  }

  var mpi: MPIDescription? { base.mpi }

  /// The most bytes that travel at once.
  var pieceByteCount: Int { layout.pieceByteCount }

  /// The others, each rank beginning with another one.
  var peers: [Int] { (1..<size).map { (rank + $0) % size } }

  // All ranks read the headers of all.
  func minimum(_ values: [Int64], timeout: Double) throws(TransportFailure) -> [Int64] {
    precondition(values.count <= NodeLayout.valuesPerLine, "values that fit a line")
    headerNumber += 1
    let number = headerNumber
    let index = NodeLayout.headerLine(number)
    let own = segments[rank].line(index)
    for (position, value) in values.enumerated() { own.setValue(position, value) }
    own.publish(number)
    var least = values
    var wait = NodeWait(self, timeout, longestNap: 1000)
    for step in 1..<size {
      let line = segments[(rank + step) % size].line(index)
      while line.number != number {
        try wait.rest { peers.filter { segments[$0].line(index).number != number } }
      }
      for position in least.indices { least[position] = min(least[position], line.value(position)) }
    }
    return least
  }

  func gather(_ bytes: [UInt8], timeout: Double) throws(TransportFailure) -> [[UInt8]] {
    let count = bytes.count
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size * count, alignment: 64)
    defer { memory.deallocate() }
    let segments = (0..<size).map {
      UnsafeMutableRawBufferPointer(rebasing: memory[($0 * count)..<(($0 + 1) * count)])
    }
    segments[rank].copyBytes(from: bytes)
    try allGather(segments, timeout: timeout)
    return segments.map { Array($0) }
  }

  func exchange(
    sends: [Message], receives: [Message], timeout: Double
  ) throws(TransportFailure) {
    func parcels(_ messages: [Message], _ parcel: (Message) -> NodeParcel) -> [Parcel] {
      messages.map { Parcel(peer: $0.peer, content: parcel($0)) }
    }
    try exchange(
      sends: parcels(sends) { .reading($0.bytes) },
      receives: parcels(receives) { .writing($0.bytes) }, timeout: timeout)
  }

  func publish(_ activity: Activity) { base.publish(activity) }

  func activities(within seconds: Double) -> [Activity?] { base.activities(within: seconds) }

  func announce(_ error: TensorError) { base.announce(error) }

  func announceEnd() { base.announceEnd() }

  func hearsOfEnd(within seconds: Double) -> Bool { base.hearsOfEnd(within: seconds) }

  func listen(for awaited: () -> [Int]) throws(TransportFailure) { try base.listen(for: awaited) }

  func leave() { base.leave() }

  func abort(status: Int32) -> Never { base.abort(status: status) }
}

// The lanes of this rank, for those who move pieces.
extension NodeTransport {
  /// The lane to a peer, or that to all, which is at this rank's own place.
  subscript(outlet peer: Int) -> NodeOutlet {
    _read { yield outlets[peer] }
    _modify { yield &outlets[peer] }
  }

  /// The lane from a peer to this rank alone.
  subscript(inlet peer: Int) -> NodeInlet {
    _read { yield inlets[peer] }
    _modify { yield &inlets[peer] }
  }

  /// The lane from a peer to all.
  subscript(commonInlet peer: Int) -> NodeInlet {
    _read { yield commonInlets[peer] }
    _modify { yield &commonInlets[peer] }
  }
}
