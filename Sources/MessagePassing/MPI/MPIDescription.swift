/// What an MPI library says of itself.
public struct MPIDescription: Hashable, Sendable {
  /// `MPI_Get_library_version`, in one line.
  public var library: String
  /// `MPI_Get_version`, such as `3.1`.
  public var standard: String
  /// `MPI_Query_thread`: `single`, `funneled`, `serialized` or `multiple`.
  public var threadLevel: String
}
