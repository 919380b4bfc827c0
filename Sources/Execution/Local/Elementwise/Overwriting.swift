import Machine
import Shapes

extension HostExecutor {
  /// Computes elements from blocks that lie beside their target in its own storage, in one pass.
  ///
  /// A worker takes a stretch of the target. It writes what it has computed when it has read all
  /// that lies there. What its neighbours read, at the ends of its stretch, is kept until all are
  /// done.
  ///
  /// - Parameters:
  ///   - behind: elements that lie so many places before where they are written are read, at most;
  ///     less than an eighth of all.
  ///   - ahead: so many after it.
  func evaluate(_ elements: Elements, over target: StridedBlock, behind: Int, ahead: Int) {
    let count = target.elementCount
    let size = target.type.byteCount
    let program = PreparedProgram(
      elements.converted(to: target.type).over { $0.expanded(to: target.shape) })
    let destination = BlockOperand(target)
    let batch = max(behind, min(count, Self.overwrittenBatch))
    let stretches = max(1, min(pool.workerCount, count / (4 * (behind + ahead + batch))))
    let length = (count + stretches - 1) / stretches
    let kept = Scratch(byteCount: stretches == 1 ? 0 : stretches * (behind + ahead) * size)
    let keptPlace = kept.address
    pool.run(count: stretches, at: target.place(elementsPerTask: length)) { number in
      let stretch = Stretch(
        number, length, of: count, behind: behind, ahead: ahead, size, keptPlace)
      let runs = ValueRuns(program, byteCount: 0)
      let buffers = Scratch(byteCount: 2 * batch * size)
      var (values, buffer) = (stretch.all.lowerBound..<stretch.all.lowerBound, buffers.address)
      while values.upperBound < stretch.all.upperBound {
        let next =
          values.upperBound..<min(values.upperBound + batch, stretch.all.upperBound)
        let other = buffer == buffers.address ? buffer + batch * size : buffers.address
        runs.evaluate(next.lowerBound, next.count, into: other)
        stretch.write(values, from: buffer, into: destination)
        (values, buffer) = (next, other)
      }
      stretch.write(values, from: buffer, into: destination)
    }
    for number in 0..<stretches {
      Stretch(number, length, of: count, behind: behind, ahead: ahead, size, keptPlace)
        .writeEnds(into: destination)
    }
  }

  /// Elements that are computed before those before them are written, at least.
  private static let overwrittenBatch = 1 << 12
}

/// Elements that one worker overwrites.
private struct Stretch {
  let all: Range<Int>
  /// Those that neighbours read.
  private let head: Range<Int>
  private let tail: Range<Int>
  private let size: Int
  /// Where the new values of these are kept.
  private let kept: UnsafeMutableRawPointer

  init(
    _ number: Int, _ length: Int, of count: Int, behind: Int, ahead: Int, _ size: Int,
    _ kept: UnsafeMutableRawPointer
  ) {
    all = number * length..<min((number + 1) * length, count)
    head = all.lowerBound..<all.lowerBound + (number == 0 ? 0 : ahead)
    tail = all.upperBound - (all.upperBound == count ? 0 : behind)..<all.upperBound
    self.size = size
    self.kept = kept + number * (behind + ahead) * size
  }

  /// Writes what has been computed, and keeps the ends.
  func write(
    _ values: Range<Int>, from buffer: UnsafeMutableRawPointer, into target: BlockOperand
  ) {
    func place(_ element: Int) -> UnsafeMutableRawPointer {
      buffer + (element - values.lowerBound) * size
    }
    let (first, last) = (head.clamped(to: values), tail.clamped(to: values))
    keep(first, head, 0, from: place(first.lowerBound))
    keep(last, tail, head.count, from: place(last.lowerBound))
    let inner = (head.upperBound..<tail.lowerBound).clamped(to: values)
    target.unpack(inner.lowerBound, inner.count, from: place(inner.lowerBound))
  }

  private func keep(
    _ values: Range<Int>, _ end: Range<Int>, _ offset: Int, from source: UnsafeMutableRawPointer
  ) {
    if values.isEmpty { return }
    (kept + (offset + values.lowerBound - end.lowerBound) * size)
      .copyMemory(from: source, byteCount: values.count * size)
  }

  func writeEnds(into target: BlockOperand) {
    target.unpack(head.lowerBound, head.count, from: kept)
    target.unpack(tail.lowerBound, tail.count, from: kept + head.count * size)
  }
}
