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
    let own = try replicas.map { (replica) throws(TensorError) in
      try executor.hash(contiguous(replica.block))
    }
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
}
