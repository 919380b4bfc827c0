import CKernels
import Machine
import Shapes

extension Runtime {
  /// Elements that a worker takes at a time; below this, work is not split.
  package static let elementsPerTask = 1 << 15

  /// Evaluates a program on blocks that broadcast to the destination's shape, in one pass, on all workers.
  ///
  /// The destination may be one of the operands only with the same layout: every element is read before it
  /// is written, in blocks of any length.
  public func evaluate(_ program: Program, _ operands: [StridedBlock], into target: StridedBlock) {
    let count = target.elementCount
    if count == 0 { return }
    let operands = operands.map { BlockOperand($0.broadcast(to: target.shape)) }
    let destination = BlockOperand(target)
    let perTask = Self.elementsPerTask
    let place = target.place(elementsPerTask: perTask)
    pool.run(count: (count + perTask - 1) / perTask, at: place) { task in
      var evaluator = BlockEvaluator(program, operands)
      var start = task * perTask
      let end = min(start + perTask, count)
      while start < end {
        let length = min(BlockEvaluator.registerLength, end - start)
        switch destination.access {
        case .contiguous:
          _ = evaluator.evaluate(start, length, into: destination.base + start * destination.size)
        case .single:
          _ = evaluator.evaluate(start, 1, into: destination.base)
        case .strided:
          var value = evaluator.evaluate(start, length)
          withUnsafeTemporaryAllocation(
            byteCount: BlockEvaluator.registerLength * 8, alignment: 64
          ) { buffer in
            if value.step == 0 {
              tk_fill(destination.size, buffer.baseAddress!, value.pointer, length)
              value = (buffer.baseAddress!, 1)
            }
            tk_unpack(
              destination.size, destination.base, destination.extents.count, destination.extents,
              destination.strides, Int64(start), Int64(length), value.pointer)
          }
        }
        start += length
      }
    }
  }

  /// Copies elements; shapes must broadcast to the target's.
  public func copy(_ source: StridedBlock, into target: StridedBlock) {
    precondition(source.type == target.type, "blocks of one type")
    if source.isContiguous, target.isContiguous, source.shape == target.shape {
      copyBytes(source.range, to: target.range)
    } else {
      evaluate(.identity(source.type), [source], into: target)
    }
  }

  private func copyBytes(_ source: StorageRange, to target: StorageRange) {
    let total = source.byteCount
    if total == 0 { return }
    let perTask = Self.elementsPerTask * 8
    let from = source.bytes.baseAddress!
    let to = target.bytes.baseAddress!
    let place = TaskPlace(
      storage: target.storage, firstByte: target.byteOffset, bytesPerTask: perTask)
    pool.run(count: (total + perTask - 1) / perTask, at: place) { task in
      let start = task * perTask
      tk_copy(to + start, from + start, min(perTask, total - start))
    }
  }

  public func fill(_ target: StridedBlock, with value: ScalarValue) {
    var program = Program()
    program.constant(value)
    evaluate(program, [], into: target)
  }
}
