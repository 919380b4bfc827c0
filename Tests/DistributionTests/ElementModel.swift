import Distribution
import Shapes

/// Who holds which elements of a tensor, element by element: what plans are compared with.
struct ElementModel {
  let description: TensorDescription

  init(_ description: TensorDescription) { self.description = description }

  var ranks: Int { description.sharding.count }

  /// The elements, as numbers in row-major order, of which a rank holds the value, or a term.
  func held(by rank: Int) -> Set<Int> {
    let shape = description.shape
    return Set(
      (0..<shape.elementCount).filter { number in
        guard case .sharded(let axis, let cuts) = description.sharding.placement else {
          return true
        }
        let inner = shape[(axis + 1)...].reduce(1, *)
        return cuts.range(of: rank).contains(number / inner % shape[axis])
      })
  }

  /// The fewest elements that ranks must receive so that the tensor lies in another way: those that a rank will hold
  /// and does not hold. Of terms, each rank that will hold an element receives it of all others; where all will hold
  /// all, each may also reduce a part and give it to the others.
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

  static func tensors(
    _ shape: Shape, ranks: Int, _ shardings: (Shape, Int) -> [Sharding] = all
  ) -> [TensorDescription] {
    shardings(shape, ranks).map {
      TensorDescription(shape: shape, scalarType: .float32, sharding: $0)
    }
  }
}
