import Machine
import MessagePassing
import Shapes

/// A block that every rank should hold with the same bits.
public struct Replica {
  /// What messages call it, such as `the parameter weights`.
  public var name: String
  public var block: StridedBlock

  public init(_ name: String, _ block: StridedBlock) {
    self.name = name
    self.block = block
  }
}

extension Runtime {
  /// Compares what ranks hold alike, bit by bit: numbers that are equal but for their bits, such as
  /// 0 and −0, differ.
  ///
  /// Collective. Each rank reads its bytes once, on all workers, and sends 8 bytes a replica to
  /// each other rank. All ranks throw the same error where one of them has other bits.
  /// - Parameters:
  ///   - operation: who asks.
  ///   - moment: when it was, such as ` in step 12`.
  public func check(
    _ replicas: [Replica], for operation: String, _ moment: String = ""
  ) throws(TensorError) {
    if communicator.size == 1 || replicas.isEmpty { return }
    let own = try replicas.map { (replica) throws(TensorError) in try hash(replica.block) }
    let told = try communicator.allGather(
      control: own.flatMap { hash in withUnsafeBytes(of: hash.littleEndian) { Array($0) } },
      as: CollectiveLabel(operation))
    let hashes = told.map { bytes in
      bytes.withUnsafeBytes { bytes in
        stride(from: 0, to: bytes.count, by: 8).map {
          Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self))
        }
      }
    }
    let different = replicas.indices.filter { index in
      hashes.contains { $0[index] != hashes[0][index] }
    }
    guard let first = different.first else { return }
    let others = different.dropFirst().prefix(4).map { replicas[$0].name }
    let more = different.count - 1 - others.count
    let list = others.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    throw TensorError(
      operation,
      given: replicas[first].name + moment + ", of which "
        + Self.account(of: hashes.map { $0[first] })
        + (others.isEmpty ? "" : "; also of " + list),
      expected: "the same bits on every rank: the same code on the same data and random keys")
  }

  /// Who holds other bits than the most ranks, or than the first where these are not more.
  private static func account(of hashes: [Int64]) -> String {
    let groups = Dictionary(grouping: hashes.indices) { hashes[$0] }.values
      .sorted { ($0.count, $1[0]) > ($1.count, $0[0]) }
    let others = groups.dropFirst().flatMap { $0 }.sorted()
    func list(_ ranks: [Int]) -> String {
      let shown = ranks.prefix(8).map(String.init).joined(separator: ", ")
      let more = ranks.count > 8 ? " and \(ranks.count - 8) more" : ""
      return ranks.count == 1 ? "rank \(shown)" : "ranks \(shown)\(more)"
    }
    return list(others) + (others.count == 1 ? " holds" : " hold") + " other bits than "
      + list(groups[0])
  }

  /// A hash of a block's bits in row-major order, the same on every machine of this byte order.
  func hash(_ block: StridedBlock) throws(TensorError) -> Int64 {
    let block = try contiguous(block)
    let byteCount = block.range.byteCount
    let length = 64 << 10
    let count = (byteCount + length - 1) / length
    let hashes = try allocate([count], .uint64)
    withExtendedLifetime((block.storage, hashes.storage)) {
      let bytes = UnsafeRawBufferPointer(block.range.bytes)
      let parts = hashes.base
      pool.run(count: count, at: block.place(elementsPerTask: length / block.type.byteCount)) {
        let first = $0 * length
        let part = UnsafeRawBufferPointer(rebasing: bytes[first..<min(first + length, byteCount)])
        parts.storeBytes(of: Self.hash(part), toByteOffset: $0 * 8, as: UInt64.self)
      }
    }
    var hash = StableHash()
    hash.combine(byteCount)
    withExtendedLifetime(hashes.storage) {
      for part in 0..<count {
        hash.combine(word: hashes.base.load(fromByteOffset: part * 8, as: UInt64.self))
      }
    }
    return hash.number
  }

  /// Four hashes side by side, as one would wait for each of its multiplications.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var lanes = SIMD4<UInt64>(1, 2, 3, 4)
    func step(_ lane: UInt64, _ word: UInt64) -> UInt64 {
      let product = (lane ^ word) &* 0x9e37_79b9_7f4a_7c15
      return product ^ product >> 32
    }
    func mix(_ words: UnsafeRawPointer) {
      let (a, b, c, d) = words.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
      lanes = SIMD4(step(lanes.x, a), step(lanes.y, b), step(lanes.z, c), step(lanes.w, d))
    }
    let whole = bytes.count & ~31
    for offset in stride(from: 0, to: whole, by: 32) { mix(bytes.baseAddress! + offset) }
    if whole < bytes.count {
      withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { rest in
        rest.initializeMemory(as: UInt8.self, repeating: 0)
        rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[whole...]))
        mix(rest.baseAddress!)
      }
    }
    return step(step(step(lanes.x, lanes.y), lanes.z), lanes.w)
  }
}
