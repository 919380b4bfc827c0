/// What the collectives of a communicator have moved on this rank since it was made.
///
/// Bytes are counted by what an operation means, not by how a transport carries it out, so they are
/// the same under MPI and on loopback ranks: an exchange counts its transfers; the root of a
/// broadcast sends the bytes to each of the others, who receive them once; in an all-gather each
/// rank sends its segment to each of the others and receives theirs. Headers that the ranks compare
/// before each collective are not counted. On one rank nothing moves, and everything stays zero.
public struct Traffic: Hashable, Sendable {
  /// Payload that this rank sent to others.
  public var bytesSent = 0
  /// Payload that this rank received from others.
  public var bytesReceived = 0
  /// Transfers with at least one byte that this rank sent.
  public var messages = 0
  /// Exchanges, broadcasts and all-gathers of payload in which this rank took part.
  public var collectives = 0
  /// Bytes of control data (`allGather(control:as:)`, `agree`) that this rank sent to others.
  public var controlBytes = 0
  /// Payload of all-reduces, as told by `noteReduced(bytes:)`; it has also been counted above.
  public var reducedBytes = 0

  public init() {}

  /// What has been added between two readings.
  public static func - (later: Traffic, earlier: Traffic) -> Traffic {
    var difference = Traffic()
    difference.bytesSent = later.bytesSent - earlier.bytesSent
    difference.bytesReceived = later.bytesReceived - earlier.bytesReceived
    difference.messages = later.messages - earlier.messages
    difference.collectives = later.collectives - earlier.collectives
    difference.controlBytes = later.controlBytes - earlier.controlBytes
    difference.reducedBytes = later.reducedBytes - earlier.reducedBytes
    return difference
  }
}

/// What a rank has sent to ranks on other nodes, as it really crossed; headers are not counted.
///
/// Where all ranks are on one node, or use no memory together, nothing is counted.
public struct NodeTraffic: Hashable, Sendable {
  /// Payload that left the node.
  public var bytesSent = 0
  /// Messages in which it did so.
  public var messages = 0

  public init() {}

  /// What has been added between two readings.
  public static func - (later: NodeTraffic, earlier: NodeTraffic) -> NodeTraffic {
    var difference = NodeTraffic()
    difference.bytesSent = later.bytesSent - earlier.bytesSent
    difference.messages = later.messages - earlier.messages
    return difference
  }
}
