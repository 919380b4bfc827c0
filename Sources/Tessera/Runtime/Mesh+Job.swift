import Execution

extension Mesh {
  /// All ranks of the job in one axis; one rank when there is no launcher.
  public static var world: Mesh { Runtime.current.mesh }

  /// A mesh of named axes over all ranks of the job; the extents must multiply to their number.
  public init(_ axes: KeyValuePairs<String, Int>) throws(TensorError) {
    try self.init(axes, ranks: Runtime.current.communicator.size)
  }

  /// Where this process stands, one coordinate a mesh axis.
  public var coordinates: [Int] {
    coordinates(ofRank: Runtime.current.communicator.rank)
  }
}
