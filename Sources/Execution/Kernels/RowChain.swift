import CKernels
import Shapes

/// A program that is one chain, over rows whose elements follow each other in every block or are
/// one: rows are read and written where they lie, without runs that are packed and unpacked. Short
/// rows that follow each other are joined, with as many copies of a row that all have.
// Unchecked because of the pointers: memory of its own, which is written before anybody else has
// the object, and of blocks, which the caller keeps.
final class RowChain: @unchecked Sendable {
  /// Where a link reads or writes.
  private struct Place {
    let link: Int
    let base: UnsafeMutableRawPointer
    /// Bytes from one position to the next along each axis of rows.
    let distances: AxisList
  }

  /// Shorter rows are better packed.
  private static let shortest = 8
  /// Each call has so many rows at least, or all.
  private static let fewestRows = 8
  /// Elements of rows that are joined.
  private static let joinedLength = 1024

  /// How many rows there are, and the elements of each.
  let rowCount: Int
  let rowLength: Int
  /// The axes of rows.
  private let extents: AxisList
  private let type: tk_type
  private let elementSize: Int
  private let links: [tk_link]
  private let places: [Place]
  private let constants: UnsafeMutablePointer<UInt64>
  private let copies: UnsafeMutableRawPointer?
  /// Elements of the last row, where it is a shorter one.
  private let lastLength: Int

  /// - Parameters:
  ///   - elements: of the target's type, their blocks expanded to its shape.
  ///   - isStreamed: whether the target is to be written past the caches.
  /// - Returns: nil for other programs and blocks.
  init?(
    _ elements: Elements, _ outline: ProgramOutline, into target: StridedBlock, isStreamed: Bool
  ) {
    guard let chain = outline.only else { return nil }
    let blocks = elements.blocks + [target]
    let (extents, strides) = StridedBlock.collapsed(blocks)
    guard extents.count > 1, let length = extents.last, length >= Self.shortest,
      extents[extents.count - 2] >= Self.fewestRows, strides.allSatisfy({ 0...1 ~= $0.last! }),
      strides[blocks.count - 1].last == 1
    else { return nil }
    let size = target.type.byteCount
    // Past the caches go whole lines.
    guard !isStreamed || strides[blocks.count - 1].allSatisfy({ $0 == 1 || $0 * size % 64 == 0 }),
      !isStreamed || length * size % 64 == 0
    else { return nil }
    let joined = Self.joined(extents, strides)
    let copied = joined == 1 ? [] : strides.indices.filter { strides[$0] == [0, 1] }
    let all = extents.dropLast().reduce(1, *)
    let (whole, rest) = all.quotientAndRemainder(dividingBy: joined)
    self.extents = joined == 1 ? AxisList(extents.dropLast()) : [whole + (rest > 0 ? 1 : 0)]
    rowLength = length * joined
    rowCount = joined == 1 ? all : self.extents[0]
    lastLength = rest > 0 ? length * rest : rowLength
    type = chain.type
    elementSize = size
    let byteCount = length * joined * size
    let copies: UnsafeMutableRawPointer? =
      copied.isEmpty ? nil : .allocate(byteCount: byteCount * copied.count, alignment: 64)
    self.copies = copies
    for (position, number) in copied.enumerated() {
      for copy in 0..<joined {
        (copies! + position * byteCount + copy * length * size)
          .copyMemory(from: blocks[number].base, byteCount: length * size)
      }
    }
    let constants = UnsafeMutablePointer<UInt64>.allocate(
      capacity: max(1, elements.constants.count))
    self.constants = constants
    var links = chain.links
    var places: [Place] = []
    func note(_ link: Int, _ number: Int) {
      var place = Place(
        link: link, base: blocks[number].base,
        distances: AxisList(count: extents.count - 1) { strides[number][$0] * size * joined })
      if let position = copied.firstIndex(of: number) {
        place = Place(link: link, base: copies! + position * byteCount, distances: [0])
      }
      places.append(place)
      links[link].source = strides[number].last == 0 ? TK_VALUE : TK_RUN
    }
    for (link, value) in chain.inputs {
      switch elements.program.instructions[value] {
      case .operand(let number): note(link, number)
      case .constant(let number):
        constants[number] = elements.constants[number].bits
        links[link].source = TK_VALUE
        links[link].place = UnsafeMutableRawPointer(constants + number)
      case .apply: preconditionFailure("the only chain computes all values")
      }
    }
    let last = chain.outputs[0].link
    note(last, blocks.count - 1)
    links[last].kind = isStreamed ? TK_STREAM : TK_STORE
    self.links = links
    self.places = places
  }

  deinit {
    constants.deallocate()
    copies?.deallocate()
  }

  /// How many rows make one: several short ones where each block's rows follow each other, are the
  /// same or all one element, else one.
  private static func joined(_ extents: AxisList, _ strides: [AxisList]) -> Int {
    let row = extents.last!
    guard extents.count == 2, row <= joinedLength / 4,
      strides.allSatisfy({ $0 == [row, 1] || $0 == [0, 1] || $0 == [0, 0] })
    else { return 1 }
    return min(extents[0], joinedLength / row)
  }

  /// Computes some of the rows, in row-major order of their axes.
  func run(_ rows: Range<Int>) {
    var links = links
    var distances = [Int64](repeating: 0, count: links.count)
    let inner = extents.count - 1
    for place in places {
      distances[place.link] = Int64(place.distances[inner] / elementSize)
    }
    var row = rows.lowerBound
    while row < rows.upperBound {
      let (others, first) = row.quotientAndRemainder(dividingBy: extents[inner])
      var count = min(extents[inner] - first, rows.upperBound - row)
      var length = rowLength
      // A shorter one goes by itself.
      if row + count == rowCount, lastLength < rowLength {
        if count > 1 { count -= 1 } else { length = lastLength }
      }
      for place in places {
        var offset = first * place.distances[inner]
        var rest = others
        for axis in (0..<inner).reversed() {
          offset += rest % extents[axis] * place.distances[axis]
          rest /= extents[axis]
        }
        links[place.link].place = place.base + offset
      }
      let isDone = tk_chain_rows(type, links, distances, links.count, count, length)
      precondition(isDone, "a chain of at most \(TK_CHAIN_LINKS) links")
      row += count
    }
  }
}
