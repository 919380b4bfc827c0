import CKernels
import Machine
import Shapes

extension HostExecutor {
  /// The sum of the products of two lines of floating point in vectors, from where they lie if
  /// their elements follow each other, and small ones copied else; false for others. It is that of
  /// the elementwise product, bit by bit.
  func sumOfProducts(
    _ a: StridedBlock, _ b: StridedBlock, into target: StridedBlock
  ) throws(TensorError) -> Bool {
    let type = target.type
    let size = type.byteCount
    let depth = a.shape[0]
    let chunk = Chunks.byteCount / size
    guard type.isFloatingPoint, depth > 0, target.elementCount == 1 else { return false }
    var (a, b) = (a, b)
    if a.layout.strides[0] != 1 || b.layout.strides[0] != 1 {
      if depth > chunk { return false }
      (a, b) = (try contiguous(a), try contiguous(b))
    }
    if depth <= chunk {
      target.base.store(Reduction.sum.identity(for: type))
      withExtendedLifetime((a.storage, b.storage)) {
        tk_sum_products(type.kernel, target.base, a.base, b.base, depth)
      }
      return true
    }
    let chunks = (depth + chunk - 1) / chunk
    let terms = try arena.allocate(byteCount: chunks * size)
    let partial = terms.address
    let (x, y) = (a.base, b.base)
    let identity = Reduction.sum.identity(for: type)
    let perTask = Self.elementsPerTask / chunk
    pool.run(
      count: (chunks + perTask - 1) / perTask, at: [a, b].place(elementsPerTask: perTask * chunk)
    ) { task in
      for number in task * perTask..<min((task + 1) * perTask, chunks) {
        let start = number * chunk * size
        (partial + number * size).store(identity)
        tk_sum_products(
          type.kernel, partial + number * size, x + start, y + start,
          min(chunk, depth - number * chunk))
      }
    }
    target.base.store(identity)
    tk_reduce(TK_SUM, type.kernel, target.base, partial, chunks)
    return true
  }
}

extension StridedBlock {
  /// The elements along one axis, where all others have one.
  func line(along axis: Int) -> StridedBlock {
    StridedBlock(
      storage: storage, type: type, shape: [shape[axis]],
      layout: Layout(offset: layout.offset, strides: [layout.strides[axis]]))
  }
}
