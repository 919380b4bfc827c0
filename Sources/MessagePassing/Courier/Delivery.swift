import Machine

/// What a collective of bytes does: what this rank sends, and where it receives.
public enum Delivery: Sendable {
  /// Messages between pairs of ranks; see `Communicator.exchange(sends:receives:as:)`.
  case exchange(sends: [Communicator.Transfer], receives: [Communicator.Transfer])
  /// Messages that are made as they leave and taken apart as they come; see
  /// `Communicator.exchange(sending:receiving:as:)`.
  case parcels(sends: [Communicator.Parcel], receives: [Communicator.Parcel])
  /// The bytes of one rank for all; see `Communicator.broadcast(_:from:as:)`.
  case broadcast(StorageRange, root: Int)
  /// A segment of each rank for all; see `Communicator.allGather(_:byteCounts:as:)`.
  case allGather(StorageRange, byteCounts: [Int])
  /// Terms joined for all; see `Communicator.allReduce(_:into:parts:as:_:)`.
  case allReduce(StorageRange, result: StorageRange, parts: [Int]?, TermJoin)
  /// Terms joined for the rank of each part; see `Communicator.reduceScatter(_:into:as:_:)`.
  case reduceScatter([StorageRange], result: StorageRange, TermJoin)

  /// What ranks compare beside the label.
  var kind: String {
    switch self {
    case .exchange, .parcels: "exchange"
    case .broadcast: "broadcast (root, bytes)"
    case .allGather: "all-gather (bytes)"
    case .allReduce: "all-reduce (bytes)"
    case .reduceScatter: "reduce-scatter (bytes)"
    }
  }

  /// The numbers that must be the same on all ranks.
  var common: [Int] {
    switch self {
    case .exchange, .parcels: []
    case .broadcast(let range, let root): [root, range.byteCount]
    case .allGather(_, let byteCounts): byteCounts
    case .allReduce(let term, _, let parts, _): parts ?? [term.byteCount]
    case .reduceScatter(let parts, _, _): parts.map(\.byteCount)
    }
  }

  /// What is read or written.
  var ranges: [StorageRange] {
    switch self {
    case .exchange(let sends, let receives): (sends + receives).map(\.range)
    case .parcels(let sends, let receives): (sends + receives).map(\.range)
    case .broadcast(let range, _), .allGather(let range, _): [range]
    case .allReduce(let term, let result, _, _): [term, result]
    case .reduceScatter(let parts, let result, _): parts + [result]
    }
  }
}
