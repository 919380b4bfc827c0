/// An array outside of tensors, such as a file, whose rows can be read in any order.
public protocol RowSource: Sendable {
  /// The extents; the first is the number of rows.
  var shape: Shape { get }

  var scalarType: ScalarType { get }

  /// Bytes of rows that this rank has read so far.
  var bytesRead: Int { get }

  /// Reads rows, one after another in row-major order, into memory that holds exactly as many.
  /// Local.
  func read(rows: [Int], into bytes: UnsafeMutableRawBufferPointer) throws(TensorError)
}
