import Machine
import Shapes

extension StridedBlock {
  /// Where tasks of so many elements each, in row-major order, lie in the block's storage, so that
  /// the workers of the NUMA node that has them take them.
  ///
  /// Exact where the block is contiguous; where it has gaps they are spread evenly. Nil where the
  /// order in memory is another one, or elements repeat.
  package func place(elementsPerTask: Int) -> TaskPlace? {
    var span = 1
    var outer = Int.max
    for axis in shape.indices where shape[axis] != 1 {
      let stride = layout.strides[axis]
      guard shape[axis] > 0, stride > 0, stride <= outer else { return nil }
      span += (shape[axis] - 1) * stride
      outer = stride
    }
    let size = type.byteCount
    // The product of a span and a part of the elements may be too large for an integer.
    let bytesPerTask = Double(span * size) * (Double(elementsPerTask) / Double(elementCount))
    return TaskPlace(
      storage: storage, firstByte: layout.offset * size,
      bytesPerTask: max(1, Int(bytesPerTask.rounded())))
  }
}

extension [StridedBlock] {
  /// The place of tasks that read several blocks at the same positions: that of the first which has
  /// one.
  package func place(elementsPerTask: Int) -> TaskPlace? {
    for block in self {
      if let place = block.place(elementsPerTask: elementsPerTask) { return place }
    }
    return nil
  }
}
