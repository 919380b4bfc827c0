import Distribution
import Shapes

/// Who holds which elements of a tensor, element by element: what plans are compared with.
struct ElementModel {
  let description: TensorDescription

  init(_ description: TensorDescription) { self.description = description }

  var ranks: Int { description.sharding.count }

  /// Whether a rank holds the value, or a term, of an element, by its number in row-major order.
  func holds(_ number: Int, on rank: Int) -> Bool {
    guard case .sharded(let axis, let cuts) = description.sharding.placement else { return true }
    let shape = description.shape
    let inner = shape[(axis + 1)...].reduce(1, *)
    return cuts.range(of: rank).contains(number / inner % shape[axis])
  }

  /// The elements of which a rank holds the value, or a term.
  func held(by rank: Int) -> Set<Int> {
    Set((0..<description.shape.elementCount).filter { holds($0, on: rank) })
  }

  /// The fewest elements that ranks must receive so that the tensor lies in another way: those that
  /// a rank will hold and does not hold. Of terms, each rank that will hold an element receives it
  /// of all others; where all will hold all, each may also reduce a part and give it to the others.
  func received(by rank: Int, toLieAs target: Sharding) -> Int {
    let wanted = ElementModel(description.with(target)).held(by: rank)
    guard description.sharding.partialReduction != nil else {
      return wanted.subtracting(held(by: rank)).count
    }
    if target == description.sharding { return 0 }
    let gathered = wanted.count * (ranks - 1)
    guard target.isReplicated else { return gathered }
    let part = CutPoints(evenly: wanted.count, into: ranks).range(of: rank).count
    return min(gathered, part * (ranks - 1) + wanted.count - part)
  }

  /// The same of all ranks, in bytes.
  func bytes(toLieAs target: Sharding) -> Int {
    (0..<ranks).reduce(0) { $0 + received(by: $1, toLieAs: target) }
      * description.scalarType.byteCount
  }
}

extension Shape {
  /// Where an element is, by its number in row-major order.
  func place(of number: Int) -> [Int] {
    var rest = number
    var place = [Int](repeating: 0, count: count)
    for axis in indices.reversed() {
      place[axis] = rest % self[axis]
      rest /= self[axis]
    }
    return place
  }

  /// The number of the element at a place. Axes of extent 1 and those that are missing in front are
  /// repeated.
  func number(at place: [Int]) -> Int {
    zip(self, place.suffix(count)).reduce(0) { $0 * $1.0 + ($1.0 == 1 ? 0 : $1.1) }
  }

  /// The places of the line along an axis that goes through a place.
  func line(along axis: Int, through place: [Int]) -> [[Int]] {
    (0..<self[axis]).map {
      var other = place
      other[axis] = $0
      return other
    }
  }

  /// All places, in row-major order.
  var places: [[Int]] { (0..<elementCount).map { place(of: $0) } }
}

/// Every way to lie that the rules tell apart, for some extents and numbers of ranks.
enum Layouts {
  static let ranks = [1, 2, 3, 4]
  /// None, one, fewer than ranks, uneven, even.
  static let extents = [0, 1, 2, 3, 5, 8]

  /// Even cuts, and such that the first rank has one element and the last all others.
  static func cuts(of extent: Int, ranks: Int) -> [CutPoints] {
    let uneven = CutPoints((0...ranks).map { $0 == ranks ? extent : min($0, extent, 1) })
    let even = CutPoints(evenly: extent, into: ranks)
    return even == uneven ? [even] : [even, uneven]
  }

  static func complete(_ shape: Shape, ranks: Int) -> [Sharding] {
    let mesh = Mesh.world(ranks: ranks)
    return [.replicated(on: mesh)]
      + shape.indices.flatMap { axis in
        cuts(of: shape[axis], ranks: ranks).map {
          Sharding(mesh: mesh, .sharded(axis: axis, $0))
        }
      }
  }

  static func all(_ shape: Shape, ranks: Int) -> [Sharding] {
    complete(shape, ranks: ranks)
      + [Reduction.sum, .max].map { Sharding(mesh: Mesh.world(ranks: ranks), .partial($0)) }
  }

  /// Each kind of placement once.
  static func few(_ shape: Shape, ranks: Int) -> [Sharding] {
    let mesh = Mesh.world(ranks: ranks)
    return [.replicated(on: mesh), Sharding(mesh: mesh, .partial(.sum))]
      + shape.indices.map {
        Sharding(mesh: mesh, .sharded(axis: $0, CutPoints(evenly: shape[$0], into: ranks)))
      }
  }

  /// Tensors whose axes all ranks have equal parts of, cut along each: what moves is not a matter
  /// of rounding there.
  static var divisible: [TensorDescription] {
    [2, 3, 4].flatMap { ranks in
      ([[24, 12], [12, 24], [12, 36, 24], [36, 1], [24, 12, 1]] as [Shape]).flatMap { shape in
        tensors(shape, ranks: ranks, few).filter { $0.sharding.partialReduction == nil }
      }
    }
  }

  static func tensors(
    _ shape: Shape, ranks: Int, _ shardings: (Shape, Int) -> [Sharding] = all
  ) -> [TensorDescription] {
    shardings(shape, ranks).map {
      TensorDescription(shape: shape, scalarType: .float32, sharding: $0)
    }
  }
}
