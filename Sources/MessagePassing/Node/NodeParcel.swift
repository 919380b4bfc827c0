import CKernels
import Machine

/// A message as pieces of it pass through a window: what fills a slot, or empties it.
struct NodeParcel {
  var byteCount: Int
  /// Moves some bytes of the message, of which the first and their number are given, from or to
  /// the window; **called concurrently** for parts of a piece. Parts begin at multiples of 64.
  var move: (_ window: UnsafeMutableRawPointer, _ first: Int, _ count: Int) -> Void
  /// Where all of the message lies, if it lies in one place.
  var bytes: UnsafeMutableRawBufferPointer?

  init(
    byteCount: Int, bytes: UnsafeMutableRawBufferPointer? = nil,
    move: @escaping (_ window: UnsafeMutableRawPointer, _ first: Int, _ count: Int) -> Void
  ) {
    self.byteCount = byteCount
    self.bytes = bytes
    self.move = move
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
      tk_stream(window, source, count)
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
        tk_stream(bytes.baseAddress! + first, window, count)
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

  init(peer: Int, _ parcels: [NodeParcel]) {
    self.peer = peer
    self.parcels = parcels.filter { $0.byteCount > 0 }
  }

  var isDone: Bool { index == parcels.count }

  /// The parcel of which a piece passes next.
  var current: NodeParcel { parcels[index] }

  /// The number of bytes in the next piece.
  func pieceByteCount(_ limit: Int) -> Int { min(limit, current.byteCount - offset) }

  /// Whether more than the slots of a lane can hold is to pass.
  func isLong(_ limit: Int) -> Bool {
    parcels.reduce(0) { $0 + ($1.byteCount + limit - 1) / limit } > NodeLayout.slotCount
  }

  mutating func advance(_ count: Int) {
    offset += count
    if offset == current.byteCount {
      index += 1
      offset = 0
    }
  }
}
