import Distribution
import Machine
import MessagePassing
import Shapes

extension Runtime {
  /// Carries out an assembly: copies what stays, sends and receives what changes owner.
  ///
  /// Blocks that are contiguous travel from and to where they lie; others through a buffer as large
  /// as they are, or piece by piece where ranks share memory.
  ///
  /// - Parameters:
  ///   - sources: for each piece what this rank holds of its block.
  ///   - target: what this rank holds of the result.
  public func assemble(
    _ assembly: Assembly, _ sources: [StridedBlock], into target: StridedBlock, as operation: String
  ) throws(TensorError) {
    let rank = communicator.rank
    let origin = assembly.result.box(of: rank).lowerBounds
    for part in assembly.keeps(of: rank) {
      executor.copy(
        sources[part.piece].slice(part, of: assembly, on: rank),
        into: target.slice(part.box.relative(to: origin)))
    }
    if communicator.size == 1 || !assembly.communicates { return }

    let outgoing = assembly.sends(of: rank).map { part in
      (peer: part.peer, block: sources[part.piece].slice(part, of: assembly, on: rank))
    }
    let incoming = assembly.receives(of: rank).map { part in
      (peer: part.peer, block: target.slice(part.box.relative(to: origin)))
    }
    let label = CollectiveLabel(
      operation, assembly.result.shape.elementCount * assembly.result.scalarType.byteCount)
    if communicator.sharesMemory {
      try communicator.exchange(
        sending: outgoing.map { .init(sending: $0.block, to: $0.peer) },
        receiving: incoming.map { .init(receiving: $0.block, from: $0.peer, by: self) }, as: label)
      return withExtendedLifetime((sources, target)) {}
    }
    let sending = try buffer(for: outgoing.map(\.block))
    let receiving = try buffer(for: incoming.map(\.block))
    for (block, staged) in zip(outgoing.map(\.block), sending) where !block.isContiguous {
      executor.copy(block, into: staged)
    }
    try communicator.exchange(
      sends: zip(outgoing, sending).map { .init(peer: $0.peer, range: $1.range) },
      receives: zip(incoming, receiving).map { .init(peer: $0.peer, range: $1.range) },
      as: label)
    for (block, staged) in zip(incoming.map(\.block), receiving) where !block.isContiguous {
      executor.copy(staged, into: block)
    }
  }

  /// Each block itself where it is contiguous, else a place for it in one buffer for all of them.
  private func buffer(for blocks: [StridedBlock]) throws(TensorError) -> [StridedBlock] {
    let staged = blocks.filter { !$0.isContiguous }
    guard let type = blocks.first?.type, !staged.isEmpty else { return blocks }
    let storage = try arena.allocate(
      byteCount: staged.reduce(0) { $0 + $1.elementCount } * type.byteCount)
    var offset = 0
    return blocks.map { block in
      if block.isContiguous { return block }
      defer { offset += block.elementCount }
      return StridedBlock(
        storage: storage, type: type, shape: block.shape,
        layout: Layout(offset: offset, strides: block.shape.rowMajorDistances))
    }
  }
}

extension Box {
  /// The ranges counted from an origin.
  func relative(to origin: [Int]) -> [Range<Int>] {
    zip(ranges, origin).map { $0.lowerBound - $1..<$0.upperBound - $1 }
  }
}

extension StridedBlock {
  /// A part of a piece, found in what a rank holds of it.
  fileprivate func slice(
    _ part: Assembly.Part, of assembly: Assembly, on rank: Int
  ) -> StridedBlock {
    let held = assembly.pieces[part.piece].source(on: rank, of: assembly.result.sharding.mesh)
    return slice(part.box.relative(to: held.lowerBounds))
  }
}
