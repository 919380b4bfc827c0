import CKernels
import Shapes

/// A program that is one chain, over rows whose elements follow each other in every block or are
/// one: rows are read and written where they lie, without runs that are packed and unpacked.
// Unchecked because of the pointers: memory of constants, which is written before anybody else has
// the object, and of blocks, which the caller keeps.
final class RowChain: @unchecked Sendable {
  /// Where a link reads or writes.
  private struct Place {
    let link: Int
    let base: UnsafeMutableRawPointer
    /// Bytes from one position to the next along each axis of rows.
    let distances: [Int]
  }

  /// Shorter rows are better packed.
  private static let shortest = 8
  /// Each call has so many rows at least, or all.
  private static let fewestRows = 8

  /// How many rows there are, and the elements of each.
  let rowCount: Int
  let rowLength: Int
  /// The axes of rows.
  private let extents: [Int]
  private let type: tk_type
  private let elementSize: Int
  private let links: [tk_link]
  private let places: [Place]
  private let constants: UnsafeMutablePointer<UInt64>

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
    self.extents = extents.dropLast()
    rowLength = length
    rowCount = extents.dropLast().reduce(1, *)
    type = chain.type
    elementSize = size
    constants = .allocate(capacity: max(1, elements.constants.count))
    var links = chain.links
    var places: [Place] = []
    func note(_ link: Int, _ number: Int) {
      let distances = strides[number].dropLast().map { $0 * size }
      places.append(Place(link: link, base: blocks[number].base, distances: distances))
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

  deinit { constants.deallocate() }

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
      let count = min(extents[inner] - first, rows.upperBound - row)
      for place in places {
        var offset = first * place.distances[inner]
        var rest = others
        for axis in (0..<inner).reversed() {
          offset += rest % extents[axis] * place.distances[axis]
          rest /= extents[axis]
        }
        links[place.link].place = place.base + offset
      }
      let isDone = tk_chain_rows(type, links, distances, links.count, count, rowLength)
      precondition(isDone, "a chain of at most \(TK_CHAIN_LINKS) links")
      row += count
    }
  }
}
