import Shapes

/// Some axes of a mesh in an order, outermost first, as their numbers: a word, so that shardings
/// need no memory for them.
public struct MeshAxes: Hashable, Sendable {
  // Each axis takes four bits, the first of them the lowest.
  private var word: UInt64
  private var length: UInt8

  /// No axes.
  public init() { (word, length) = (0, 0) }

  /// The axes with these numbers. More than `Mesh.mostAxes`, or numbers that no mesh has, end the
  /// program with a message.
  public init(_ axes: some Sequence<Int>) {
    self.init()
    for axis in axes { append(axis) }
  }

  /// Adds an axis as the innermost.
  public mutating func append(_ axis: Int) {
    Misuse.check(
      (0..<Mesh.mostAxes).contains(axis) && length < Mesh.mostAxes,
      TensorError(
        "MeshAxes", given: "axis \(axis) after \(length) others",
        expected: "at most \(Mesh.mostAxes) axes, numbered from 0"))
    word |= UInt64(axis) << (4 * UInt64(length))
    length += 1
  }

  /// The axes of both, those of the second inside.
  static func + (outer: MeshAxes, inner: MeshAxes) -> MeshAxes {
    var axes = outer
    for axis in inner { axes.append(axis) }
    return axes
  }

  /// In the order of the mesh.
  var ascending: MeshAxes { MeshAxes(sorted()) }
}

extension MeshAxes: RandomAccessCollection, ExpressibleByArrayLiteral {
  public init(arrayLiteral axes: Int...) { self.init(axes) }

  public var startIndex: Int { 0 }
  public var endIndex: Int { Int(length) }

  public subscript(position: Int) -> Int {
    precondition(position < length, "an axis that is there")
    return Int(word >> (4 * UInt64(position)) & 15)
  }
}
