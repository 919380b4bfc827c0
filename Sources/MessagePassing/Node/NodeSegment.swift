import Machine
import Shapes

/// The segment of one rank, as its owner or a neighbour has mapped it.
struct NodeSegment: Sendable {
  let layout: NodeLayout
  private let memory: SharedSegment

  /// This rank's own, with the name by which others recognise it.
  init(_ layout: NodeLayout, named name: Int64) throws(TensorError) {
    self.layout = layout
    memory = try SharedSegment(byteCount: layout.byteCount)
    line(NodeLayout.nameLine).setValue(0, name)
  }

  /// A neighbour's.
  init(_ layout: NodeLayout, at place: NodePlace) throws(TensorError) {
    self.layout = layout
    memory = try SharedSegment(
      of: Int32(place.process), descriptor: Int32(place.descriptor),
      byteCount: layout.byteCount)
    // A process of another namespace may have the same number.
    let name = line(NodeLayout.nameLine).value(0)
    guard name == place.name else {
      throw TensorError(
        "shared memory", given: "the segment of another program in process \(place.process)",
        expected: "that of a rank")
    }
  }

  var descriptor: Int32 { memory.descriptor }

  /// To be called when all neighbours have mapped the segment.
  func closeDescriptor() { memory.closeDescriptor() }

  func line(_ index: Int) -> NodeLine {
    NodeLine(memory.address + index * NodeLayout.lineByteCount)
  }

  /// The slots of a lane of the owner.
  func window(_ peer: Int) -> UnsafeMutableRawPointer { memory.address + layout.laneOffset(peer) }
}

/// Where a rank's segment is found.
struct NodePlace: Equatable {
  var process: Int64
  /// Below 0 where the rank has none.
  var descriptor: Int64
  /// A random number that stands in the segment.
  var name: Int64
  /// That of the rank's heap; below 0 where it has none.
  var heap: Int64

  var encoded: [UInt8] { [process, descriptor, name, heap].flatMap(\.encoded) }

  init(process: Int64, descriptor: Int64, name: Int64, heap: Int64) {
    self.process = process
    self.descriptor = descriptor
    self.name = name
    self.heap = heap
  }

  init(decoding bytes: [UInt8]) {
    self.init(
      process: bytes.number(0), descriptor: bytes.number(1), name: bytes.number(2),
      heap: bytes.number(3))
  }
}

extension Int64 {
  /// As ranks send numbers to each other.
  var encoded: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}

extension [UInt8] {
  /// The number at an index, if these are encoded numbers.
  func number(_ index: Int) -> Int64 {
    withUnsafeBytes {
      Int64(littleEndian: $0.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
    }
  }
}
