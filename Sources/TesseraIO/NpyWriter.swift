import Distribution
import Execution
import Glibc
import Machine
import MessagePassing
import Shapes
import Synchronization
import Tessera

/// One write of a tensor as an .npy file by all ranks, whole or not at all.
package struct NpyWriter {
  private static let operation = "write(npy:)"
  private static let label = CollectiveLabel(operation)
  /// Makes the names of a process's temporary files differ.
  private static let serial = Atomic<UInt64>(0)

  private let path: String
  private let body: Body
  private let header: NpyHeader

  /// Collective where the tensor is partial: a write needs the values, so terms are reduced first.
  package init<Scalar: TensorScalar>(
    _ path: String, _ tensor: Tensor<Scalar>
  ) throws(TensorError) {
    guard tensor.shape.count <= NpyHeader.mostAxes else {
      throw TensorError(
        Self.operation, given: "\(path) for a tensor of \(tensor.shape.count) axes",
        expected: "at most \(NpyHeader.mostAxes), as NumPy has them")
    }
    self.path = path
    body =
      tensor.sharding.partialReduction == nil
      ? tensor.body : try Redistribute(to: .replicated).apply([tensor.body])
    _ = try body.materialized
    header = NpyHeader(describing: body.scalarType, body.shape)
  }

  private var communicator: Communicator { body.runtime.communicator }
  private var isFirst: Bool { communicator.rank == 0 }

  /// The temporary file on the rank that made it, and what it will replace.
  private struct Creation {
    let file: OpenFile
    let target: FileTarget
  }

  /// The first rank creates the temporary file, all write their parts, the first puts it in place.
  ///
  /// - Returns: bytes of elements that this rank has written.
  @discardableResult
  package func write() throws(TensorError) -> Int {
    let created = try communicator.agree(
      Result { () throws(TensorError) in isFirst ? try create() : nil }, as: Self.label)
    let count: Int
    do throws(TensorError) {
      let temporary = try share(created?.file.path)
      count = try communicator.agree(
        Result { () throws(TensorError) in
          let file = if let created { created.file } else { try reopened(temporary) }
          let before = file.bytesWritten
          try writePart(to: file)
          try file.synchronize()
          return file.bytesWritten - before
        }, as: Self.label)
      try communicator.agree(
        Result<Void, TensorError> { () throws(TensorError) in
          guard let created else { return }
          try OpenFile.rename(temporary, to: created.target.path, for: Self.operation)
          OpenFile.synchronize(directory: created.target.directory)
        }, as: Self.label)
    } catch {
      if let created { OpenFile.remove(created.file.path) }
      throw error
    }
    return count
  }

  /// The temporary file with its header and its length.
  private func create() throws(TensorError) -> Creation {
    let target = try FileTarget(path, for: Self.operation)
    // The longest name that a file can have has no room for more.
    let stem = String(decoding: target.name.utf8.prefix(64), as: UTF8.self)
    while true {
      let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
      let temporary = "\(target.directory)/.\(stem).\(getpid())-\(number).partial"
      guard
        let file = try OpenFile.writing(temporary, creating: true, for: Self.operation)
      else { continue }
      do {
        if let permissions = target.permissions { try file.setPermissions(permissions) }
        try file.resize(to: header.dataOffset + header.dataByteCount)
        try file.write(header.encoded, at: 0)
      } catch {
        OpenFile.remove(temporary)
        throw error
      }
      return Creation(file: file, target: target)
    }
  }

  /// Tells all ranks where the temporary file is, and makes sure that they mean the same target.
  private func share(_ temporary: String?) throws(TensorError) -> String {
    let told = try communicator.allGather(
      control: Array("\(path)\u{0}\(temporary ?? "")".utf8), as: Self.label
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
