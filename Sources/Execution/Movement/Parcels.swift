import CKernels
import Machine
import MessagePassing
import Shapes

/// Blocks as messages between ranks that share memory: elements that are not contiguous are packed
/// as they leave and unpacked as they come, without a buffer in between.
extension Communicator.Parcel {
  /// The elements of a block, in row-major order.
  init(sending block: StridedBlock, to peer: Int) {
    if block.isContiguous {
      self.init(sending: .init(peer: peer, range: block.range))
      return
    }
    let operand = BlockOperand(block)
    self.init(
      sending: block.elementCount * operand.size, to: peer, in: block.storage, from: block.base,
      layout: Array(block.layout.strides)
    ) { window, first, count in
      operand.forEachRun(first, count) { pointer, start, count, offset in
        if let pointer {
          tk_stream_from_memory(window + offset, pointer, count * operand.size)
        } else {
          withUnsafeTemporaryAllocation(byteCount: count * operand.size, alignment: 64) { run in
            operand.pack(start, count, into: run.baseAddress!)
            tk_stream(window + offset, run.baseAddress!, count * operand.size)
          }
        }
      }
      tk_finish_streaming()
    }
  }

  /// The places of a block, in row-major order; `runtime` copies what need not pass through a
  /// window.
  init(receiving block: StridedBlock, from peer: Int, by runtime: Runtime) {
    // Whole entries of the first axis.
    let entry = block.elementCount / max(block.shape.first ?? 1, 1) * block.type.byteCount
    func take(_ address: UnsafeMutableRawPointer, _ layout: [Int], _ first: Int, _ count: Int) {
      var (source, target) = (StridedBlock(like: block, at: address, layout), block)
      if !block.shape.isEmpty {
        let entries = first / entry..<(first + count) / entry
        let ranges = [entries] + block.shape.dropFirst().map { 0..<$0 }
        (source, target) = (source.slice(ranges), target.slice(ranges))
      }
      runtime.executor.copy(source, into: target)
    }
    if block.isContiguous {
      self.init(receiving: .init(peer: peer, range: block.range), grain: entry, take: take)
      return
    }
    let operand = BlockOperand(block)
    self.init(
      receiving: block.elementCount * operand.size, from: peer, in: block.storage, grain: entry,
      take: take
    ) { window, first, count in
      operand.forEachRun(first, count) { pointer, start, count, offset in
        if let pointer {
          tk_stream_from_memory(pointer, window + offset, count * operand.size)
        } else {
          operand.unpack(start, count, from: window + offset)
        }
      }
      tk_finish_streaming()
    }
  }
}

extension StridedBlock {
  /// A block in memory of another rank, like one of this; without strides it is contiguous. Valid
  /// during the exchange.
  fileprivate init(like block: StridedBlock, at address: UnsafeMutableRawPointer, _ strides: [Int])
  {
    self.init(
      storage: Storage(
        sharing: UnsafeMutableRawBufferPointer(start: address, count: 0), isWritable: false,
        release: {}),
      type: block.type, shape: block.shape,
      layout: Layout(strides: strides.isEmpty ? block.shape.rowMajorDistances : AxisList(strides)))
  }
}

extension BlockOperand {
  /// Elements of a run that are packed at a time; they stay in the first-level cache.
  private static let packedCount = 1024
  /// Bytes from which on a row is worth being copied by itself.
  private static let rowByteCount = 2048

  /// Cuts some bytes, of which the first and their number are given, into runs: where a run begins
  /// if its elements lie one after another, its first element, their number, and its distance from
  /// the first byte.
  fileprivate func forEachRun(
    _ first: Int, _ count: Int,
    _ body: (_ pointer: UnsafeMutableRawPointer?, _ start: Int, _ count: Int, _ offset: Int) -> Void
  ) {
    var start = first / size
    let end = start + count / size
    let row = rowLength.flatMap { $0 * size < Self.rowByteCount ? nil : $0 }
    while start < end {
      let length = min(end - start, row.map { $0 - start % $0 } ?? Self.packedCount)
      if let (pointer, step) = place(start, length), step == 1 {
        body(pointer, start, length, start * size - first)
        start += length
      } else {
        let length = min(length, Self.packedCount)
        body(nil, start, length, start * size - first)
        start += length
      }
    }
  }
}
