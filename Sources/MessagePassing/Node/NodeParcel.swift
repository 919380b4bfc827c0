import CKernels
import Machine

/// A message as pieces of it pass through a window: what fills a slot, or empties it. Where the
/// receiver can read it in the sender's heap it is copied from there.
struct NodeParcel {
  /// Moves some bytes of a message, of which the first and their number are given, from or to
  /// memory in which they lie one after another; **called concurrently** for parts of whole
  /// elements.
  typealias Move = (_ window: UnsafeMutableRawPointer, _ first: Int, _ count: Int) -> Void

  /// Where a message lies that is sent, and how.
  struct Source {
    /// The first byte.
    var address: UnsafeMutableRawPointer
    /// Tells the receiver how elements lie; empty where they lie one after another.
    var layout: [Int]
  }

  /// Copies some bytes of a message, of which the first and their number are given, from where its
  /// sender has it.
  typealias Take = (_ source: Source, _ first: Int, _ count: Int) -> Void

  var byteCount: Int
  var move: Move
  /// Where all of the message lies, if it lies in one place.
  var bytes: UnsafeMutableRawBufferPointer?
  /// Of a message that is sent.
  var source: Source?
  /// Of one that is received; without it its senders have theirs in one place.
  var take: Take?
  /// What it copies at a time is a multiple of so many bytes.
  var grain = 64

  init(byteCount: Int, bytes: UnsafeMutableRawBufferPointer? = nil, move: @escaping Move) {
    self.byteCount = byteCount
    self.bytes = bytes
    self.move = move
    source = bytes?.baseAddress.map { Source(address: $0, layout: []) }
  }

  /// Bytes that are sent as they lie.
  static func reading(_ bytes: UnsafeMutableRawBufferPointer) -> NodeParcel {
    NodeParcel(byteCount: bytes.count, bytes: bytes) { window, first, count in
      fill(window, bytes.baseAddress! + first, count, of: bytes.count)
    }
  }

  /// Copies a part of a message into a window.
  ///
  /// Cache lines that a peer has just read are slow to write, as it has to give them up first: two
  /// to three times as slow as memory past the caches, however small the window.
  static func fill(
    _ window: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ count: Int,
    of byteCount: Int
  ) {
    if byteCount >= streamedWindowByteCount {
      tk_stream_from_memory(window, source, count)
      tk_finish_streaming()
    } else {
      tk_copy(window, source, count)
    }
  }

  /// Shorter messages get through faster in the caches.
  private static let streamedWindowByteCount = 32 << 10

  /// Bytes that are received as they are to lie, past the caches where they are told to or many.
  static func writing(
    _ bytes: UnsafeMutableRawBufferPointer, isStreamed: Bool? = nil
  ) -> NodeParcel {
    if isStreamed ?? (bytes.count >= streamedByteCount) {
      return NodeParcel(byteCount: bytes.count, bytes: bytes) { window, first, count in
        tk_stream_from_memory(bytes.baseAddress! + first, window, count)
        tk_finish_streaming()
      }
    }
    return NodeParcel(byteCount: bytes.count, bytes: bytes) { window, first, count in
      tk_copy(bytes.baseAddress! + first, window, count)
    }
  }

  /// Messages from this length on would not stay in the caches until they are read.
  static let streamedByteCount = 1 << 20
}

/// A parcel and where it goes to or comes from.
struct Parcel {
  var peer: Int
  var content: NodeParcel
}

/// The parcels that pass through one lane, one after another, and how far they have got.
struct NodeFlow {
  /// A rank, or this one's own for the lane to all.
  let peer: Int
  private var parcels: [NodeParcel]
  private var index = 0
  /// Bytes of the current parcel that have passed.
  private(set) var offset = 0
  /// Whether peers read something where it lies.
  private var isReferredTo = false

  init(peer: Int, _ parcels: [NodeParcel]) {
    self.peer = peer
    self.parcels = parcels.filter { $0.byteCount > 0 }
  }

  var isDone: Bool { index == parcels.count }

  /// The parcel of which a piece passes next.
  var current: NodeParcel { parcels[index] }

  /// The number of bytes in the next piece.
  func pieceByteCount(_ limit: Int) -> Int { min(limit, current.byteCount - offset) }

  /// The number of bytes that are read next where they lie: not more than what others wait for
  /// without a sign.
  var readByteCount: Int {
    let grain = current.grain
    return pieceByteCount(max(grain, (64 << 20) / grain * grain))
  }

  /// Whether the lane is to be found empty at the end: more passed than its slots can hold, or what
  /// peers read is not theirs for longer.
  func needsDraining(_ limit: Int) -> Bool {
    isReferredTo
      || parcels.reduce(0) { $0 + ($1.byteCount + limit - 1) / limit } > NodeLayout.slotCount
  }

  /// Ends the current parcel, as peers have been told where it lies.
  mutating func refer() {
    isReferredTo = true
    advance(current.byteCount)
  }

  mutating func advance(_ count: Int) {
    offset += count
    if offset == current.byteCount {
      index += 1
      offset = 0
    }
  }
}
