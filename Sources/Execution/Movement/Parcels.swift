import CKernels
import MessagePassing

/// Blocks as messages between ranks that share memory: elements that are not contiguous are packed as they
/// leave and unpacked as they come, without a buffer in between.
extension Communicator.Parcel {
  /// The elements of a block, in row-major order.
  init(sending block: StridedBlock, to peer: Int) {
    if block.isContiguous {
      self.init(sending: .init(peer: peer, range: block.range))
      return
    }
    let operand = BlockOperand(block)
    self.init(peer: peer, byteCount: block.elementCount * operand.size) { window, first, count in
      operand.forEachRun(first, count) { pointer, start, count, offset in
        if let pointer {
          tk_stream(window + offset, pointer, count * operand.size)
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

  /// The places of a block, in row-major order.
  init(receiving block: StridedBlock, from peer: Int) {
    if block.isContiguous {
      self.init(receiving: .init(peer: peer, range: block.range))
      return
    }
    let operand = BlockOperand(block)
    self.init(peer: peer, byteCount: block.elementCount * operand.size) { window, first, count in
      operand.forEachRun(first, count) { pointer, start, count, offset in
        if let pointer {
          tk_stream(pointer, window + offset, count * operand.size)
        } else {
          operand.unpack(start, count, from: window + offset)
        }
      }
      tk_finish_streaming()
    }
  }
}

extension BlockOperand {
  /// Elements of a run that are packed at a time; they stay in the first-level cache.
  private static let packedCount = 1024
  /// Bytes from which on a row is worth being copied by itself.
  private static let rowByteCount = 2048

  /// Cuts some bytes, of which the first and their number are given, into runs: where a run begins if its
  /// elements lie one after another, its first element, their number, and its distance from the first byte.
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
