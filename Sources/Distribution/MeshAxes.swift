import Shapes

/// Some axes of a mesh in an order, outermost first, as their numbers: a word, so that shardings
/// need no memory for them.
public struct MeshAxes: Hashable, Sendable {
  // Each axis takes four bits, the first of them the lowest.
  private var word: UInt64
  private var length: UInt8

  /// No axes.
  package init() { (word, length) = (0, 0) }

  /// The axes with these numbers. More than `Mesh.mostAxes`, or numbers that no mesh has, end the
  /// program with a message.
  package init(_ axes: some Sequence<Int>) {
    self.init()
    for axis in axes { append(axis) }
  }

  /// Adds an axis as the innermost.
  package mutating func append(_ axis: Int) {
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
  var ascending: MeshAxes { count < 2 ? self : MeshAxes(sorted()) }

  /// Those that are not among others.
  func subtracting(_ others: MeshAxes) -> MeshAxes {
    if others.isEmpty { return self }
    var axes: MeshAxes = []
    for axis in self where !others.contains(axis) { axes.append(axis) }
    return axes
  }
}

extension MeshAxes: RandomAccessCollection, ExpressibleByArrayLiteral {
  /// The axes with these numbers; ends the program with a message where a mesh has none such.
  public init(arrayLiteral axes: Int...) { self.init(axes) }

  /// 0, the position of the outermost.
  public var startIndex: Int { 0 }

  /// How many there are.
  public var endIndex: Int { Int(length) }

  /// The axis at a position. A position that is not there ends the program with a message.
  public subscript(position: Int) -> Int {
    if position < 0 || position >= length {
      Misuse.end(
        TensorError(
          "MeshAxes", given: "position \(position)", expected: "one in 0..<\(length)"))
    }
    return Int(word >> (4 * UInt64(position)) & 15)
  }
}
