import CKernels
import Distribution
import Machine
import MessagePassing
import Shapes

extension Runtime {
  /// Carries out a redistribution; what this rank will hold, as a view of what it held where
  /// nothing needs to be copied.
  public func redistribute(
    _ source: StridedBlock, _ redistribution: Redistribution
  ) throws(TensorError) -> StridedBlock {
    // What one rank holds is all there is, in whichever way it is said to lie.
    if communicator.size == 1 { return source }
    var block = source
    for step in redistribution.steps {
      block = try carryOut(step, block, redistribution.source)
    }
    return block
  }

  /// One step with a tensor of the given shape and type. Collectives are those of all ranks, so
  /// meshes have one axis.
  private func carryOut(
    _ step: Redistribution.Step, _ source: StridedBlock, _ tensor: TensorDescription
  ) throws(TensorError) -> StridedBlock {
    let description = tensor.with(step.source)
    let result = tensor.with(step.target)
    let rank = communicator.rank
    switch step.route {
    case .local:
      return source.slice(
        result.box(of: rank).relative(to: description.box(of: rank).lowerBounds))
    case .broadcast(let root):
      return try broadcast(source, shape: description.shape, root: root)
    case .allGather:
      return try allGather(source, description)
    case .exchange:
      return try exchange(source, description, to: result)
    case .allReduce(let reduction):
      let result = try allocate(source.shape, source.type)
      try allReduce(source, reduction, into: result)
      return result
    case .reduceScatter(let reduction):
      let parts = try (0..<communicator.size).map { (peer) throws(TensorError) in
        try contiguous(source.slice(result.box(of: peer).ranges))
      }
      return try reduceScatter(parts, reduction)
    }
  }

  /// The block itself if its elements lie one after another, else a copy.
  public func contiguous(_ block: StridedBlock) throws(TensorError) -> StridedBlock {
    try executor.contiguous(block)
  }

  private func broadcast(
    _ source: StridedBlock, shape: Shape, root: Int
  ) throws(TensorError) -> StridedBlock {
    let result =
      communicator.rank == root ? try contiguous(source) : try allocate(shape, source.type)
    if result.elementCount > 0 {
      try communicator.broadcast(
        result.range, from: root, as: CollectiveLabel("broadcast", result.range.byteCount))
    }
    return result
  }

  private func allGather(
    _ source: StridedBlock, _ description: TensorDescription
  ) throws(TensorError) -> StridedBlock {
    let shape = description.shape
    let result = try allocate(shape, source.type)
    let boxes = (0..<communicator.size).map { description.box(of: $0) }
    // Shards follow each other in memory if nothing is outside the sharded axis.
    let axis = description.sharding.cuts[0].axis
    let inOrder = shape[..<axis].allSatisfy { $0 == 1 }
    let gathered =
      inOrder ? result : try allocate([shape.elementCount], source.type)
    let size = source.type.byteCount
    var offset = 0
    let segments = boxes.map { box in
      defer { offset += box.elementCount }
      return StridedBlock(
        storage: gathered.storage, type: source.type, shape: box.shape,
        layout: Layout(
          offset: gathered.layout.offset + offset, strides: box.shape.rowMajorDistances))
    }
    executor.copy(source, into: segments[communicator.rank])
    try communicator.allGather(
      gathered.range, byteCounts: boxes.map { $0.elementCount * size },
      as: CollectiveLabel("all-gather", shape.elementCount * size))
    if !inOrder {
      for (segment, box) in zip(segments, boxes) {
        executor.copy(segment, into: result.slice(box.ranges))
      }
    }
    return result
  }

  private func exchange(
    _ source: StridedBlock, _ description: TensorDescription, to target: TensorDescription
  ) throws(TensorError) -> StridedBlock {
    let piece = Assembly.Piece(
      operand: 0, shape: description.shape, ownership: .init(description.sharding),
      offset: [Int](repeating: 0, count: description.shape.count))
    let assembly = Assembly(result: target, pieces: [piece])
    let result = try allocate(localShape(of: target), source.type)
    try assemble(assembly, [source], into: result, as: "all-to-all")
    return result
  }
}
