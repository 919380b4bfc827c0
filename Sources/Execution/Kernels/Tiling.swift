import CKernels
import Shapes

/// How elements are cut into tiles where operands have their neighbours along another axis than
/// the last, as a transposed matrix has. Read row by row, they would take a cache line for each
/// element. A tile of such an operand is transposed into a cache (`LoadedTile`) before its rows are
/// computed.
struct Tiling {
  /// An operand that is read so.
  struct Operand {
    let block: BlockOperand
    /// Elements of memory from row to row of a tile, 1 or -1, and along a row.
    let step: Int
    let stride: Int
  }

  /// Rows of a tile whose elements are numbered from `start` on, each `rowDistance` behind the one
  /// before.
  struct Tile {
    let start: Int
    let rows: Int
    let columns: Int
  }

  /// Fewer elements stay in a cache, however they are read.
  private static let leastCount = 1 << 12
  /// Shorter rows are packed several at a time.
  private static let leastColumns = 8
  /// Bytes that a tile takes of a line of memory at most, where one operand is read so; at least
  /// two cache lines. (Both by measurement.)
  private static let lineByteCount = 512
  private static let leastLineByteCount = 128
  /// Elements of a tile's rows at most.
  private static let mostColumns = 512

  let operands: [Operand]
  /// For each operand of the program its place among these, where it is one.
  let places: [Int?]
  /// How many elements later the next row of a tile begins.
  let rowDistance: Int
  /// How many rows and columns there are, of which tiles are parts.
  let rowExtent: Int
  let columnExtent: Int
  /// The tiles along each axis.
  private let counts: [Int]
  /// How many elements later the next tile along each axis begins.
  private let distances: [Int]
  private let rowAxis: Int
  private let height: Int
  private let width: Int

  var tileCount: Int { counts.reduce(1, *) }

  /// - Parameter blocks: of one shape, in the order of the program's operands.
  /// - Returns: nil where all are best read row by row.
  init?(_ blocks: [StridedBlock], _ operands: [BlockOperand]) {
    guard operands.contains(where: { $0.hasDistances }),
      blocks[0].elementCount >= Self.leastCount, !blocks.contains(where: { $0.isTurned })
    else { return nil }
    let (extents, strides) = StridedBlock.collapsed(blocks)
    let last = extents.count - 1
    guard last > 0, extents[last] >= Self.leastColumns else { return nil }
    func isRead(_ number: Int, along axis: Int) -> Bool {
      abs(strides[number][last]) > 1 && abs(strides[number][axis]) == 1
    }
    guard
      let axis = (0..<last).last(where: { axis in
        blocks.indices.contains { isRead($0, along: axis) }
      })
    else { return nil }
    var places: [Int?] = []
    var own: [Operand] = []
    for number in blocks.indices {
      let isOne = isRead(number, along: axis)
      places.append(isOne ? own.count : nil)
      if !isOne { continue }
      own.append(
        Operand(
          block: operands[number], step: strides[number][axis], stride: strides[number][last]))
    }
    self.places = places
    self.operands = own
    rowAxis = axis
    (rowExtent, columnExtent) = (extents[axis], extents[last])
    let size = own.map(\.block.size).max()!
    let line = max(Self.leastLineByteCount, Self.lineByteCount / own.count)
    width = Self.part(of: columnExtent)
    height = min(rowExtent, line / size * max(1, Self.mostColumns / width))
    // From the last axis on.
    var (counts, distances) = ([Int](), [Int]())
    var distance = 1
    for axis in extents.indices.reversed() {
      let length = axis == last ? width : axis == rowAxis ? height : 1
      counts.append((extents[axis] + length - 1) / length)
      distances.append(distance * length)
      distance *= extents[axis]
    }
    self.counts = counts.reversed()
    self.distances = distances.reversed()
    rowDistance = distances[last - axis] / height
  }

  /// Even parts, in whole cache lines of any type.
  private static func part(of extent: Int) -> Int {
    let parts = (extent + mostColumns - 1) / mostColumns
    return parts == 1 ? extent : ((extent + parts - 1) / parts + 63) / 64 * 64
  }

