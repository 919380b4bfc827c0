import Shapes

/// What a storage was made for, as messages about memory tell it.
public struct StoragePurpose: Hashable, Sendable {
  /// The shape of what this rank holds of a tensor; nil for other memory.
  public var shape: Shape?
  /// The type of its elements.
  public var scalarType: ScalarType?
  /// The operation that asked for it, such as `matmul`.
  public var operation: String?

  public init(shape: Shape? = nil, scalarType: ScalarType? = nil, operation: String? = nil) {
    self.shape = shape
    self.scalarType = scalarType
    self.operation = operation
  }
}

/// Storages in use that were made for the same.
public struct MemoryHolder: Hashable, Sendable, CustomStringConvertible {
  public var purpose: StoragePurpose
  /// Whether it is memory of the user that tensors share, which counts for no limit.
  public var isShared: Bool
  /// How many there are.
  public var count = 0
  /// The bytes of all of them together.
  public var byteCount = 0

  /// `128 MiB in 2 of [4096, 4096] Float by randn`.
  public var description: String {
    var text = "\(ByteCount.text(byteCount)) in \(count)"
    if let shape = purpose.shape { text += " of \(shape)" }
    if let type = purpose.scalarType { text += " \(type)" }
    if isShared { return text + " shared from user, not counted" }
    return text + (purpose.operation.map { " by \($0)" } ?? " for intermediate results")
  }
}

extension TensorError {
  /// An error of memory as one of the operation that needed it; others stay as they are.
  public func asked(by operation: @autoclosure () -> String) -> TensorError {
    guard self.operation == "allocate" else { return self }
    var error = self
    error.operation = "allocate for \(operation())"
    return error
  }
}
