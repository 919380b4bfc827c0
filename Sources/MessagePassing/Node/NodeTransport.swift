import Machine
import Shapes

/// Ranks of one node that exchange bytes through memory which all of them map.
///
/// It decorates the transport over which the ranks met, by which they still ask what the others do
/// and end the job. Each rank writes nothing but its own segment and only reads those of others.
/// Here ranks are numbered within the node; those of the job are its `members`.
///
/// Unchecked: `Communicator` lets only one collective in at a time, on its program thread or its
/// courier's; no other thread touches what changes here.
final class NodeTransport: MemoryTransport, @unchecked Sendable {
  let base: any MessageTransport
  /// The number of each rank in the job, ascending.
  let members: [Int]
  let rank: Int
  let size: Int
  /// The others, each rank beginning with another one.
  let peers: [Int]
  let isCrowded: Bool
  /// The process of each rank.
  let processes: [Int64]
  var workers: WorkerPool?

  /// In which ranks read what lies there; nil where some cannot.
  let heaps: NodeHeaps?
  /// Of messages and terms of others that this rank has read where they lay.
  var bytesReadInPlace = 0
  private let segments: [NodeSegment]
  private let layout: NodeLayout
  private var headerNumber: UInt64 = 0
  /// By reader; that at this rank's own place is read by all.
  private var outlets: [NodeOutlet] = []
  /// By owner, of lanes to this rank; that at this rank's own place is not used.
  private var inlets: [NodeInlet] = []
  /// By owner, of lanes to all.
  private var commonInlets: [NodeInlet] = []

  /// `segments` are those of all members, in their order; a rank that is alone needs none.
  init(
    over base: any MessageTransport, members: [Int], _ layout: NodeLayout,
    _ segments: [NodeSegment], _ heaps: NodeHeaps?, processes: [Int64]
  ) {
    self.base = base
    self.members = members
    self.segments = segments
    self.heaps = heaps
    self.processes = processes
    self.layout = layout
    rank = members.firstIndex(of: base.rank)!
    size = members.count
    isCrowded = base.isCrowded
    let (rank, size) = (rank, size)
    peers = (1..<size).map { (rank + $0) % size }

    if size == 1 { return }
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

  var heap: SharedHeap? { heaps?.own }

  var description: String {
    base.description.replacing(", ", with: " and shared memory, ", maxReplacements: 1)
  }

  /// The most bytes that travel at once.
  var pieceByteCount: Int { layout.pieceByteCount }

  // All ranks read the headers of all.
  func minimum(_ values: [Int64], timeout: Double) throws(TransportFailure) -> [Int64] {
    precondition(values.count <= NodeLayout.valuesPerLine, "values that fit a line")
    if size == 1 { return values }
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
