import CKernels
import Shapes

/// Where rows are to be added, and which of these places are crowded: there sums of floating point
/// are carried wider than their type, as else they would stand still after some millions of rows.
struct ScatteredPlaces: ~Copyable {
  private let positions: UnsafePointer<Int64>
  private let count: Int
  private let extent: Int
  /// A slot for each place, where some are crowded.
  private let slots: Scratch
  private let crowded: Int

  /// - Parameters:
  ///   - positions: in 0 ..< extent.
  init(_ positions: UnsafePointer<Int>, count: Int, extent: Int, _ type: ScalarType) {
    // An Int has the 64 bits that the kernels read.
    self.positions = UnsafeRawPointer(positions).assumingMemoryBound(to: Int64.self)
    self.count = count
    self.extent = extent
    let mayCrowd = type.isFloatingPoint && count > Chunks.blockRows
    slots = Scratch(byteCount: mayCrowd ? extent * MemoryLayout<Int32>.stride : 0)
    crowded =
      mayCrowd
      ? tk_crowded_positions(
        slots.address.assumingMemoryBound(to: Int32.self), extent, self.positions, count) : 0
  }

  /// Adds rows of `width` elements, whose first elements are `stride` elements apart, to those of
  /// the target.
  func add(
    _ type: ScalarType, _ source: UnsafeMutableRawPointer, stride: Int,
    to target: UnsafeMutableRawPointer, stride targetStride: Int, width: Int
  ) {
    let scratch = Scratch(byteCount: tk_scattered_scratch(type.kernel, crowded, width))
    tk_add_scattered(
      type.kernel, target, Int64(targetStride), source, Int64(stride), positions, count, width,
      crowded == 0 ? nil : UnsafePointer(slots.address.assumingMemoryBound(to: Int32.self)),
      extent, scratch.address)
  }
}
