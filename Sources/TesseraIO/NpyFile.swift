import Distribution
import Execution
import Machine
import MessagePassing
import Shapes
import Tessera

/// An .npy file that is open for reading. Its header has been checked; elements are read when asked
/// for.
public final class NpyFile: RowSource {
  let header: NpyHeader
  private let file: OpenFile
  private let headerBytesRead: Int

  /// Opens a file on this rank alone. Local.
  ///
  /// Bytes behind the last element are refused too: they would be a second array, or a shape that
  /// is not the file's, and nobody would notice that they were not read.
  /// - Throws: a `TensorError` with the path if the file cannot be opened, is no .npy file, is
  ///   shorter or longer than its shape says, or holds a type that tensors do not have.
  public convenience init(_ path: String) throws(TensorError) {
    try self.init(path, for: "NpyFile")
  }

  init(_ path: String, for operation: String) throws(TensorError) {
    file = try OpenFile.reading(path, for: operation)
    header = try NpyHeader(of: file)
    headerBytesRead = file.bytesRead
  }

  /// Opens a file on all ranks, each under the path that it gives.
  ///
  /// Collective: called by all ranks. All throw the same error, naming the rank, if one of them
  /// cannot, or if what they find differs in type, shape or order.
  public static func opened(onAllRanks path: String) throws(TensorError) -> NpyFile {
    try opened(onAllRanks: path, for: "NpyFile", on: .current)
  }

  static func opened(
    onAllRanks path: String, for operation: String, on runtime: Runtime
  ) throws(TensorError) -> NpyFile {
    let communicator = runtime.communicator
    let label = CollectiveLabel(operation)
    let file = try communicator.agree(
      Result { () throws(TensorError) in try NpyFile(path, for: operation) }, as: label)
    let descriptions = try communicator.allGather(
      control: Array(file.summary.utf8), as: label)
    for (rank, other) in descriptions.enumerated() where other != descriptions[0] {
      throw TensorError(
        operation, given: "a file of \(String(decoding: other, as: UTF8.self))",
        expected: "the same on every rank, where rank 0 has one of "
          + String(decoding: descriptions[0], as: UTF8.self), rank: rank)
    }
    return file
  }

  /// What the ranks compare, such as `UInt8 [1797, 8, 8]`.
  private var summary: String {
    "\(header.scalarType) \(header.shape)" + (header.isFortranOrder ? " in Fortran order" : "")
      + (header.isBigEndian && header.scalarType.byteCount > 1 ? ", big-endian" : "")
  }

  /// As it was given.
  public var path: String { file.path }
  /// The shape that the header tells.
  public var shape: Shape { header.shape }
  /// The type that the header tells; elements are converted to the byte order of this machine.
  public var scalarType: ScalarType { header.scalarType }

  /// Bytes of elements that this rank has read from the file; the header is not counted.
  public var bytesRead: Int { file.bytesRead - headerBytesRead }

  /// Reads rows, one after another, into memory that holds as many. Neighbours in `rows` that are
  /// neighbours in the file are read at once. Local.
  ///
  /// - Throws: a `TensorError` for a row that is not there, a file in Fortran order, whose rows do
  ///   not lie in one piece, and memory of another size.
  public func read(
    rows: [Int], into bytes: UnsafeMutableRawBufferPointer
  ) throws(TensorError) {
    let rowByteCount = try checked(rows, bytes.count)
    var done = 0
    while done < rows.count {
      var end = done + 1
      while end < rows.count, rows[end] == rows[end - 1] + 1 { end += 1 }
      let part = UnsafeMutableRawBufferPointer(
        rebasing: bytes[done * rowByteCount..<end * rowByteCount])
      try file.read(into: part, at: header.dataOffset + rows[done] * rowByteCount)
      done = end
    }
    normalize(bytes)
  }

  /// Checks a request for rows.
  ///
  /// - Returns: the bytes of a row.
  private func checked(_ rows: [Int], _ byteCount: Int) throws(TensorError) -> Int {
    guard let extent = shape.first, !header.isFortranOrder || shape.count == 1 else {
      throw TensorError(
        "NpyFile.read", given: "\(path), \(summary)",
        expected:
          "an array whose rows lie in one piece each; np.ascontiguousarray saves it so, and "
          + "Tensor(npy:) reads it as it is")
    }
    for row in rows where !(0..<extent).contains(row) {
      throw TensorError(
        "NpyFile.read", given: "row \(row) of \(path), \(summary)",
        expected: "a row in 0..<\(extent)")
    }
    let rowByteCount = shape.dropFirst().reduce(scalarType.byteCount, *)
    // Rows may be asked for twice, so that all of them together may be more than can be counted.
    let (expected, overflow) = rows.count.multipliedReportingOverflow(by: rowByteCount)
    guard !overflow, expected == byteCount else {
      throw TensorError(
        "NpyFile.read", given: "\(byteCount) bytes for \(rows.count) rows of \(path)",
        expected: "\(rowByteCount) bytes for each row")
    }
    return rowByteCount
  }

  /// Reads the part of this rank of a tensor that lies as asked. Local.
  func block(
    _ description: TensorDescription, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    // In Fortran order the file holds the transposed array in row-major order.
    let order = Array(header.isFortranOrder ? shape.indices.reversed() : Array(shape.indices))
    let box = description.box(of: runtime.communicator.rank)
    let ownBox = Box(order.map { box.ranges[$0] })
    let block = try runtime.allocate(ownBox.shape, scalarType, for: "reading a file")
    guard runtime.executor.holdsElements else { return block.permuted(order) }
    let runs = FileRuns(
      of: ownBox, in: Shape(order.map { shape[$0] }), size: scalarType.byteCount)
    var done = 0
    for offset in runs {
      try file.read(
        into: StorageRange(storage: block.storage, byteOffset: done, byteCount: runs.byteCount),
        at: header.dataOffset + offset)
      done += runs.byteCount
    }
    normalize(block.range.bytes)
    return block.permuted(order)
  }

  /// Turns elements as the file has them into elements as tensors have them.
  private func normalize(_ bytes: UnsafeMutableRawBufferPointer) {
    if scalarType == .bool {
      // Any byte but 0 is true, as in NumPy; kernels know 1 alone.
      for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
    }
    guard header.isBigEndian != NpyHeader.machineIsBigEndian else { return }
    switch scalarType.byteCount {
    case 1: break
    case 2: Self.swapBytes(of: UInt16.self, in: bytes)
    case 4: Self.swapBytes(of: UInt32.self, in: bytes)
    case 8: Self.swapBytes(of: UInt64.self, in: bytes)
    default: preconditionFailure("words of \(scalarType.byteCount) bytes")
    }
  }

  /// The memory may be the user's, aligned to nothing.
  private static func swapBytes<Word: FixedWidthInteger>(
    of type: Word.Type, in bytes: UnsafeMutableRawBufferPointer
  ) {
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<Word>.size) {
      let word = bytes.loadUnaligned(fromByteOffset: offset, as: type)
      bytes.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: type)
    }
  }
}
