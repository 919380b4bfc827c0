/// What a rank computes, counted by a dry run.
public struct Work: Hashable, Sendable {
  /// Multiplications of matrix products, each with its addition.
  public var multiplications = 0
  /// Functions applied to an element, and elements reduced, ordered or moved.
  public var elementOperations = 0
  /// Bytes of blocks that operations read.
  public var bytesRead = 0
  /// Bytes of blocks that they write.
  public var bytesWritten = 0

  public init() {}
}
