import Machine
import MessagePassing
import Shapes

/// Memory of one message, filled with a byte.
func storage(_ bytes: [UInt8]) -> StorageRange {
  let memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: max(1, bytes.count), alignment: 64)
  memory.copyBytes(from: bytes)
  let address = UInt(bitPattern: memory.baseAddress)
  let storage = Storage(sharing: memory) {
    UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
  }
  return StorageRange(storage: storage, byteOffset: 0, byteCount: bytes.count)
}

/// Where messages of a rank lie: in memory that others read, or in some that they do not.
enum Ground: CaseIterable { case heap, elsewhere }

/// Memory of a rank for messages, in its heap or elsewhere.
struct MessageMemory {
  private let arena: Arena?

  init(_ communicator: Communicator, _ ground: Ground) {
    arena =
      ground == .elsewhere
      ? nil : Arena(topology: .current(), workers: 1, limit: nil, heap: communicator.heap)
  }

  func storage(_ bytes: [UInt8]) throws -> StorageRange {
    guard let arena else { return MessagePassingTests.storage(bytes) }
    // As large as what an arena has in the heap.
    let range = StorageRange(
      storage: try arena.allocate(byteCount: max(2 << 20, bytes.count)), byteOffset: 0,
      byteCount: bytes.count)
    range.bytes.copyBytes(from: bytes)
    return range
  }
}

extension StorageRange {
  var contents: [UInt8] { withExtendedLifetime(storage) { Array(bytes) } }
}

/// Bytes that tell who sent them and to whom.
func message(_ count: Int, from sender: Int, to receiver: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ sender &* 31 &+ receiver &* 101 &+ 1) }
}

/// What `body` threw, nil if nothing.
func error(of body: () throws -> Void) -> TensorError? {
  do {
    try body()
    return nil
  } catch {
    return error as? TensorError
  }
}

let exchangeLabel = CollectiveLabel("exchange")
let barrierLabel = CollectiveLabel("barrier")
