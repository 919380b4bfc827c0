import Distribution
import Execution
import Glibc
import Machine
import MessagePassing
import Shapes
import Synchronization
import Tessera

/// One write of a tensor as an .npy file by all ranks, whole or not at all.
struct NpyWriter {
  private static let operation = "write(npy:)"
  private static let label = CollectiveLabel(operation)
  /// Makes the names of a process's temporary files differ.
  private static let serial = Atomic<UInt64>(0)

  private let path: String
  private let body: Body
  private let header: NpyHeader

  init<Scalar: TensorScalar>(_ path: String, _ tensor: Tensor<Scalar>) throws(TensorError) {
    self.path = path
    // A write needs the values; terms are reduced first.
    body =
      tensor.sharding.partialReduction == nil
      ? tensor.body : tensor.redistributed(to: .replicated).body
    header = NpyHeader(describing: body.scalarType, body.shape)
  }

  private var communicator: Communicator { body.runtime.communicator }
  private var isFirst: Bool { communicator.rank == 0 }

  /// The first rank creates the temporary file, all write their parts, the first puts it in place.
  func write() throws(TensorError) {
    let created = try communicator.agree(
      Result { () throws(TensorError) in isFirst ? try create() : nil }, as: Self.label)
    do throws(TensorError) {
      let temporary = try share(created)
      try communicator.agree(
        Result<Void, TensorError> { () throws(TensorError) in
          let file = if let created { created } else { try reopened(temporary) }
          try writePart(to: file)
          try file.synchronize()
        }, as: Self.label)
      try communicator.agree(
        Result<Void, TensorError> { () throws(TensorError) in
          guard isFirst else { return }
          try OpenFile.rename(temporary, to: path, for: Self.operation)
        }, as: Self.label)
    } catch {
      if let created { OpenFile.remove(created.path) }
      throw error
    }
    if isFirst, let directory = try? OpenFile.directory(of: path, for: Self.operation) {
      OpenFile.synchronize(directory: directory)
    }
  }

  /// The temporary file with its header and its length.
  private func create() throws(TensorError) -> OpenFile {
    let directory = try OpenFile.directory(of: path, for: Self.operation)
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    guard !name.isEmpty, name != ".", name != ".." else {
      throw TensorError(
        Self.operation, given: "the path \"\(path)\"", expected: "a path that ends in a file's name"
      )
    }
    while true {
      let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
      let temporary = "\(directory)/.\(name.prefix(100)).\(getpid())-\(number).partial"
      guard
        let file = try OpenFile.writing(temporary, creating: true, for: Self.operation)
      else { continue }
      do {
        try file.resize(to: header.dataOffset + header.dataByteCount)
        try file.write(header.encoded, at: 0)
      } catch {
        OpenFile.remove(temporary)
        throw error
      }
      return file
    }
  }

  /// Tells all ranks where the temporary file is, and makes sure that they mean the same target.
  private func share(_ created: OpenFile?) throws(TensorError) -> String {
    let told = try communicator.allGather(
      control: Array("\(path)\u{0}\(created?.path ?? "")".utf8), as: Self.label
    ).map { String(decoding: $0, as: UTF8.self).split(separator: "\0") }
    for (rank, other) in told.enumerated() where other.first != told[0].first {
      throw TensorError(
        Self.operation, given: "the path \(other.first ?? "")",
        expected: "the same path on every rank, where rank 0 gives \(told[0].first ?? "")",
        rank: rank)
    }
    return String(told[0].last ?? "")
  }

  private func reopened(_ temporary: String) throws(TensorError) -> OpenFile {
    guard let file = try OpenFile.writing(temporary, creating: false, for: Self.operation) else {
      throw TensorError(
        Self.operation, given: "\(temporary), which is gone",
        expected: "a file system that all ranks share")
    }
    return file
  }

  /// Writes what this rank holds; of a replicated tensor each rank writes an even part.
  private func writePart(to file: OpenFile) throws(TensorError) {
    let block = try body.runtime.contiguous(body.materialized)
    let size = block.type.byteCount
    if body.sharding.isReplicated {
      let part = CutPoints(evenly: block.elementCount, into: communicator.size)
        .range(of: communicator.rank)
      guard !part.isEmpty else { return }
      try file.write(
        StorageRange(
          storage: block.storage, byteOffset: block.range.byteOffset + part.lowerBound * size,
          byteCount: part.count * size),
        at: header.dataOffset + part.lowerBound * size)
      return
    }
    let box = body.description.box(of: communicator.rank)
    let runs = FileRuns(of: box, in: body.shape, size: size)
    var done = block.range.byteOffset
    for offset in runs {
      try file.write(
        StorageRange(storage: block.storage, byteOffset: done, byteCount: runs.byteCount),
        at: header.dataOffset + offset)
      done += runs.byteCount
    }
  }
}
