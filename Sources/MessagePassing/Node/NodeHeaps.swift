import Machine
import Shapes

/// The heaps of the ranks of a node, in which each of them reads what lies in the others'.
struct NodeHeaps: Sendable {
  /// This rank's own.
  let own: SharedHeap
  /// By rank; nil at this rank's own place.
  private let others: [SharedSegment?]

  /// Maps those of the others; nil where one of them has none or cannot be mapped.
  init?(own: SharedHeap, _ places: [NodePlace], rank: Int, _ byteCount: Int) {
    self.own = own
    var others: [SharedSegment?] = []
    for (index, place) in places.enumerated() {
      if index == rank {
        others.append(nil)
        continue
      }
      guard place.heap >= 0,
        let segment = try? SharedSegment(
          of: Int32(place.process), descriptor: Int32(place.heap), byteCount: byteCount,
          pages: .huge)
      else { return nil }
      others.append(segment)
    }
    self.others = others
  }

  /// What a reference of another rank refers to, as this rank sees it.
  func source(_ reference: NodeReference, of rank: Int) -> NodeParcel.Source {
    .init(address: others[rank]!.address + reference.offset, layout: reference.layout)
  }
}

/// What a slot holds instead of bytes: where they lie in the sender's heap.
struct NodeReference {
  /// The first byte, from the heap's beginning on.
  var offset: Int
  /// What a receiver has to know if the bytes do not lie one after another; what it means is
  /// between the two.
  var layout: [Int] = []

  init(offset: Int, layout: [Int] = []) {
    self.offset = offset
    self.layout = layout
  }

  /// How much of a slot it takes.
  var byteCount: Int { (2 + layout.count) * MemoryLayout<Int>.size }

  /// What stands in a slot.
  init(in slot: UnsafeMutableRawPointer) {
    let words = slot.assumingMemoryBound(to: Int.self)
    offset = words[0]
    layout = (0..<words[1]).map { words[2 + $0] }
  }

  func write(to slot: UnsafeMutableRawPointer) {
    let words = slot.assumingMemoryBound(to: Int.self)
    words[0] = offset
    words[1] = layout.count
    for (index, word) in layout.enumerated() { words[2 + index] = word }
  }
}
