import Shapes

/// Groups of rows whose operands are read in tiles, where rows are best reduced beside each other
/// and not one after the other.
struct RowGroups {
  /// Bytes of a chunk's tiles, which stay in the second-level cache.
  private static let byteCount = 1 << 19

  let length: Int
  let chunkLength: Int
  let chunks: Int
  private let tiling: Tiling
  /// Rows of a group, and how many rows later the next one of them comes.
  private let height: Int
  private let step: Int
  /// How many groups the rows of a tile's axis are cut into, and how many there are in all.
  private let parts: Int
  let groups: Int

  /// - Parameter program: element (row, i) is number row · length + i.
  /// - Returns: nil where rows are read well one after the other, or are not those of tiles.
  init?(_ program: PreparedProgram, rows: Int, length: Int) {
    guard let tiling = program.tiling, tiling.rowDistance % length == 0 else { return nil }
    let size = program.resultType.byteCount
    let widest = tiling.operands.map(\.block.size).max()!
    chunkLength = Chunks.byteCount / size
    let tileByteCount = min(chunkLength, length) * widest * tiling.operands.count
    self.length = length
    self.tiling = tiling
    chunks = (length + chunkLength - 1) / chunkLength
    height = min(tiling.rowExtent, max(8, Self.byteCount / tileByteCount))
    step = tiling.rowDistance / length
    parts = (tiling.rowExtent + height - 1) / height
    groups = rows / tiling.rowExtent * parts
  }

  /// How many pieces there are: the chunks of all groups, group by group.
  var pieceCount: Int { groups * chunks }

  /// How many pieces a worker takes at a time.
  var piecesPerTask: Int {
    max(1, HostExecutor.elementsPerTask / (height * min(chunkLength, length)))
  }

  /// Reads a piece, and calls `body` for each row with the number of its first element.
  func forEachRow(
    of piece: Int, _ loaded: LoadedTile?,
    _ body: (_ row: Int, _ chunk: Int, _ start: Int, _ count: Int) -> Void
  ) {
    let (group, chunk) = piece.quotientAndRemainder(dividingBy: chunks)
    let (place, part) = group.quotientAndRemainder(dividingBy: parts)
    let (outer, inner) = place.quotientAndRemainder(dividingBy: step)
    let first = (outer * tiling.rowExtent + part * height) * step + inner
    let count = min(height, tiling.rowExtent - part * height)
    let start = chunk * chunkLength
    let width = min(chunkLength, length - start)
    let tile = tiling.tile(from: first * length + start, rows: count, columns: width)
    if tile.columns == width { loaded?.load(tile) }
    for member in 0..<count {
      let row = first + member * step
      body(row, chunk, row * length + start, width)
    }
  }
}
