import Distribution
import Execution
import Machine
import MessagePassing
import Shapes
import Tessera

/// One write of a tensor as an .npy file by all ranks, whole or not at all.
package struct NpyWriter {
  private static let operation = "write(npy:)"
  private static let label = CollectiveLabel(operation)

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
    header = NpyHeader(describing: body.scalarType, body.shape)
  }

  private var communicator: Communicator { body.runtime.communicator }
  private var isFirst: Bool { communicator.rank == 0 }

  /// The first rank begins the file, all write their parts, the first puts it in place.
  ///
  /// - Returns: bytes of elements that this rank has written.
  @discardableResult
  package func write() throws(TensorError) -> Int {
    let own = Result { () throws(TensorError) in
      // A tensor that waits to be computed may find too little memory on one rank.
      _ = try body.block
      return isFirst ? try begin() : nil
    }
    let draft: Draft?
    do throws(TensorError) {
      draft = try communicator.agree(own, as: Self.label)
    } catch {
      // Others may mean another tensor.
      if case .success(let draft?) = own { draft.discard() }
      throw error
    }
    do throws(TensorError) {
      let file = try opened(draft)
      let count = try communicator.agree(
        Result { () throws(TensorError) in
          let before = file.bytesWritten
          try writePart(to: file)
          try file.synchronize()
          return file.bytesWritten - before
        }, as: Self.label)
      try communicator.agree(
        Result { () throws(TensorError) in try draft?.finish() }, as: Self.label)
      return count
    } catch {
      draft?.discard()
      throw error
    }
  }

  /// The file with its header and its length.
  private func begin() throws(TensorError) -> Draft {
    let draft = try Draft(path, for: Self.operation)
    do {
      try draft.file.resize(to: header.dataOffset + header.dataByteCount)
      try draft.file.write(header.encoded, at: 0)
    } catch {
      draft.discard()
      throw error
    }
    return draft
  }

  /// The file of the first rank, opened by all; it gets a name where one of them cannot do without.
  private func opened(_ draft: Draft?) throws(TensorError) -> OpenFile {
    var address = try share(draft)
    if !address.isNamed {
      let file = draft?.file ?? address.openedByProcess(for: Self.operation)
      let haveFile = try communicator.allGather(
        control: [file == nil ? 0 : 1], as: Self.label)
      if let file, haveFile.allSatisfy({ $0 == [1] }) { return file }
      try communicator.agree(
        Result { () throws(TensorError) in try draft?.giveName() }, as: Self.label)
      address = try share(draft)
    }
    let named = address
    return try communicator.agree(
      Result { () throws(TensorError) in
        if let draft { return draft.file }
        return try named.openedByName(for: Self.operation)
      }, as: Self.label)
  }

  /// Tells all ranks where the file is, and makes sure that they mean the same target.
  private func share(_ draft: Draft?) throws(TensorError) -> DraftAddress {
    let address = draft?.address.encoded ?? ""
    let told = try communicator.allGather(
      control: Array("\(path)\u{0}\(address)".utf8), as: Self.label
    ).map {
      String(decoding: $0, as: UTF8.self)
        .split(separator: "\0", maxSplits: 1, omittingEmptySubsequences: false)
    }
    for (rank, other) in told.enumerated() where other.first != told[0].first {
      throw TensorError(
        Self.operation, given: "the path \(other.first ?? "")",
        expected: "the same path on every rank, where rank 0 gives \(told[0].first ?? "")",
        rank: rank)
    }
    return DraftAddress(decoding: told[0].last ?? "")
  }

  /// Writes what this rank holds; of a replicated tensor each rank writes an even part.
  private func writePart(to file: OpenFile) throws(TensorError) {
    let block = try body.runtime.contiguous(body.block)
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
