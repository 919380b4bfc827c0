import Shapes

/// The large storages in use, and what for. Its owner serializes all calls.
///
/// Small ones are not listed, so that they cost nothing; they are known by what they have together.
struct HolderRegistry: Sendable {
  private struct Entry {
    var purpose: StoragePurpose
    var byteCount: Int
    var isShared: Bool
  }

  /// The least size that is listed: what takes longer to fill than to write down.
  static let leastByteCount = 1 << 18

  private var entries: [UInt64: Entry] = [:]

  mutating func add(
    _ identifier: UInt64, _ byteCount: Int, _ purpose: StoragePurpose, isShared: Bool = false
  ) {
    entries[identifier] = Entry(purpose: purpose, byteCount: byteCount, isShared: isShared)
  }

  mutating func remove(_ identifier: UInt64) {
    entries[identifier] = nil
  }

  /// Names the operation of a storage that was made without one.
  mutating func attribute(_ identifier: UInt64, to operation: String) {
    guard var entry = entries[identifier], entry.purpose.operation == nil else { return }
    entry.purpose.operation = operation
    entries[identifier] = entry
  }

  /// All that are listed, the largest first.
  var holders: [MemoryHolder] {
    var found: [MemoryHolder] = []
    var positions: [MemoryHolder: Int] = [:]
    // In the order in which they were made, as that of a dictionary is another one in each process.
    for (_, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let kind = MemoryHolder(purpose: entry.purpose, isShared: entry.isShared)
      let position = positions[kind] ?? found.count
      if position == found.count {
        positions[kind] = position
        found.append(kind)
      }
      found[position].count += 1
      found[position].byteCount += entry.byteCount
    }
    return found.enumerated().sorted {
      ($1.element.byteCount, $0.offset) < ($0.element.byteCount, $1.offset)
    }.map(\.element)
  }
}
