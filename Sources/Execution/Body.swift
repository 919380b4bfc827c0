import Distribution
import Machine
import Shapes
import Synchronization

/// A tensor without its type parameter: what it is (shape, scalar type, sharding) and where this rank's part
/// lies. Operations, tape and training work on bodies.
///
/// A body that several variables refer to never changes; a write to a uniquely held one happens in place.
// Unchecked because `storage` is a variable, so that its uniqueness can be asked; it is changed through a
// uniquely held body only.
public final class Body: @unchecked Sendable {
  /// A serial number, never reused; an address could be.
  public let identity: UInt64
  public let description: TensorDescription
  public package(set) var storage: Storage
  public let layout: Layout
  public let localShape: Shape
  public let runtime: Runtime
  /// Whether tapes follow this body without being told to, because it is the value of a parameter.
  public let isParameter: Bool

  private static let count = Atomic<UInt64>(0)

  /// - Parameter block: what this rank holds, of the local shape of the description.
  public init(
    _ description: TensorDescription, _ block: StridedBlock, runtime: Runtime,
    isParameter: Bool = false
  ) {
    precondition(
      block.shape == description.localShape(of: runtime.communicator.rank),
      "local shape \(block.shape) of \(description)")
    identity = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
    self.description = description
    storage = block.storage
    layout = block.layout
    localShape = block.shape
    self.runtime = runtime
    self.isParameter = isParameter
  }

  /// A body that a plan gives while it is only explained: all metadata, no elements.
  public convenience init(
    abstract description: TensorDescription, runtime: Runtime, isParameter: Bool = false
  ) {
    let shape = description.localShape(of: runtime.communicator.rank)
    let nothing = Storage(sharing: UnsafeMutableRawBufferPointer(start: nil, count: 0)) {}
    self.init(
      description,
      StridedBlock(storage: nothing, type: description.scalarType, shape: shape),
      runtime: runtime, isParameter: isParameter)
  }

  public var isAbstract: Bool { storage.byteCount == 0 && localShape.elementCount > 0 }

  public var shape: Shape { description.shape }
  public var scalarType: ScalarType { description.scalarType }
  public var sharding: Sharding { description.sharding }

  /// What this rank holds; an error for a body without elements.
  public var materialized: StridedBlock {
    get throws(TensorError) {
      guard !isAbstract else {
        throw TensorError(
          "explain", given: "the values of a tensor that was only planned",
          expected: "operations that need shapes and shardings alone")
      }
      return block
    }
  }

  /// What this rank holds.
  public var block: StridedBlock {
    StridedBlock(storage: storage, type: scalarType, shape: localShape, layout: layout)
  }

  /// Makes the storage this body's alone, keeping its block: others that share it get a copy of the contents
  /// in a block of their own. A parameter keeps its address that way.
  ///
  /// - Returns: whether contents had to move.
  @discardableResult
  public func claimStorage() throws(TensorError) -> Bool {
    if isKnownUniquelyReferenced(&storage) { return false }
    let copy = try runtime.arena.allocate(byteCount: storage.byteCount)
    runtime.copy(
      StridedBlock(storage: storage, type: .uint8, shape: [storage.byteCount]),
      into: StridedBlock(storage: copy, type: .uint8, shape: [storage.byteCount]))
    // The others refer to the same object: give that one the copy, and keep the block under a new one.
    storage.exchangeBlocks(with: copy)
    storage = copy
    return true
  }
}
