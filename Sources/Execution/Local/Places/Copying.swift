import CKernels
import Machine
import Shapes

extension HostExecutor {
  /// Copies elements between blocks that do not overlap; shapes must broadcast to the target's.
  public func copy(_ source: StridedBlock, into target: StridedBlock) {
    precondition(source.type == target.type, "blocks of one type")
    if target.elementCount == 0 { return }
    if source.isTurned { return evaluate(Elements(of: source), into: target) }
    let isRun = source.isContiguous && target.isContiguous && source.shape == target.shape
    let byteCount = target.elementCount * target.type.byteCount
    if isRun, byteCount <= CopyPlan.bytesPerTask {
      tk_copy(target.base, source.base, byteCount)
      return
    }
    let plan = CopyPlan(
      source.expanded(to: target.shape), target, keepsRows: pool.teams.count > 1)
    pool.run(count: plan.taskCount, at: plan.place) { plan.run(task: $0) }
  }
}

/// How a copy is cut into tasks: boxes of the target, in the order in which it lies in memory.
///
/// A box is at least as large in the two axes that its kernel works on as the kernel needs to be
/// fast: whole rows where rows are contiguous in source and target, else a tile that holds
/// cache lines of both.
private struct CopyPlan {
  /// What a worker copies at a time; below this, work is not split.
  static let bytesPerTask = 1 << 18
  /// Elements of a tile along the axes that are contiguous in target and source. Runs of the source
  /// are longer, as memory is read in the order of its pages, and written in that of the kernel.
  static let tile = (length: 128, width: 1024)

  /// Both with the target's axes from the widest to the narrowest stride.
  private let source: StridedBlock
  private let target: StridedBlock
  /// The extents of a box, and how many boxes lie along each axis.
  private let box: [Int]
  private let counts: [Int]
  /// The axes in the order in which the kernel takes them.
  private let kernelOrder: [Int]
  private let streams: Bool

  let taskCount: Int

  /// - Parameter keepsRows: makes each box one run of the target's memory, as tiles would cross the
  ///   slabs of several nodes.
  init(_ source: StridedBlock, _ target: StridedBlock, keepsRows: Bool) {
    (self.source, self.target) = CopyPlan.aligned(source, target)
    let extents = self.target.shape
    let size = target.type.byteCount
    let inner = extents.count - 1
    var order = Array(extents.indices)
    var room = Self.bytesPerTask / size
    var lengthLimit = room
    let (from, to) = (self.source.layout.strides, self.target.layout.strides)
    if inner > 0, to[inner] == 1, from[inner] != 0, from[inner] != 1,
      let other = from.indices.dropLast().last(where: { from[$0] == 1 })
    {
      order.remove(at: other)
      order.insert(other, at: inner - 1)
      if keepsRows {
        room /= 2
      } else {
        room = max(room, Self.tile.length * Self.tile.width)
        lengthLimit = max(Self.tile.length, room / extents[other])
      }
    }
    var box = [Int](repeating: 1, count: extents.count)
    for axis in order.reversed() {
      let limit = axis == inner ? min(room, lengthLimit) : room
      box[axis] = CopyPlan.part(of: extents[axis], atMost: limit)
      room = max(1, room / box[axis])
    }
    self.box = box
    counts = zip(extents, box).map { ($0 + $1 - 1) / $1 }
    taskCount = counts.reduce(1, *)
    kernelOrder = order
    streams = extents.elementCount * size >= HostExecutor.streamedBytes
  }

  /// Where the tasks lie in the target's storage.
  var place: TaskPlace? {
    target.place(elementsPerTask: max(1, target.elementCount / taskCount))
  }

  func run(task: Int) {
    var rest = task
    var (sourceOffset, targetOffset) = (0, 0)
    var extents = box
    for axis in box.indices.reversed() {
      let start = rest % counts[axis] * box[axis]
      rest /= counts[axis]
      extents[axis] = min(box[axis], target.shape[axis] - start)
      sourceOffset += start * source.layout.strides[axis]
      targetOffset += start * target.layout.strides[axis]
    }
    let size = target.type.byteCount
    tk_copy_block(
      size, extents.count, kernelOrder.map { Int64(extents[$0]) },
      target.base + targetOffset * size,
      kernelOrder.map { Int64(target.layout.strides[$0]) },
      source.base + sourceOffset * size,
      kernelOrder.map { Int64(source.layout.strides[$0]) }, streams)
  }

  /// The blocks with axes in the order of the target's memory, where they go forwards; those that
  /// follow each other in both blocks are joined, and those of one element left out.
  private static func aligned(
    _ source: StridedBlock, _ target: StridedBlock
  ) -> (StridedBlock, StridedBlock) {
    var (source, target) = (source, target)
    var axes: [(extent: Int, from: Int, to: Int)] = []
    for (axis, extent) in target.shape.enumerated() where extent != 1 {
      let (from, to) = (source.layout.strides[axis], target.layout.strides[axis])
      if to > 0 {
        axes.append((extent, from, to))
        continue
      }
      // The last of several values for one place stays; of an axis that goes backwards it is the
      // first in memory.
      source.layout.offset += (extent - 1) * from
      target.layout.offset += (extent - 1) * to
      if to < 0 { axes.append((extent, -from, -to)) }
    }
    axes.sort { $0.to > $1.to }
    var joined: [(extent: Int, from: Int, to: Int)] = []
    for axis in axes {
      if let outer = joined.last, outer.to == axis.extent * axis.to,
        outer.from == axis.extent * axis.from
      {
        joined[joined.count - 1] = (outer.extent * axis.extent, axis.from, axis.to)
      } else {
        joined.append(axis)
      }
    }
    let shape = Shape(joined.map(\.extent))
    source.shape = shape
    source.layout.strides = AxisList(count: joined.count) { joined[$0].from }
    target.shape = shape
    target.layout.strides = AxisList(count: joined.count) { joined[$0].to }
    return (source, target)
  }

  /// The extent of even parts, which begin on cache lines where the whole does.
  private static func part(of extent: Int, atMost limit: Int) -> Int {
    if extent <= limit { return extent }
    let count = (extent + limit - 1) / limit
    let part = (extent + count - 1) / count
    return min(limit, (part + 63) / 64 * 64)
  }
}
