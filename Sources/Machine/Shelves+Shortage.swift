import Shapes

extension Shelves {
  /// Why there is no block.
  enum Refusal: Error {
    /// The arena would have more of the system than it may.
    case limit
    /// The system has no more, for this reason.
    case system(String)
  }

  /// How many kinds of holders a message lists.
  private static let listedCount = 8

  /// What a request that was refused is told: what was asked for, how much there is, and who has
  /// it.
  func shortage(_ byteCount: Int, _ purpose: StoragePurpose, _ refusal: Refusal) -> TensorError {
    var request = ByteCount.exactText(byteCount)
    if let shape = purpose.shape { request += " for \(shape)" }
    if let type = purpose.scalarType { request += " \(type)" }
    request += " while \(ByteCount.exactText(statistics.inUse)) are in use"
    let rest = statistics.reserved - statistics.inUse
    if rest > 0 { request += " and \(ByteCount.text(rest)) lie beside them in their blocks" }
    let lines = holderLines
    if !lines.isEmpty {
      request += ":" + lines.map { "\n  \($0)" }.joined()
    }
    let expected =
      switch refusal {
      case .limit:
        """
        at most \(ByteCount.exactText(limit!)) together, the cap on this rank's memory \
        (Memory.cap, TESSERA_MEMORY_CAP)
        """
      case .system(let reason): "a request that the system can serve (\(reason))"
      }
    let error = TensorError("allocate", given: request, expected: expected)
    return purpose.operation.map { error.asked(by: $0) } ?? error
  }

  private var holderLines: [String] {
    let holders = registry.holders
    var lines = holders.prefix(Self.listedCount).map { "\($0)" }
    let others = holders.dropFirst(Self.listedCount)
    if !others.isEmpty {
      let bytes = others.reduce(0) { $0 + $1.byteCount }
      lines.append(
        "\(ByteCount.text(bytes)) in \(others.reduce(0) { $0 + $1.count }) of other kinds")
    }
    let counted = holders.filter { !$0.isShared }
    let small = (
      count: blocksInUse - counted.reduce(0) { $0 + $1.count },
      bytes: statistics.inUse - counted.reduce(0) { $0 + $1.byteCount }
    )
    if small.count > 0 {
      lines.append(
        """
        \(ByteCount.text(small.bytes)) in \(small.count) of less than \
        \(ByteCount.text(HolderRegistry.leastByteCount)) each
        """)
    }
    return lines
  }
}
