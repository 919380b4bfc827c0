import CKernels
import Machine
import Shapes

/// Lines of rows, each of which is combined with the row at its position in the line's target.
struct ScatteredLines {
  struct Line {
    let source: UnsafeMutableRawPointer
    let target: UnsafeMutableRawPointer
    /// In 0 ..< extent, one a row.
    let positions: UnsafePointer<Int64>
    let width: Int
  }

  let type: ScalarType
  let count: Int
  /// Rows of a line.
  let rows: Int
  /// Rows of a line's target.
  let extent: Int
  /// The width of the widest line.
  let widest: Int
  /// Elements from row to row.
  let sourceStride: Int
  let targetStride: Int
  let line: (Int) -> Line

  /// How many parts of a line have bins of their own; nil where rows go straight to the target.
  /// Bins must be few beside the rows, and cost less than they bring. Shapes alone decide, so that
  /// results do not depend on workers.
  func parts(_ reduction: Reduction) -> Int? {
    let (elements, bins) = (rows.multipliedReportingOverflow(by: widest), extent * widest)
    guard !elements.overflow, elements.partialValue >= 4 * bins, bins > 0 else { return nil }
    let parts = min(32, elements.partialValue / max(1 << 16, 4 * bins))
    if parts > 1 { return parts }
    // Bins also spare the search for crowded positions.
    return reduction == .sum && type.isFloatingPoint && rows > Chunks.blockRows ? 1 : nil
  }
}

extension HostExecutor {
  /// Combines rows with those at positions, in their order, or by parts, whose results are combined
  /// in the order of the parts.
  func scatter(
    _ reduction: Reduction, _ lines: ScatteredLines, at place: TaskPlace?
  ) throws(TensorError) {
    guard let parts = lines.parts(reduction) else {
      return pool.run(count: lines.count, at: place) { number in
        let line = lines.line(number)
        ScatteredPlaces(
          line.positions, count: reduction == .sum ? lines.rows : 0, extent: lines.extent,
          lines.type
        ).combine(reduction, line, lines)
      }
    }
    let (kernel, type, rows) = (reduction.kernel, lines.type.kernel, lines.rows)
    let binBytes = lines.extent * lines.widest * tk_bin_bytes(kernel, type)
    let scratch = try arena.allocate(byteCount: lines.count * parts * binBytes)
    let bins = scratch.address
    pool.run(count: lines.count * parts, at: parts == 1 ? place : nil) { task in
      let (number, part) = task.quotientAndRemainder(dividingBy: parts)
      let line = lines.line(number)
      let start = part * rows / parts
      let own = lines.extent * line.width * tk_bin_bytes(kernel, type)
      tk_fill_bins(
        kernel, type, bins + number * parts * binBytes + part * own,
        line.source + start * lines.sourceStride * lines.type.byteCount, Int64(lines.sourceStride),
        line.positions + start, (part + 1) * rows / parts - start, lines.extent, line.width)
    }
    // Bins of a line are taken by several workers, so many places at a time.
    let places = max(1, Self.elementsPerTask / (lines.widest * parts))
    let pieces = (lines.extent + places - 1) / places
    pool.run(count: lines.count * pieces, at: pieces == 1 ? place : nil) { task in
      let (number, piece) = task.quotientAndRemainder(dividingBy: pieces)
      let line = lines.line(number)
      tk_take_bins(
        kernel, type, line.target, Int64(lines.targetStride), bins + number * parts * binBytes,
        parts, lines.extent, piece * places, min((piece + 1) * places, lines.extent), line.width)
    }
    withExtendedLifetime(scratch) {}
  }
}

/// Which places that rows are to be added to are crowded: there sums of floating point are carried
/// wider than their type, as else they would stand still after some millions of rows.
private struct ScatteredPlaces: ~Copyable {
  /// A slot for each place, where some are crowded.
  private let slots: Scratch
  private let crowded: Int

  init(_ positions: UnsafePointer<Int64>, count: Int, extent: Int, _ type: ScalarType) {
    let mayCrowd = type.isFloatingPoint && count > Chunks.blockRows
    slots = Scratch(byteCount: mayCrowd ? extent * MemoryLayout<Int32>.stride : 0)
    crowded =
      mayCrowd
      ? tk_crowded_positions(
        slots.address.assumingMemoryBound(to: Int32.self), extent, positions, count) : 0
  }

  func combine(
    _ reduction: Reduction, _ line: ScatteredLines.Line, _ lines: ScatteredLines
  ) {
    let type = lines.type.kernel
    let scratch = Scratch(byteCount: tk_scattered_scratch(type, crowded, line.width))
    tk_scatter(
      reduction.kernel, type, line.target, Int64(lines.targetStride), line.source,
      Int64(lines.sourceStride), line.positions, lines.rows, line.width,
      crowded == 0 ? nil : UnsafePointer(slots.address.assumingMemoryBound(to: Int32.self)),
      lines.extent, scratch.address)
  }
}