  /// Tiles are numbered in row-major order.
  func tile(_ number: Int) -> Tile {
    var (rest, start) = (number, 0)
    var (rows, columns) = (height, width)
    for axis in counts.indices.reversed() {
      let position = rest % counts[axis]
      rest /= counts[axis]
      start += position * distances[axis]
      if axis == rowAxis { rows = min(rows, rowExtent - position * height) }
      if axis == counts.count - 1 { columns = min(columns, columnExtent - position * width) }
    }
    return Tile(start: start, rows: rows, columns: columns)
  }

  /// Whether a tile's rows follow each other.
  func isRun(_ tile: Tile) -> Bool { tile.columns == rowDistance }

  /// The largest tile that begins with an element and has at most so many rows and columns.
  func tile(from start: Int, rows: Int, columns: Int) -> Tile {
    Tile(
      start: start, rows: min(rows, rowExtent - start / rowDistance % rowExtent),
      columns: min(columns, columnExtent - start % columnExtent))
  }
}

/// The elements of a tile's operands, row by row. One evaluator uses one.
final class LoadedTile {
  let tiling: Tiling
  private var memory: UnsafeMutableRawPointer?
  private var byteCount = 0
  private var tile = Tiling.Tile(start: 0, rows: 0, columns: 0)
  /// Where each operand's elements lie in the memory.
  private var offsets: [Int]

  init(_ tiling: Tiling) {
    self.tiling = tiling
    offsets = Array(repeating: 0, count: tiling.operands.count)
  }

  deinit { memory?.deallocate() }

  func load(_ tile: Tiling.Tile) {
    self.tile = tile
    let count = tile.rows * tile.columns
    var needed = 0
    for (place, operand) in tiling.operands.enumerated() {
      offsets[place] = needed
      needed += (count * operand.block.size + 63) / 64 * 64
    }
    if needed > byteCount {
      memory?.deallocate()
      memory = .allocate(byteCount: needed, alignment: 64)
      byteCount = needed
    }
    for (place, operand) in tiling.operands.enumerated() {
      let size = operand.block.size
      var source = operand.block.address(of: tile.start)
      var target = memory! + offsets[place]
      // Of lines that go backwards the last element is the first in memory.
      if operand.step < 0 {
        source -= (tile.rows - 1) * size
        target += (tile.rows - 1) * tile.columns * size
      }
      tk_transpose(
        size, target, Int64(operand.step * tile.columns), source, Int64(operand.stride),
        Int64(tile.columns), Int64(tile.rows), false)
    }
  }

  /// Where elements `start ..< start + count` of one of the program's operands lie, if they are a
  /// part of a row.
  func place(_ operand: Int, _ start: Int, _ count: Int) -> UnsafeMutableRawPointer? {
    guard let place = tiling.places[operand], start >= tile.start else { return nil }
    let (row, column) = (start - tile.start).quotientAndRemainder(dividingBy: tiling.rowDistance)
    let first = row * tile.columns + column
    guard
      column + count <= tile.columns && row < tile.rows
        || tiling.isRun(tile) && first + count <= tile.rows * tile.columns
    else { return nil }
    return memory! + offsets[place] + first * tiling.operands[place].block.size
  }

  /// Where so many rows of a tile's width lie from an element on, one after the other.
  func place(
    _ operand: Int, _ start: Int, rows: Int, columns: Int
  ) -> UnsafeMutableRawPointer? {
    let wanted = Tiling.Tile(start: start, rows: rows, columns: columns)
    return columns == tile.columns && has(wanted) ? place(operand, start, columns) : nil
  }

  /// Whether it has all of a tile.
  func has(_ other: Tiling.Tile) -> Bool {
    guard other.start >= tile.start else { return false }
    let (row, column) = (other.start - tile.start).quotientAndRemainder(
      dividingBy: tiling.rowDistance)
    return row + other.rows <= tile.rows && column + other.columns <= tile.columns
  }
}
